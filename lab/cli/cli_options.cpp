#include "lab/cli/cli_options.hpp"

#include <fmt/format.h>

#include <array>

#include "lab/cli/cli_link.hpp"

namespace wirelab::lab {
namespace {

/// One of the values, by the name that name(value) gives it.
template <typename T, std::size_t N>
T parse_choice(std::string_view text, const std::array<T, N>& values) {
  std::string names;
  for (const T value : values) {
    if (name(value) == text) return value;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name(value));
  }
  throw std::invalid_argument(fmt::format("'{}' is none of: {}", text, names));
}

clients::Arrivals parse_arrivals(std::string_view text) {
  return parse_choice(text,
                      std::array{clients::Arrivals::constant, clients::Arrivals::poisson, clients::Arrivals::burst});
}
clients::PollTimer parse_poll_timer(std::string_view text) {
  return parse_choice(text, std::array{clients::PollTimer::fixed_rate, clients::PollTimer::fixed_delay});
}
clients::PublishVia parse_publish_via(std::string_view text) {
  return parse_choice(text, std::array{clients::PublishVia::post, clients::PublishVia::native});
}

void add_subscriber_flags(CLI::App& app, clients::LoadPlan& plan) {
  const std::string group = "Subscribers";
  add_count(app, "-c,--subscribers", plan.subscribers, "Subscribers in all")->group(group);
  add_count(app, "--channels", plan.channels, "Channels they and the messages are spread over")->group(group);
  add_count(app, "-t,--threads", plan.threads, "Threads they are spread over")->group(group);
  app.add_option("--source", plan.sources, "Address to connect from; repeat it for more ephemeral ports")
      ->type_name("ADDR")
      ->allow_extra_args(false)
      ->group(group);
  add_duration(app, "--connect-timeout", plan.connect_deadline, "For all of them to be connected")->group(group);
}

void add_message_flags(CLI::App& app, LoadSettings& settings) {
  const std::string group = "Messages";
  clients::PublishPlan& publish = settings.plan.publish;
  add_parsed(app, "-R,--rate", "RATE", publish.rate_per_second, Parse<double>(parse_rate),
             fmt::format("Messages per second over all channels; 0: idle [{}]", to_rate(publish.rate_per_second)))
      ->group(group);
  add_parsed(app, "--arrivals", "NAME", publish.arrivals, Parse<clients::Arrivals>(parse_arrivals),
             "constant, poisson, or burst: 20 at once, the mean rate kept [constant]")
      ->group(group);
  add_size(app, "--payload", publish.payload_bytes, "Bytes of a message, 57 at least")->group(group);
  add_parsed(app, "-d,--duration", "TIME", settings.duration, Parse<Nanos>(parse_duration),
             "What is measured [3s; what --messages or --replay take]")
      ->group(group);
  add_duration(app, "--warm-up", settings.plan.warm_up, "Before that, not counted")->group(group);
  add_parsed(app, "-n,--messages", "N", publish.messages_max, Parse<std::uint64_t>(parse_count),
             "Stop after so many, the warm-up's included; 0: no limit [0]")
      ->group(group);
  app.add_option("--replay", settings.replay_file, "Publish these instead: NDJSON with at_ms and text")
      ->type_name("FILE")
      ->group(group);
  add_parsed(app, "--speed", "FACTOR", publish.speed, Parse<double>(parse_rate), "How much faster than recorded [1]")
      ->group(group);
  add_parsed(app, "--publish-via", "NAME", publish.via, Parse<clients::PublishVia>(parse_publish_via),
             "post, or native: WebSocket frames where there is one [post]")
      ->group(group);
  add_count(app, "--lanes", publish.lanes_max, "POSTs under way at once, at most; more that are due wait in line")
      ->group(group);
}

void add_polling_flags(CLI::App& app, clients::ClientOptions& client) {
  const std::string group = "Asking";
  add_duration(app, "--poll-interval", client.poll_interval, "Between two polls, short-poll and keep-alive")
      ->group(group);
  add_parsed(app, "--poll-timer", "NAME", client.poll_timer, Parse<clients::PollTimer>(parse_poll_timer),
             "fixed-rate, or fixed-delay: counted from the answer [fixed-rate]")
      ->group(group);
  add_duration(app, "--hold", client.hold, "How long the server may hold a long poll")->group(group);
  app.add_flag_callback(
         "--long-poll-reconnects", [&client] { client.long_poll_reuse = net::Reuse::new_connection; },
         "A long poll asks again on a new connection, not on the one it has")
      ->group(group);
}

const messages::HeaderSet* parse_headers(std::string_view text) {
  if (const auto* set = messages::find_header_set(text)) return set;
  std::string names;
  for (const messages::HeaderSet& set : messages::header_sets())
    names += fmt::format("{}{}", names.empty() ? "" : ", ", set.name);
  throw std::invalid_argument(fmt::format("'{}' is none of: {}", text, names));
}

}  // namespace

CLI::Option* add_count(CLI::App& app, const std::string& flags, std::size_t& target, const std::string& help) {
  return add_parsed(app, flags, "N", target, Parse<std::uint64_t>(parse_count), help + " [" + to_count(target) + "]");
}

CLI::Option* add_size(CLI::App& app, const std::string& flags, std::size_t& target, const std::string& help) {
  return add_parsed(app, flags, "SIZE", target, Parse<std::uint64_t>(parse_bytes),
                    help + " [" + to_bytes(target) + "]");
}

void add_load_flags(CLI::App& app, LoadSettings& settings) {
  add_subscriber_flags(app, settings.plan);
  add_message_flags(app, settings);
  add_polling_flags(app, settings.plan.client);
  add_link_flags(app, settings.link);
  add_headers_flag(app, settings.headers);
  app.add_flag("--tls", settings.tls, "Servers speak https and wss; clients verify them")->group("Other");
  add_parsed(app, "--seed", "N", settings.plan.seed, Parse<std::uint64_t>(parse_count),
             fmt::format("Of every random choice [{}]", settings.plan.seed))
      ->group("Other");
}

void add_headers_flag(CLI::App& app, const messages::HeaderSet*& headers) {
  add_parsed(app, "--headers", "NAME", headers, Parse<const messages::HeaderSet*>(parse_headers),
             "What requests and answers carry: minimal, browser, lg2009 [minimal]")
      ->group("Other");
}

void add_series_step_flag(CLI::App& app, LoadSettings& settings) {
  add_parsed(app, "--series-step", "TIME", settings.series_step, Parse<Nanos>(parse_duration),
             "Length of the series' intervals [100ms; more in a long run]")
      ->group("Other");
}

void add_help_flag(CLI::App& app) { app.set_help_flag("-h,--help", "Print this")->group("Other"); }

std::string list_transports() {
  std::string names;
  for (const auto transport : messages::kTransports)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", messages::name(transport));
  return names;
}

messages::Transport parse_transport(std::string_view text) {
  if (const auto transport = messages::parse_transport(text)) return *transport;
  throw std::invalid_argument(fmt::format("'{}' is none of: {}", text, list_transports()));
}

}  // namespace wirelab::lab
