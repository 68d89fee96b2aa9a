#include <memory>

#include "lab/cli/cli.hpp"
#include "lab/cli/cli_options.hpp"
#include "lab/run/simulate.hpp"

namespace wirelab::lab {
namespace {

struct SimulateArguments {
  SimulateCommand command;
  std::vector<std::string> transports = {"all"};
  std::vector<std::string> round_trips = {"0"}, rates = {"1"};
  std::string arrivals = "poisson", timer = "fixed-rate";
};

template <typename T>
std::vector<T> parse_each(const char* flag, const std::vector<std::string>& texts, Parse<T> parse) {
  std::vector<T> values;
  for (const std::string& text : texts) {
    try {
      values.push_back(parse(text));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(std::string(flag) + ": " + error.what());
    }
  }
  return values;
}

SimulateCommand chosen_command(const SimulateArguments& arguments) {
  SimulateCommand chosen = arguments.command;
  chosen.transports = parse_simulated(arguments.transports);
  chosen.round_trips = parse_each<Nanos>("--rtt", arguments.round_trips, parse_duration);
  chosen.messages_per_second = parse_each<double>("--rate", arguments.rates, parse_rate);
  chosen.arrivals = arguments.arrivals == "poisson" ? clients::Arrivals::poisson : clients::Arrivals::constant;
  chosen.fixed_delay = arguments.timer == "fixed-delay";
  return chosen;
}

}  // namespace

Subcommand add_simulate(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("simulate", "The real code on a simulated network, beside theory");
  const auto arguments = std::make_shared<SimulateArguments>();
  SimulateCommand& command = arguments->command;
  app.add_option("TRANSPORT", arguments->transports,
                 "Of " + list_transports() + ", long-poll-reconnecting; or all [all]")
      ->delimiter(',')
      ->type_name("");
  app.add_option("--rtt", arguments->round_trips, "Round trips between subscriber and server [0]")
      ->delimiter(',')
      ->type_name("TIME,TIME");
  app.add_option("-R,--rate", arguments->rates, "Messages per second to each subscriber [1]")
      ->delimiter(',')
      ->type_name("RATE,RATE");
  app.add_option("--arrivals", arguments->arrivals, "poisson, or constant for one gap between all [poisson]")
      ->check(CLI::IsMember({"poisson", "constant"}))
      ->type_name("NAME");
  add_count(app, "-n,--messages", command.messages, "Of each cell");
  add_count(app, "-c,--subscribers", command.subscribers, "Who hear the same messages");
  add_size(app, "--payload", command.payload_bytes, "Bytes of a message");
  add_duration(app, "--poll-interval", command.poll_interval, "Between two polls");
  app.add_option("--poll-timer", arguments->timer, "fixed-rate, or fixed-delay: after the answer [fixed-rate]")
      ->check(CLI::IsMember({"fixed-rate", "fixed-delay"}))
      ->type_name("NAME");
  add_duration(app, "--hold", command.hold, "Until the server answers a long poll without news");
  add_headers_flag(app, command.headers);
  add_size(app, "--exchange-header-bytes", command.exchange_header_bytes,
           "Headers that every exchange is taken to have; 0: its own");
  app.add_option("--seed", command.seed, "Of all that is random [1]")->type_name("N");
  app.add_flag("--json", command.json, "As JSON; the same command gives the same bytes");
  add_help_flag(app);
  app.footer(
      "Examples:\n"
      "  wirelab simulate all --rtt 50ms --rate 10 --poll-interval 1s\n"
      "  wirelab simulate long-poll --rtt 20ms,90ms,110ms,200ms --rate 10 --arrivals constant");
  return {&app, [arguments] { return simulate(chosen_command(*arguments)); }};
}

}  // namespace wirelab::lab
