#pragma once
// What the runs of one transport come to: a verdict, counts added up, histograms merged, and figures
// per delivered message.
#include <map>
#include <string>
#include <vector>

#include "lab/result/result.hpp"

namespace wirelab::lab {

/// What figures() are taken from, and no more: no verdict, no intervals, of the distributions the age and the service
/// time only. A run that is in it twice counts twice.
Summary pool(const std::vector<const Run*>& runs);

/// Of runs that belong together; of a single one too.
Summary summarize(const std::vector<const Run*>& runs);

/// By transport.
std::map<std::string, Summary> summarize(const std::vector<Run>& runs);

/// The same, with the share of Result::publishing_alone and with theory.
std::map<std::string, Summary> summarize(const Result& result);

}  // namespace wirelab::lab
