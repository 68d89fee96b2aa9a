#include "tests/faults/server_process.hpp"

#include <csignal>
#include <stdexcept>

#include "lab/run/serve.hpp"
#include "net/url.hpp"

namespace wirelab::tests {

using namespace std::chrono_literals;

ServerProcess::ServerProcess(const std::string& wirelab, const std::vector<std::string>& flags, int network_namespace)
    : arguments_{wirelab, "serve"}, network_namespace_(network_namespace) {
  arguments_.insert(arguments_.end(), flags.begin(), flags.end());
  start("0");
}

void ServerProcess::kill() {
  child_->send_signal(SIGKILL);
  child_->wait(10s);
}

void ServerProcess::start_again() { start(std::to_string(port())); }

std::optional<int> ServerProcess::stop() {
  child_->send_signal(SIGTERM);
  return child_->wait(15s);
}

std::uint16_t ServerProcess::port() const { return static_cast<std::uint16_t>(net::parse_url(url_).port); }

void ServerProcess::start(const std::string& at_port) {
  auto arguments = arguments_;
  arguments.insert(arguments.end(), {"--port", at_port});
  child_.emplace(arguments, lab::ChildSurroundings{network_namespace_, -1});
  const auto line = child_->read_line(30s);
  const auto url = line ? lab::listening_url(*line) : std::nullopt;
  if (!url) throw std::runtime_error("the server did not start");
  url_ = *url;
}

}  // namespace wirelab::tests
