#include "lab/provenance.hpp"

#include <utility>

#include "lab/output.hpp"

namespace wirelab::lab {

Provenance provenance(std::vector<std::string> command) {
  return {utc_now(), std::move(command), read_host_facts(), versions(), git_revision()};
}

}  // namespace wirelab::lab
