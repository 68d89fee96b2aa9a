#pragma once
// The record of a `wirelab run`: one figure along one axis, a series for each transport (and variant), each point
// beside what theory says of it. Members are named as the keys of the file; docs/03-result-format.md explains every
// one. The runs themselves are in sweep files beside it.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lab/host/provenance.hpp"
#include "lab/result/experiment_theory.hpp"
#include "lab/result/interval.hpp"
#include "lab/result/judgement.hpp"
#include "lab/result/result.hpp"
#include "lab/result/strip.hpp"
#include "lab/result/sweep_result.hpp"

namespace wirelab::lab {

inline constexpr const char* kExperimentSchema = "wirelab.experiment/1";

struct LookedAt {
  std::string figure;                  ///< of figures(): "mean"
  std::string key;                     ///< "age_mean_us": the unit of every value, where it is no ratio
  std::optional<std::string> against;  ///< values are ratios to this transport's
};

struct ExperimentPoint {
  double value = 0;
  std::optional<double> measured;  ///< null: not carried out, or fewer samples than the figure needs
  std::optional<Interval> interval;
  std::optional<double> predicted, tolerance;  ///< null: theory is silent
  std::optional<bool> within;                  ///< the tolerance; null where one of the two is missing
  std::uint64_t runs = 0;
  Verdict verdict = Verdict::valid;
  std::vector<std::string> reasons;
};

struct ExperimentSeries {
  std::string transport;
  std::string variant;                            ///< the flags that make it; empty: there is one only
  std::vector<std::pair<double, double>> theory;  ///< (value, predicted), to be drawn as a line
  std::vector<ExperimentPoint> points;            ///< one for each of over.values
};

struct ExperimentResult : Provenance {
  std::string schema = kExperimentSchema;
  std::string title, question;
  SweptAxis over;
  LookedAt look;
  double tolerance_share = 0;   ///< of what is predicted; a point's own is the greater of it and a fixed least
  Configuration configuration;  ///< of the first variant's first point
  std::vector<Mark> marks;
  std::vector<ExperimentSeries> series;
  std::optional<std::vector<Strip>> strips;  ///< null: not asked for (--strip)
};

std::string to_text(const ExperimentResult& result);

/// Throws JsonError that says what is wrong and where.
ExperimentResult parse_experiment(const std::string& text);

/// The figure, by the record's names. Precondition: parse_experiment() or compose() made it.
const Figure& figure_of(const ExperimentResult& result);

/// The series of one variant, from its sweep, which has a point for each of the values.
std::vector<ExperimentSeries> series_of(const SweepResult& sweep, const std::string& variant, const Look& look,
                                        double tolerance_share);

}  // namespace wirelab::lab
