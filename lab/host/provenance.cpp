#include "lab/host/provenance.hpp"

#include <utility>

#include "lab/text/output.hpp"

namespace wirelab::lab {

Provenance provenance(std::vector<std::string> command, Doctor doctor) {
  Provenance now{utc_now(), std::move(command), read_host_facts(), {}, versions(), git_revision()};
  if (doctor == Doctor::quick) now.doctor = quick_check();
  return now;
}

}  // namespace wirelab::lab
