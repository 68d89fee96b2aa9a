#include "lab/result/sweep_result.hpp"

#include "lab/text/document.hpp"

namespace wirelab::lab {

constexpr auto fields(Of<SweptAxis>) {
  return std::tuple(Field{"axis", &SweptAxis::axis},  //
                    Field{"key", &SweptAxis::key},    //
                    Field{"values", &SweptAxis::values});
}

template Json write_json(const SweptAxis&);
template void read_json(const Json&, SweptAxis&);

constexpr auto fields(Of<NotCarriedOut>) {
  return std::tuple(Field{"transport", &NotCarriedOut::transport},  //
                    Field{"runs", &NotCarriedOut::runs},            //
                    Field{"reason", &NotCarriedOut::reason});
}

constexpr auto fields(Of<SweepPoint>) {
  using P = SweepPoint;
  return std::tuple(Field{"value", &P::value},                      //
                    Field{"summary", &P::summary},                  //
                    Field{"not_carried_out", &P::not_carried_out},  //
                    Field{"runs", &P::runs});
}

constexpr auto fields(Of<SweepResult>) {
  using S = SweepResult;
  return std::tuple(Field{"schema", &S::schema},                //
                    Field{"created_utc", &S::created_utc},      //
                    Field{"command", &S::command},              //
                    Field{"over", &S::over},                    //
                    Field{"configuration", &S::configuration},  //
                    Field{"host", &S::host},                    //
                    Field{"doctor", &S::doctor},                //
                    Field{"versions", &S::versions},            //
                    Field{"git_revision", &S::git_revision},    //
                    Field{"points", &S::points});
}

std::string to_text(const SweepResult& sweep) { return to_text(write_json(sweep)); }

SweepResult parse_sweep(const std::string& text) {
  SweepResult sweep;
  const Json json = parse_document(text, kSweepSchema);
  read_json(json, sweep);
  try {
    parse_axis(sweep.over.axis);
  } catch (const std::invalid_argument& error) {
    throw JsonError(error.what()).in("axis").in("over");
  }
  return sweep;
}

Result result_at(const SweepResult& sweep, const SweepPoint& point) {
  Result result;
  static_cast<Provenance&>(result) = sweep;
  result.configuration = sweep.configuration;
  set_value(parse_axis(sweep.over.axis), point.value, result.configuration);
  result.runs = point.runs;
  result.summary = point.summary;
  return result;
}

}  // namespace wirelab::lab
