#pragma once
// `wirelab run FILE`: an experiment, which asks one question, looks at one figure along one axis, and holds what it
// measures against what theory said before. A file of experiments/ is options of this command; docs/09-experiments.md
// tells what there is.
//
// It is a sweep, or several that differ in a flag or two (the variants) and are measured in rounds that mix all of
// them.
#include <string>
#include <vector>

#include "lab/result/axis.hpp"
#include "lab/result/load_settings.hpp"
#include "lab/run/compare.hpp"

namespace wirelab::lab {

/// What is measured under one set of flags.
struct Variant {
  std::string name;  ///< the flags that it differs in: "poll-timer=fixed-delay"; empty when it is the only one
  LoadSettings settings;
};

struct ExperimentCommand {
  std::string title, question;
  CompareCommand each;            ///< its settings are those that the variants share
  std::vector<Variant> variants;  ///< one at least
  Over over;
  std::string figure = "mean";    ///< of figures()
  std::string against;            ///< a transport that it is divided by; empty: none
  double tolerance_share = 0.05;  ///< of what theory says
  bool strip = false;             ///< keep each message's age around the oldest (lab/result/strip.hpp)
};

/// Runs it, prints the table on standard output and leaves experiment.json, report.txt, report.csv, a chart and the
/// sweeps in the output folder; returns the exit code: kGateMissed where theory is. Throws std::invalid_argument for
/// what cannot be run, std::runtime_error when not one run could be carried out.
int run_experiment(const ExperimentCommand& command);

}  // namespace wirelab::lab
