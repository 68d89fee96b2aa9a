#pragma once
// What theory says of one figure of one transport, and how near to it is near enough: what an experiment
// (lab/run/experiment.hpp) holds its points against.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lab/result/axis.hpp"
#include "lab/result/figures.hpp"
#include "lab/result/result.hpp"

namespace wirelab::lab {

/// What an experiment looks at: a figure, or how many times that of another transport it is.
struct Look {
  const Figure* figure = nullptr;
  std::optional<std::string> against;  ///< a transport
};

/// In the figure's own unit (Figure::key), or a ratio. Nullopt where no closed form covers it: those of
/// lab/result/theory.hpp, and of a link that loses, what TCP takes to repair (model/repair.hpp): for pushed messages,
/// and for the oldest by long polling when one segment is lost.
std::optional<double> theory_of(const Look& look, const Configuration& configuration, const std::string& transport);

/// Nearer than the greater of `relative` of what is predicted and what no reader could tell apart: 2 ms of an age or of
/// the other's in a ratio, 2 points of a share.
double tolerance_of(const Look& look, const Configuration& configuration, const std::string& transport,
                    double predicted, double relative);

/// Along the axis from the least value to the greatest, so close that a step is seen as one; nothing where theory is
/// silent.
std::vector<std::pair<double, double>> theory_curve(const Look& look, const Configuration& configuration,
                                                    const std::string& transport, const Over& over);

/// Of one lost segment: [ms from when its message was due, age in us], for the messages of `ages`, which has the same.
/// Pushed messages only; nothing where theory is silent.
std::vector<std::pair<double, double>> theory_of_strip(const Configuration& configuration, const std::string& transport,
                                                       const std::vector<std::pair<double, double>>& ages);

/// Where theory of an age has an edge along the axis.
struct Mark {
  double value = 0;
  std::string words;
};
std::vector<Mark> marks_of(const Look& look, const Configuration& configuration, const Over& over);

}  // namespace wirelab::lab
