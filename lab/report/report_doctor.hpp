#pragma once
// The record of a `wirelab doctor`, and the page that is printed of it.
#include <map>
#include <string>
#include <vector>

#include "lab/result/doctor_findings.hpp"

namespace wirelab::lab {

inline constexpr const char* kDoctorSchema = "wirelab.doctor/1";

struct Diagnosis {
  std::string schema = kDoctorSchema;
  std::string created_utc;
  HostFacts host;
  std::map<std::string, std::string> versions;
  std::string git_revision;
  DoctorFacts doctor;
  std::vector<Finding> findings;
  std::string conclusion;
};

/// Facts first, then what they mean; 100 columns at most.
std::string report_text(const Diagnosis& diagnosis);

std::string to_text(const Diagnosis& diagnosis);

inline constexpr auto fields(Of<Diagnosis>) {
  using D = Diagnosis;
  return std::tuple(Field{"schema", &D::schema},              //
                    Field{"created_utc", &D::created_utc},    //
                    Field{"host", &D::host},                  //
                    Field{"versions", &D::versions},          //
                    Field{"git_revision", &D::git_revision},  //
                    Field{"doctor", &D::doctor},              //
                    Field{"findings", &D::findings},          //
                    Field{"conclusion", &D::conclusion});
}

}  // namespace wirelab::lab
