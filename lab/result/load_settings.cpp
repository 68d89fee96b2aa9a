#include "lab/result/load_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "clients/schedule.hpp"
#include "clients/stamp.hpp"
#include "lab/result/series_file.hpp"
#include "net/url.hpp"

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;

/// What a message that is due last may take longer on a link: to be lost, missed, and sent again, more than once.
constexpr int kRoundTripsOfPatience = 10;

double to_ms(Nanos duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

void check(const LoadSettings& settings) {
  const clients::LoadPlan& plan = settings.plan;
  const auto refuse = [](const std::string& what) { throw std::invalid_argument(what); };
  const bool publishes = plan.publish.rate_per_second > 0 || !settings.replay_file.empty();
  if (plan.subscribers == 0 && !publishes) refuse("--subscribers 0 with --rate 0: there would be nothing to measure");
  const bool too_many = plan.subscribers > 0 && plan.channels > plan.subscribers;
  if (plan.channels == 0 || too_many)
    refuse(fmt::format("--channels {}: give 1 to {}, the number of subscribers", plan.channels, plan.subscribers));
  if (plan.threads == 0 || plan.threads > std::max<std::size_t>(plan.subscribers, 1))
    refuse(fmt::format("--threads {}: give 1 to {}, the number of subscribers", plan.threads, plan.subscribers));
  if (plan.publish.payload_bytes < clients::kStampBytes)
    refuse(fmt::format("--payload {}: give {} at least, the size of the stamp that every payload starts with",
                       plan.publish.payload_bytes, clients::kStampBytes));
  const std::size_t lanes_most = clients::kPublishers / plan.channels;
  if (plan.publish.lanes_max == 0 || plan.publish.lanes_max > lanes_most)
    refuse(fmt::format("--lanes {}: give 1 to {}; with {} channels there are no numbers for more",
                       plan.publish.lanes_max, lanes_most, plan.channels));
  if (plan.client.poll_interval <= 0ns) refuse("--poll-interval 0: give a duration above 0, like 250ms");
  if (plan.publish.speed <= 0) refuse("--speed 0: give a factor above 0; 60 replays a minute in a second");
  if (plan.publish.messages_max > 0 && !publishes) refuse("--messages with --rate 0: nothing would ever be published");
  if (settings.duration && *settings.duration <= 0ns) refuse("--duration 0: give a duration above 0, like 3s");
}

std::vector<clients::Recorded> read_replay(const std::string& file) {
  try {
    return clients::read_replay(file);
  } catch (const std::runtime_error& error) {
    throw std::invalid_argument(std::string("--replay: ") + error.what());
  }
}

/// What is left of the time that so many messages take, once the warm-up has had its share of them.
Nanos duration_of_messages(const clients::LoadPlan& plan) {
  const clients::PublishPlan& publish = plan.publish;
  const double seconds = static_cast<double>(publish.messages_max) / publish.rate_per_second;
  const auto left = std::chrono::nanoseconds(std::llround(seconds * 1e9)) - plan.warm_up;
  if (left <= 0ns)
    throw std::invalid_argument(
        fmt::format("--messages {}: all of them are published during the warm-up; ask for more, or for --warm-up 0",
                    publish.messages_max));
  return left;
}

}  // namespace

std::string_view name(clients::Arrivals arrivals) {
  switch (arrivals) {
    case clients::Arrivals::constant: return "constant";
    case clients::Arrivals::poisson: return "poisson";
    case clients::Arrivals::burst: return "burst";
  }
  return {};
}

std::string_view name(clients::PollTimer timer) {
  return timer == clients::PollTimer::fixed_rate ? "fixed-rate" : "fixed-delay";
}

std::string_view name(clients::PublishVia via) { return via == clients::PublishVia::post ? "post" : "native"; }

void complete(LoadSettings& settings) {
  check(settings);
  check(settings.link);
  clients::LoadPlan& plan = settings.plan;
  if (settings.link.on() && !plan.sources.empty())
    throw std::invalid_argument("--source with --rtt: the link's end has one address, which all subscribers dial from");
  if (!settings.replay_file.empty()) plan.publish.replay = read_replay(settings.replay_file);
  if (settings.duration) {
    plan.duration = *settings.duration;
  } else if (!plan.publish.replay.empty()) {
    plan.duration = 0ns;  // its own length
  } else if (plan.publish.messages_max > 0) {
    plan.duration = duration_of_messages(plan);
  }
  plan.request_headers = settings.headers->request;
  // What is due at the window's end may be polled for an interval later.
  plan.drain_deadline = std::max<Nanos>(plan.drain_deadline, 2 * plan.client.poll_interval + 1s);
  if (settings.link.on()) plan.drain_deadline += kRoundTripsOfPatience * *settings.link.round_trip;
  if (settings.series_file.empty()) return;
  const Nanos window = measured_duration(settings);
  plan.series_step = settings.series_step.value_or(default_series_step(window));
  check_series_step(window, plan.series_step);
}

