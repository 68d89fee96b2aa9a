#include <memory>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/run/predict.hpp"

namespace wirelab::lab {
namespace {

struct PredictArguments {
  PredictCommand command;
  Nanos round_trip{0};
  Nanos poll_interval = std::chrono::milliseconds(250);
  std::chrono::seconds hold{25};
  std::string arrivals = "poisson";
  std::size_t payload_bytes = 128, subscribers = 1'000'000;
  bool fixed_delay = false;
};

}  // namespace

Subcommand add_predict(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("predict", "What theory says, for any number of subscribers");
  const auto arguments = std::make_shared<PredictArguments>();
  PredictCommand& command = arguments->command;
  add_duration(app, "--rtt", arguments->round_trip, "Round trip between subscriber and server");
  add_parsed(app, "-R,--rate", "RATE", command.situation.messages_per_second, Parse<double>(parse_rate),
             "Messages per second to each subscriber [1]");
  add_count(app, "-c,--subscribers", arguments->subscribers, "Subscribers in all");
  add_size(app, "--payload", arguments->payload_bytes, "Bytes of a message");
  add_duration(app, "--poll-interval", arguments->poll_interval, "Between two polls");
  add_duration(app, "--hold", arguments->hold, "Until the server answers a long poll without news");
  app.add_option("--arrivals", arguments->arrivals, "poisson, or constant for one gap between all [poisson]")
      ->check(CLI::IsMember({"poisson", "constant"}))
      ->type_name("NAME");
  app.add_option("--tls-round-trips", command.situation.tls_round_trips,
                 "Of a new connection: 1 with TLS 1.3, 2 with TLS 1.2 [0]")
      ->type_name("N");
  app.add_flag("--fixed-delay", arguments->fixed_delay, "The interval counts from the answer to the last poll");
  app.add_flag("--long-poll-reconnects", command.situation.long_poll_reconnects,
               "A long poll asks again on a new connection");
  add_headers_flag(app, command.headers);
  app.add_option("--measured", command.measured_file, "A result.json: its server cost is extended to all of them")
      ->type_name("FILE");
  app.add_flag("--json", command.json, "As JSON");
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab predict --rtt 50ms --rate 10 --poll-interval 1s\n"
      "  wirelab predict -c 1M --rate 1 --measured results/monday/result.json");
  return {&app, [arguments] {
            PredictCommand& chosen = arguments->command;
            chosen.subscribers = arguments->subscribers;
            chosen.situation.round_trip = arguments->round_trip;
            chosen.situation.poll_interval = arguments->poll_interval;
            chosen.situation.hold = arguments->hold;
            chosen.situation.arrivals =
                arguments->arrivals == "poisson" ? model::Arrivals::poisson : model::Arrivals::constant;
            chosen.situation.payload_bytes = static_cast<double>(arguments->payload_bytes);
            chosen.situation.fixed_delay = arguments->fixed_delay;
            return predict(chosen);
          }};
}

}  // namespace wirelab::lab
