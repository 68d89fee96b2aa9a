#include "lab/result/experiment_result.hpp"

#include <cmath>

#include "lab/result/intervals.hpp"
#include "lab/text/document.hpp"

namespace wirelab::lab {
namespace {

Interval divide(const Interval& own, const Interval& other) { return {own.low / other.high, own.high / other.low}; }

/// Of a transport at a point; the ends of a ratio's interval are the least and the most that its two intervals allow.
void look_at(const SweepPoint& point, const Look& look, const std::string& transport, ExperimentPoint& seen) {
  const auto own = point.summary.find(transport);
  if (own == point.summary.end()) return;
  seen.runs = own->second.runs;
  seen.verdict = own->second.verdict;
  seen.reasons = own->second.reasons;
  seen.measured = look.figure->value(own->second);
  seen.interval = interval_of(own->second, *look.figure);
  if (!look.against) return;
  const auto other = point.summary.find(*look.against);
  const auto base = other == point.summary.end() ? std::nullopt : look.figure->value(other->second);
  const auto around = base ? interval_of(other->second, *look.figure) : std::nullopt;
  const bool divides = seen.measured && base && *base > 0;
  seen.interval = divides && seen.interval && around && around->low > 0
                      ? std::optional(transport == *look.against ? Interval{1, 1} : divide(*seen.interval, *around))
                      : std::nullopt;
  seen.measured = divides ? std::optional(*seen.measured / *base) : std::nullopt;
}

ExperimentPoint point_of(const SweepResult& sweep, const SweepPoint& at, const Look& look, const std::string& transport,
                         double tolerance_share) {
  ExperimentPoint point;
  point.value = at.value;
  look_at(at, look, transport, point);
  const Configuration configuration = result_at(sweep, at).configuration;
  point.predicted = theory_of(look, configuration, transport);
  if (point.predicted)
    point.tolerance = tolerance_of(look, configuration, transport, *point.predicted, tolerance_share);
  if (point.measured && point.predicted)
    point.within = std::abs(*point.measured - *point.predicted) <= *point.tolerance;
  return point;
}

}  // namespace

constexpr auto fields(Of<LookedAt>) {
  return std::tuple(Field{"figure", &LookedAt::figure},  //
                    Field{"key", &LookedAt::key},        //
                    Field{"against", &LookedAt::against});
}

constexpr auto fields(Of<Mark>) {
  return std::tuple(Field{"value", &Mark::value},  //
                    Field{"words", &Mark::words});
}

constexpr auto fields(Of<ExperimentPoint>) {
  using P = ExperimentPoint;
  return std::tuple(Field{"value", &P::value},          //
                    Field{"measured", &P::measured},    //
                    Field{"interval", &P::interval},    //
                    Field{"predicted", &P::predicted},  //
                    Field{"tolerance", &P::tolerance},  //
                    Field{"within", &P::within},        //
                    Field{"runs", &P::runs},            //
                    Field{"verdict", &P::verdict},      //
                    Field{"reasons", &P::reasons});
}

constexpr auto fields(Of<ExperimentSeries>) {
  using S = ExperimentSeries;
  return std::tuple(Field{"transport", &S::transport},  //
                    Field{"variant", &S::variant},      //
                    Field{"theory", &S::theory},        //
                    Field{"points", &S::points});
}

constexpr auto fields(Of<Strip>) {
  return std::tuple(Field{"transport", &Strip::transport},  //
                    Field{"variant", &Strip::variant},      //
                    Field{"value", &Strip::value},          //
                    Field{"rounds", &Strip::rounds},        //
                    Field{"theory", &Strip::theory},        //
                    Field{"predicted_max_us", &Strip::predicted_max_us});
}

constexpr auto fields(Of<ExperimentResult>) {
  using E = ExperimentResult;
  return std::tuple(Field{"schema", &E::schema},                    //
                    Field{"created_utc", &E::created_utc},          //
                    Field{"command", &E::command},                  //
                    Field{"title", &E::title},                      //
                    Field{"question", &E::question},                //
                    Field{"over", &E::over},                        //
                    Field{"look", &E::look},                        //
                    Field{"tolerance_share", &E::tolerance_share},  //
                    Field{"configuration", &E::configuration},      //
                    Field{"host", &E::host},                        //
                    Field{"doctor", &E::doctor},                    //
                    Field{"versions", &E::versions},                //
                    Field{"git_revision", &E::git_revision},        //
                    Field{"marks", &E::marks},                      //
                    Field{"series", &E::series},                    //
                    Field{"strips", &E::strips});
}

std::string to_text(const ExperimentResult& result) { return to_text(write_json(result)); }

ExperimentResult parse_experiment(const std::string& text) {
  ExperimentResult result;
  read_json(parse_document(text, kExperimentSchema), result);
  try {
    parse_axis(result.over.axis);
  } catch (const std::invalid_argument& error) {
    throw JsonError(error.what()).in("axis").in("over");
  }
  if (!find_figure(result.look.figure))
    throw JsonError("'" + result.look.figure + "' is no figure").in("figure").in("look");
  return result;
}

const Figure& figure_of(const ExperimentResult& result) { return *find_figure(result.look.figure); }

std::vector<ExperimentSeries> series_of(const SweepResult& sweep, const std::string& variant, const Look& look,
                                        double tolerance_share) {
  const Over over{parse_axis(sweep.over.axis), sweep.over.values};
  std::vector<ExperimentSeries> all;
  for (const std::string& transport : sweep.configuration.transports) {
    ExperimentSeries& series = all.emplace_back();
    series.transport = transport;
    series.variant = variant;
    series.theory = theory_curve(look, sweep.configuration, transport, over);
    for (const SweepPoint& at : sweep.points)
      series.points.push_back(point_of(sweep, at, look, transport, tolerance_share));
  }
  return all;
}

}  // namespace wirelab::lab
