#pragma once
// Where a record comes from: when, by which command, on what machine, with which software. Every kind of result has it.
#include <map>
#include <string>
#include <vector>

#include "lab/host_facts.hpp"

namespace wirelab::lab {

struct Provenance {
  std::string created_utc;  ///< 2026-01-31T12:00:00Z
  std::vector<std::string> command;
  HostFacts host;
  std::map<std::string, std::string> versions;
  std::string git_revision;
};

/// Of this process, now. To be read before the first run: the load average is what else was going on.
Provenance provenance(std::vector<std::string> command);

}  // namespace wirelab::lab
