#include "lab/run/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "lab/host/host_facts.hpp"

namespace wirelab::lab {
namespace {

double to_seconds(Nanos duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Nanos expected_run_time(const LoadSettings& settings) {
  using namespace std::chrono_literals;
  const Nanos round_trips = settings.link.on() ? 8 * *settings.link.round_trip : 0ns;  // to connect, ask and close
  return settings.plan.warm_up + measured_duration(settings) + settings.plan.client.poll_interval + round_trips + 300ms;
}

std::string about(Nanos time) {
  const double duration_s = to_seconds(time);
  return duration_s < 120 ? fmt::format("{:.0f} s", duration_s) : fmt::format("{:.0f} min", duration_s / 60);
}

Runner::Runner(const Placement& placement, const Interrupt& interrupt, bool with_bar)
    : placement_(placement), interrupt_(interrupt), bar_(with_bar) {}

void Runner::announce(std::uint64_t runs, const std::string& parts, Nanos expected) const {
  fmt::print(stderr,
             "wirelab: {} run{} ({}) of about {:.1f} s: about {} in all. Ctrl-C stops and reports what was measured.\n",
             runs, runs == 1 ? "" : "s", parts, to_seconds(expected) / static_cast<double>(runs), about(expected));
  if (!placement_.server_cpu)
    fmt::print(stderr, "wirelab: one processor only: server and load generator share it, and so disturb each other\n");
  if (const auto warning = build_warning())
    fmt::print(stderr, "wirelab: this binary was {}: its figures are not to be compared with others\n", *warning);
}

std::optional<Run> Runner::run(const RunRequest& request) {
  const auto began = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::steady_clock::now() - began; };
  draw(request, Nanos(0));
  try {
    auto run = run_once(request.settings, request.transport, placement_, interrupt_, [&] { draw(request, elapsed()); });
    const Nanos expected = expected_run_time(request.settings);
    done_ += expected;
    taken_ += elapsed();
    left_ = std::max(left_ - expected, Nanos(0));
    return run;
  } catch (const std::runtime_error& error) {
    bar_.clear();
    throw std::runtime_error(fmt::format("{}: {}", request.what, error.what()));
  }
}

void Runner::draw(const RunRequest& request, Nanos elapsed) {
  const Nanos of_this = std::min(elapsed, expected_run_time(request.settings));
  const double done_s = to_seconds(done_ + of_this);
  const double left_s = std::max(to_seconds(left_ - of_this), 0.0);
  const double pace = done_.count() > 0 ? to_seconds(taken_) / to_seconds(done_) : 1;
  const auto left = std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(left_s * pace));
  bar_.draw(done_s / std::max(done_s + left_s, 1e-9), fmt::format("{} ({} left)", request.what, about(left)));
}

}  // namespace wirelab::lab
