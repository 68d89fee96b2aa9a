#pragma once
// Where a record comes from: when, by which command, on what machine, with which software. Every kind of result has it.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/host/doctor.hpp"
#include "lab/host/host_facts.hpp"

namespace wirelab::lab {

struct Provenance {
  std::string created_utc;  ///< 2026-01-31T12:00:00Z
  std::vector<std::string> command;
  HostFacts host;
  std::optional<DoctorFacts>
      doctor;  ///< what this machine can measure, as lab/result/doctor_findings.hpp reads it; null: not looked
  std::map<std::string, std::string> versions;
  std::string git_revision;
};

enum class Doctor { quick, none };

/// Of this process, now. To be read before the first run: the load average is what else was going on, and the doctor's
/// quick check (300 ms at most) would disturb it.
Provenance provenance(std::vector<std::string> command, Doctor doctor = Doctor::quick);

}  // namespace wirelab::lab
