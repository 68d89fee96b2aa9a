#pragma once
// What theory says of the figures that a run measures, from its configuration alone: the closed forms of
// model/delivery.hpp for its transport, rate, intervals, headers and round trip.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/result/result.hpp"
#include "model/delivery.hpp"

namespace wirelab::lab {

/// Nullopt where no closed form covers the configuration: nothing published or nobody to hear it, a replay, bursts
/// dealt out to several channels, messages that stop before the window does, long polls that are not held, bursts that
/// find a long poll deaf again or never deaf, a link that does more than delay.
std::optional<model::Prediction> prediction(const Configuration& configuration, const std::string& transport);

/// The same as a record has it.
std::optional<Predicted> predicted(const Configuration& configuration, const std::string& transport);

/// A figure that theory has a value for, under the same name.
struct TheoryFigure {
  std::string_view figure;  ///< Figure::name
  double Predicted::*value;
};
const std::vector<TheoryFigure>& theory_figures();

/// Summary::predicted of each transport.
void add_theory(const Configuration& configuration, std::map<std::string, Summary>& summaries);

}  // namespace wirelab::lab
