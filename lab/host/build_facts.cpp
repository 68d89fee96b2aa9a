#include <fmt/core.h>
#include <spdlog/version.h>
#include <CLI/Version.hpp>

#include "lab/host/host_facts.hpp"
#include "lab/host/source_tree.hpp"
#include "net/versions.hpp"

namespace wirelab::lab {
namespace {

#ifdef __OPTIMIZE__
constexpr bool kOptimised = true;
#else
constexpr bool kOptimised = false;
#endif

constexpr std::string_view kSanitizers = WIRELAB_SANITIZERS;

std::string build() {
  std::string text = WIRELAB_BUILD_TYPE;
  if (!kSanitizers.empty()) text += fmt::format(", -fsanitize={}", kSanitizers);
  return text;
}

}  // namespace

std::map<std::string, std::string> versions() {
  auto all = net::library_versions();
  all["wirelab"] = WIRELAB_VERSION;
  all["build"] = build();
  all["compiler"] = WIRELAB_COMPILER;
  all["CLI11"] = CLI11_VERSION;
  all["fmt"] = fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
  all["nlohmann_json"] =
      fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
  all["spdlog"] = fmt::format("{}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH);
  return all;
}

std::optional<std::string> build_warning() {
  if (!kSanitizers.empty()) return fmt::format("built with -fsanitize={}", kSanitizers);
  if (!kOptimised) return "built without optimisation";
  return std::nullopt;
}

std::optional<std::filesystem::path> in_source_tree(const std::filesystem::path& relative) {
  const auto binary_folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (const std::filesystem::path& tree : {binary_folder / "../..", std::filesystem::path(WIRELAB_SOURCE_DIR)})
    if (std::filesystem::exists(tree / relative)) return (tree / relative).lexically_normal();
  return std::nullopt;
}

}  // namespace wirelab::lab
