#include "clients/dialect.hpp"

#include <stdexcept>
#include <utility>

namespace wirelab::clients {

constexpr std::string_view kPlace = "{channel}";

Target::Target(std::string text) : text_(std::move(text)) {
  if (!text_.starts_with('/') || text_.find(kPlace) == std::string::npos)
    throw std::invalid_argument("'" + text_ + "': give a path with {channel} in it, like /sub/{channel}");
}

std::string Target::of(std::string_view channel) const {
  std::string target = text_;
  return target.replace(target.find(kPlace), kPlace.size(), channel);
}

}  // namespace wirelab::clients
