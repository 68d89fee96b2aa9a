#include "lab/host/host_facts.hpp"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string_view>

namespace wirelab::lab {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line.empty()) return std::nullopt;
  return line;
}

template <typename Number>
std::vector<Number> numbers(const fs::path& path) {
  std::istringstream line(first_line(path).value_or(""));
  std::vector<Number> found;
  for (Number number; line >> number;) found.push_back(number);
  return found;
}

template <typename Number>
std::optional<Number> number(const fs::path& path) {
  const auto found = numbers<Number>(path);
  return found.empty() ? std::nullopt : std::optional(found.front());
}

/// The value of the first line "<key> <separator> <value>" (/proc/cpuinfo, /etc/os-release).
std::optional<std::string> value_of(const fs::path& path, std::string_view key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto at = line.find(separator);
    if (at == std::string::npos || line.compare(0, key.size(), key) != 0) continue;
    if (line.find_first_not_of(" \t", key.size()) != at) continue;
    const auto begin = line.find_first_not_of(" \t\"", at + 1);
    if (begin == std::string::npos) return std::nullopt;
    return line.substr(begin, line.find_last_not_of(" \t\"") - begin + 1);
  }
  return std::nullopt;
}

std::optional<std::string> virtual_machine(const fs::path& root) {
  if (const auto type = first_line(root / "sys/hypervisor/type")) return type;
  const auto product = first_line(root / "sys/class/dmi/id/product_name");
  const auto flags = value_of(root / "proc/cpuinfo", "flags", ':').value_or("");
  if ((" " + flags + " ").find(" hypervisor ") == std::string::npos) return std::nullopt;
  return "hypervisor" + (product ? " (" + *product + ")" : std::string());
}

std::optional<std::string> container(const fs::path& root) {
  if (fs::exists(root / ".dockerenv")) return "docker";
  if (fs::exists(root / "run/.containerenv")) return "podman";
  return std::nullopt;
}

}  // namespace

HostFacts read_host_facts(const fs::path& root) {
  const fs::path sysctl = root / "proc/sys/net";
  utsname kernel{};
  uname(&kernel);
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);

  HostFacts facts;
  facts.cores = static_cast<std::uint64_t>(sysconf(_SC_NPROCESSORS_ONLN));
  facts.cpu_model = value_of(root / "proc/cpuinfo", "model name", ':');
  facts.architecture = kernel.machine;
  facts.frequency_governor = first_line(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  facts.virtual_machine = virtual_machine(root);
  facts.container = container(root);
  facts.memory_bytes =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  facts.operating_system = value_of(root / "etc/os-release", "PRETTY_NAME", '=');
  facts.kernel = std::string(kernel.sysname) + " " + kernel.release;
  facts.clock_source = first_line(root / "sys/devices/system/clocksource/clocksource0/current_clocksource");
  facts.load_average_1_5_15_min = numbers<double>(root / "proc/loadavg");
  facts.load_average_1_5_15_min.resize(std::min<std::size_t>(facts.load_average_1_5_15_min.size(), 3));
  facts.open_descriptors_max = descriptors.rlim_cur;
  facts.tcp_congestion_control = first_line(sysctl / "ipv4/tcp_congestion_control");
  facts.somaxconn_connections = number<std::uint64_t>(sysctl / "core/somaxconn");
  facts.ip_local_port_range = numbers<std::uint64_t>(sysctl / "ipv4/ip_local_port_range");
  facts.tcp_rmem_bytes = numbers<std::uint64_t>(sysctl / "ipv4/tcp_rmem");
  facts.tcp_wmem_bytes = numbers<std::uint64_t>(sysctl / "ipv4/tcp_wmem");
  return facts;
}

}  // namespace wirelab::lab
