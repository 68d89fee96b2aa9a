#pragma once
// The baseline of a comparison: the same messages, published in the same way to a server of their own that nobody is
// subscribed to. What it spends is part of what every run's server spends.
#include <optional>

#include "lab/result/load_settings.hpp"
#include "lab/result/result.hpp"

namespace wirelab::lab {

/// The run to make for it; nullopt when these settings publish nothing.
std::optional<LoadSettings> without_subscribers(const LoadSettings& settings);

/// What that run came to; nullopt when nothing was published, or its server does not tell its load.
std::optional<PublishingAlone> publishing_alone(const Run& run);

/// Milliseconds per 1,000 delivered: what taking this transport's messages in must have cost. Nullopt without a
/// baseline, without deliveries, and for a transport that was published on by other means than the baseline's POST.
std::optional<double> publishing_share(const Result& result, const std::string& transport,
                                       const std::vector<const Run*>& runs);

}  // namespace wirelab::lab
