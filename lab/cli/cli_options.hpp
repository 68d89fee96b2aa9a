#pragma once
// Flags whose values are quantities or names, with their defaults in the help and clear errors; and the ones that
// `load` and `compare` share.
#include <CLI/App.hpp>
#include <CLI/Error.hpp>
#include <stdexcept>
#include <string>

#include "lab/result/load_settings.hpp"

namespace wirelab::lab {

/// Turns text into a T; throws std::invalid_argument that says what is wrong with it.
template <typename T>
using Parse = T (*)(std::string_view);

template <typename Target, typename T>
CLI::Option* add_parsed(CLI::App& app, const std::string& flags, const std::string& type, Target& target,
                        Parse<T> parse, const std::string& help) {
  const auto assign = [&target, parse, flags](const std::string& text) {
    try {
      target = static_cast<Target>(parse(text));
    } catch (const std::invalid_argument& error) {
      throw CLI::ValidationError(flags, error.what());
    }
  };
  return app.add_option_function<std::string>(flags, assign, help)->type_name(type);
}

CLI::Option* add_count(CLI::App& app, const std::string& flags, std::size_t& target, const std::string& help);
CLI::Option* add_size(CLI::App& app, const std::string& flags, std::size_t& target, const std::string& help);

/// Of any unit; a value that the target's unit cannot hold exactly is refused.
template <typename Duration>
CLI::Option* add_duration(CLI::App& app, const std::string& flags, Duration& target, const std::string& help) {
  const Parse<Duration> parse = [](std::string_view text) {
    const Nanos exact = parse_duration(text);
    const auto rounded = std::chrono::duration_cast<Duration>(exact);
    if (rounded != exact)
      throw std::invalid_argument("'" + std::string(text) + "' is too fine: the unit here is " +
                                  to_duration(Duration(1)));
    return rounded;
  };
  return add_parsed(app, flags, "TIME", target, parse, help + " [" + to_duration(target) + "]");
}

/// Everything that describes subscribers, messages and polling, in groups.
void add_load_flags(CLI::App& app, LoadSettings& settings);

/// --headers, with which servers and load generators dress what they send.
void add_headers_flag(CLI::App& app, const messages::HeaderSet*& headers);

/// Of `load` and `compare`.
void add_series_step_flag(CLI::App& app, LoadSettings& settings);

/// -h last, so that its group comes last too.
void add_help_flag(CLI::App& app);

/// "short-poll, keep-alive, long-poll, websocket"
std::string list_transports();
messages::Transport parse_transport(std::string_view text);

}  // namespace wirelab::lab
