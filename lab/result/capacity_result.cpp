#include "lab/result/capacity_result.hpp"

#include "lab/result/axis.hpp"
#include "lab/result/figures.hpp"
#include "lab/text/document.hpp"

namespace wirelab::lab {

constexpr auto fields(Of<Objective>) {
  return std::tuple(Field{"text", &Objective::text},      //
                    Field{"figure", &Objective::figure},  //
                    Field{"key", &Objective::key},        //
                    Field{"bound", &Objective::bound});
}

constexpr auto fields(Of<SearchedAxis>) {
  using S = SearchedAxis;
  return std::tuple(Field{"axis", &S::axis},                          //
                    Field{"key", &S::key},                            //
                    Field{"from", &S::from},                          //
                    Field{"to", &S::to},                              //
                    Field{"resolution_share", &S::resolution_share},  //
                    Field{"agree_runs", &S::agree_runs});
}

constexpr auto fields(Of<Capacity>) {
  return std::tuple(Field{"passed", &Capacity::passed},  //
                    Field{"failed", &Capacity::failed},  //
                    Field{"limit", &Capacity::limit},    //
                    Field{"words", &Capacity::words});
}

constexpr auto fields(Of<CapacityProbe>) {
  using P = CapacityProbe;
  return std::tuple(Field{"transport", &P::transport},  //
                    Field{"value", &P::value},          //
                    Field{"outcome", &P::outcome},      //
                    Field{"measured", &P::measured},    //
                    Field{"at_least", &P::at_least},    //
                    Field{"reason", &P::reason},        //
                    Field{"run", &P::run});
}

constexpr auto fields(Of<CapacityResult>) {
  using C = CapacityResult;
  return std::tuple(Field{"schema", &C::schema},                //
                    Field{"created_utc", &C::created_utc},      //
                    Field{"command", &C::command},              //
                    Field{"objective", &C::objective},          //
                    Field{"search", &C::search},                //
                    Field{"configuration", &C::configuration},  //
                    Field{"host", &C::host},                    //
                    Field{"doctor", &C::doctor},                //
                    Field{"versions", &C::versions},            //
                    Field{"git_revision", &C::git_revision},    //
                    Field{"capacity", &C::capacity},            //
                    Field{"probes", &C::probes});
}

std::string to_text(const CapacityResult& result) { return to_text(write_json(result)); }

CapacityResult parse_capacity(const std::string& text) {
  CapacityResult result;
  const Json json = parse_document(text, kCapacitySchema);
  read_json(json, result);
  try {
    parse_axis(result.search.axis);
  } catch (const std::invalid_argument& error) {
    throw JsonError(error.what()).in("axis").in("search");
  }
  if (!find_figure(result.objective.figure))
    throw JsonError("'" + result.objective.figure + "' is no figure").in("figure").in("objective");
  return result;
}

}  // namespace wirelab::lab
