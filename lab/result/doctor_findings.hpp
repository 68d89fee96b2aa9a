#pragma once
// What the doctor's facts mean for a measurement, in plain sentences. Each is a pure function of the facts, so that one
// can read from a result file years later what its machine could show.
#include <string>
#include <vector>

#include "lab/host/doctor.hpp"
#include "lab/host/host_facts.hpp"

namespace wirelab::lab {

enum class Grade {
  ok,    ///< nothing to bear in mind
  warn,  ///< measure, and bear it in mind
  bad,   ///< figures of this kind say nothing here
};

std::string_view name(Grade grade);

struct Finding {
  std::string subject;  ///< "cores", "noise", …: the same in every version, for programs
  Grade grade = Grade::ok;
  std::string sentence;
};

/// One a subject, in the order in which they are read; none on what the facts do not tell.
std::vector<Finding> findings(const HostFacts& host, const DoctorFacts& facts);

/// All of them in one sentence.
std::string conclusion(const std::vector<Finding>& findings);

/// Below this, in milliseconds, a difference between two latencies is noise: the tail of the paced loopback round trip,
/// rounded up to 1, 2 or 5 of some power of ten.
double noise_floor_ms(const EchoFacts& echo);

/// New connections per second that one source address can sustain, when each used port rests for so long.
double connections_per_second_max(const HostFacts& host, double rest_s);

Json write_json(Grade grade);
void read_json(const Json& json, Grade& grade);

inline constexpr auto fields(Of<Finding>) {
  return std::tuple(Field{"subject", &Finding::subject},  //
                    Field{"grade", &Finding::grade},      //
                    Field{"sentence", &Finding::sentence});
}

}  // namespace wirelab::lab
