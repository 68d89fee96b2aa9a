#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Error.hpp>
#include <sstream>
#include <stdexcept>
#include <string>

#include "lab/cli/cli_options.hpp"
#include "lab/result/capacity_result.hpp"
#include "lab/result/experiment_result.hpp"
#include "lab/result/gates.hpp"
#include "lab/result/ladder_record.hpp"
#include "lab/result/result.hpp"
#include "lab/result/sweep_result.hpp"
#include "lab/text/document.hpp"
#include "lab/text/units.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"

namespace wirelab::fuzz {
namespace {

/// What is accepted, written and read again is the same.
template <typename Parse>
void read_document_of(const std::string& text, Parse parse) {
  const std::string written = to_text(parse(text));
  require(to_text(parse(written)) == written, "what is read is written, and read again");
}

/// The same of a quantity.
template <typename Parse, typename Write>
void read_quantity_as(std::string_view text, Parse parse, Write write) try {
  const auto value = parse(text);
  require(parse(write(value)) == value, "a quantity is read as it was written");
} catch (const std::invalid_argument&) {  // as promised
}

template <typename Parse>
void read_words(std::string_view text, Parse parse) try {
  parse(text);
} catch (const std::invalid_argument&) {  // as promised
}

}  // namespace

void read_scenario(std::string_view bytes) {
  lab::LoadSettings settings;
  CLI::App app;
  app.option_defaults()->take_last();
  app.allow_config_extras(CLI::config_extras_mode::error);
  lab::add_load_flags(app, settings);
  std::istringstream in{std::string(bytes)};
  try {
    app.parse_from_stream(in);
    if (settings.replay_file.empty()) lab::complete(settings);  // else it would read any file
  } catch (const CLI::ParseError&) {                            // as promised
  } catch (const std::invalid_argument&) {                      // as promised
  }
}

void read_result(std::string_view bytes) {
  const std::string text(bytes);
  const std::string schema = lab::schema_of(text);
  try {
    if (schema == lab::CapacityResult{}.schema) return read_document_of(text, lab::parse_capacity);
    if (schema == lab::SweepResult{}.schema) return read_document_of(text, lab::parse_sweep);
    if (schema == lab::ExperimentResult{}.schema) return read_document_of(text, lab::parse_experiment);
    if (schema == lab::LadderRecord{}.schema) return read_document_of(text, lab::parse_ladder_record);
    read_document_of(text, lab::parse_result);
  } catch (const lab::JsonError& error) {
    require(*error.what() != '\0', "an error says what is wrong");
  }
}

void read_quantity(std::string_view bytes) {
  read_quantity_as(bytes, lab::parse_count, lab::to_count);
  read_quantity_as(bytes, lab::parse_rate, lab::to_rate);
  read_quantity_as(bytes, lab::parse_bytes, lab::to_bytes);
  read_quantity_as(bytes, lab::parse_bandwidth, lab::to_bandwidth);
  read_quantity_as(bytes, lab::parse_duration, lab::to_duration);
  read_words(bytes, lab::parse_share);
  read_words(bytes, lab::parse_gate);
  read_words(bytes, lab::parse_objective);
}

}  // namespace wirelab::fuzz
