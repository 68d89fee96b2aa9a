#include <spdlog/spdlog.h>

#include <memory>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/run/serve.hpp"

namespace wirelab::lab {
namespace {

struct ServeArguments {
  ServeCommand command;
  std::vector<std::string> backends;
  spdlog::level::level_enum log_level = spdlog::level::warn;
};

spdlog::level::level_enum parse_log_level(std::string_view text) {
  const auto level = spdlog::level::from_str(std::string(text));
  if (level == spdlog::level::off && text != "off")  // what from_str() makes of anything it does not know
    throw std::invalid_argument("'" + std::string(text) + "' is none of: trace, debug, info, warn, error, off");
  return level;
}

/// In the order of messages/limits.hpp, which has the reasons.
void add_limits(CLI::App& app, messages::Limits& limits) {
  const std::string request = "What a request may carry", kept = "What the server keeps", wait = "How long it waits";
  add_size(app, "--max-payload", limits.payload_bytes, "One message")->group(request);
  add_count(app, "--max-channel-name", limits.channel_name_bytes, "Characters of a channel's name")->group(request);
  add_size(app, "--max-target", limits.target_bytes, "Path and query")->group(request);
  add_size(app, "--max-headers", limits.header_bytes, "Request line and headers")->group(request);
  add_size(app, "--max-idempotency-key", limits.idempotency_key_bytes, "The Idempotency-Key of a publish")
      ->group(request);
  add_duration(app, "--max-hold", limits.hold_max, "What a long poll may ask for")->group(request);
  add_duration(app, "--hold", limits.hold_default, "What it gets when it does not ask")->group(request);

  add_count(app, "--keep-messages", limits.kept_messages, "Messages kept per channel")->group(kept);
  add_size(app, "--keep-bytes", limits.kept_bytes, "Bytes kept per channel")->group(kept);
  add_size(app, "--keep-total", limits.kept_total_bytes, "Bytes kept in all channels")->group(kept);
  add_count(app, "--max-channels", limits.channels, "Channels")->group(kept);
  add_size(app, "--max-envelope", limits.envelope_bytes, "One answer or frame, unless one message is longer")
      ->group(kept);
  add_count(app, "--max-connections", limits.connections, "Open connections")->group(kept);
  add_size(app, "--max-buffered", limits.buffered_bytes, "What waits for slow peers, of all connections")->group(kept);
  add_size(app, "--max-unsent", limits.unsent_bytes, "What the kernel has not sent of one connection's")->group(kept);
  add_count(app, "--max-thread-lag", limits.thread_lag_messages, "Messages that one thread may be behind the others")
      ->group(kept);
  add_size(app, "--max-thread-lag-bytes", limits.thread_lag_bytes, "The same in bytes")->group(kept);

  add_duration(app, "--header-timeout", limits.header_timeout, "For the headers, and for each part of a body")
      ->group(wait);
  add_duration(app, "--body-timeout", limits.body_timeout, "For all of a body")->group(wait);
  add_duration(app, "--idle-timeout", limits.idle_timeout, "For the next request on a connection")->group(wait);
  add_duration(app, "--ping-interval", limits.ping_interval, "Before a silent WebSocket is pinged")->group(wait);
  add_duration(app, "--gather", limits.gather, "What comes many at a time, for one another")->group(wait);
  add_duration(app, "--drain", limits.drain, "On SIGTERM, for everybody to leave")->group(wait);
}

void add_access_flags(CLI::App& app, ServeCommand& command) {
  const std::string group = "Who may";
  app.add_option("--publish-token-file", command.publish_token_file, "Publishing takes the token in this file")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--subscribe-token-file", command.subscribe_token_file, "Listening takes the token in this one")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--allow-origin", command.allowed_origins,
                 "Also for pages of this origin, http://host:port; *: of all; repeatable")
      ->type_name("ORIGIN")
      ->allow_extra_args(false)
      ->take_all()
      ->group(group);
}

void add_tls_flags(CLI::App& app, ServeCommand& command) {
  const std::string group = "TLS";
  app.add_option("--tls-cert", command.tls_certificate_file, "Speak https and wss, with this certificate, PEM")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--tls-key", command.tls_key_file, "Its key, PEM")->type_name("FILE")->group(group);
  app.add_option("--tls-self-signed", command.tls_self_signed_folder,
                 "Make one for localhost; DIR gets what --tls-ca takes")
      ->type_name("DIR")
      ->group(group);
}

void add_flags(CLI::App& app, ServeArguments& arguments) {
  ServeCommand& command = arguments.command;
  app.add_option("--backend", arguments.backends, "Serve only these; of: " + list_transports())->type_name("NAME ...");
  app.add_option("--port", command.port, "0: any free one [9000]")->type_name("N");
  app.add_option("--bind", command.bind, "Numeric address; 0.0.0.0 and :: are all of them [127.0.0.1]")
      ->type_name("ADDR");
  app.add_option("--cpu", command.cpu, "Run on this processor only")->type_name("N");
  add_count(app, "--threads", command.threads, "Event loops, a thread each, on one port and one store");
  add_tls_flags(app, command);
  add_access_flags(app, command);
  add_limits(app, command.limits);
  add_headers_flag(app, command.headers);
  app.add_flag("--echo", command.echo, "Also a WebSocket echo at /echo, for test suites")->group("Other");
  add_parsed(app, "--log-level", "NAME", arguments.log_level, Parse<spdlog::level::level_enum>(parse_log_level),
             "trace, debug, info, warn, error or off [warn]")
      ->group("Other");
}

}  // namespace

Subcommand add_serve(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("serve", "Serve the four backends, or some, on one port over one store");
  const auto arguments = std::make_shared<ServeArguments>();
  add_flags(app, *arguments);
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab serve\n"
      "  wirelab serve --backend long-poll --backend websocket --port 8080 --hold 55s\n"
      "  wirelab serve --threads 4 --max-connections 100k\n"
      "  wirelab serve --tls-self-signed build/tls\n"
      "  wirelab serve --bind 0.0.0.0 --keep-messages 100k --keep-bytes 64MiB");
  return {&app, [arguments] {
            spdlog::set_level(arguments->log_level);
            if (!arguments->backends.empty()) arguments->command.backends.clear();
            for (const std::string& name : arguments->backends)
              arguments->command.backends.push_back(parse_transport(name));
            return serve(arguments->command);
          }};
}

}  // namespace wirelab::lab