void check_addresses(const std::string& url, const std::vector<std::string>& sources) {
  net::Sources(sources, net::numeric_address(net::parse_url(url)));
}

void check_tls_ca(const clients::LoadPlan& plan) {
  if (!plan.tls_ca.empty() && !net::parse_url(plan.url).tls)
    throw std::invalid_argument(
        fmt::format("--tls-ca with {}: nothing is verified without TLS; give --url https://…", plan.url));
}

void check_ports(const clients::LoadPlan& plan, const std::vector<std::uint64_t>& port_range) {
  if (port_range.size() != 2 || port_range[1] < port_range[0]) return;
  const std::uint64_t of_one = port_range[1] - port_range[0] + 1;
  const std::uint64_t addresses = std::max<std::size_t>(plan.sources.size(), 1);
  if (plan.subscribers + plan.publish.lanes_max <= of_one * addresses) return;
  throw std::invalid_argument(fmt::format(
      "--subscribers {}: {} {} ports to dial from (net.ipv4.ip_local_port_range is {} {}); give more addresses, "
      "{} in all, like --source 127.0.0.1 --source 127.0.0.2",
      plan.subscribers, addresses == 1 ? "one address has" : fmt::format("{} addresses have", addresses),
      of_one * addresses, port_range[0], port_range[1],
      (plan.subscribers + plan.publish.lanes_max + of_one - 1) / of_one));
}

Nanos measured_duration(const LoadSettings& settings) { return clients::Schedule::window(settings.plan); }

Configuration describe(const LoadSettings& settings) {
  const clients::LoadPlan& plan = settings.plan;
  Configuration c;
  c.subscribers = plan.subscribers;
  c.channels = plan.channels;
  c.threads = plan.threads;
  c.rate_per_second = plan.publish.rate_per_second;
  c.arrivals = name(plan.publish.arrivals);
  c.payload_bytes = plan.publish.payload_bytes;
  c.messages_max = plan.publish.messages_max;
  if (!settings.replay_file.empty())
    c.replay = Replay{settings.replay_file, plan.publish.replay.size(), plan.publish.speed};
  c.publish_via = name(plan.publish.via);
  c.lanes_max = plan.publish.lanes_max;
  c.tls = settings.tls || net::parse_url(plan.url.empty() ? "http://x" : plan.url).tls;
  c.headers = settings.headers->name;
  c.poll_interval_ms = to_ms(plan.client.poll_interval);
  c.poll_timer = name(plan.client.poll_timer);
  c.long_poll_reconnects = plan.client.long_poll_reuse == net::Reuse::new_connection;
  c.hold_s = static_cast<double>(plan.client.hold.count());
  c.warm_up_ms = to_ms(plan.warm_up);
  c.duration_ms = to_ms(measured_duration(settings));
  c.sources = plan.sources;
  c.seed = plan.seed;
  c.link = describe(settings.link);
  return c;
}

std::vector<std::string> to_flags(const LoadSettings& settings) {
  const clients::LoadPlan& plan = settings.plan;
  std::vector<std::string> flags;
  const auto add = [&](const char* flag, std::string value) {
    flags.emplace_back(flag);
    flags.push_back(std::move(value));
  };
  add("--subscribers", std::to_string(plan.subscribers));
  add("--channels", std::to_string(plan.channels));
  add("--threads", std::to_string(plan.threads));
  add("--rate", to_rate(plan.publish.rate_per_second));
  add("--arrivals", std::string(name(plan.publish.arrivals)));
  add("--payload", std::to_string(plan.publish.payload_bytes));
  add("--messages", std::to_string(plan.publish.messages_max));
  if (!settings.replay_file.empty()) add("--replay", settings.replay_file);
  add("--speed", fmt::format("{}", plan.publish.speed));
  add("--publish-via", std::string(name(plan.publish.via)));
  add("--lanes", std::to_string(plan.publish.lanes_max));
  add("--headers", settings.headers->name);
  add("--poll-interval", to_duration(plan.client.poll_interval));
  add("--poll-timer", std::string(name(plan.client.poll_timer)));
  add("--hold", to_duration(plan.client.hold));
  if (plan.client.long_poll_reuse == net::Reuse::new_connection) flags.emplace_back("--long-poll-reconnects");
  add("--warm-up", to_duration(plan.warm_up));
  if (settings.duration) add("--duration", to_duration(*settings.duration));
  for (const std::string& source : plan.sources) add("--source", source);
  if (!settings.series_file.empty()) {
    add("--series", settings.series_file);
    add("--series-step", to_duration(plan.series_step));
  }
  add("--connect-timeout", to_duration(plan.connect_deadline));
  add("--seed", std::to_string(plan.seed));
  return flags;
}

}  // namespace wirelab::lab
