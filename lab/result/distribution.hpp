#pragma once
// Between the meter's histograms and a result file's distributions.
#include <vector>

#include "lab/result/result.hpp"
#include "meter/histogram.hpp"

namespace wirelab::lab {

Distribution to_distribution(const meter::Histogram& histogram);

/// The other way, to the histogram's precision.
meter::Histogram to_histogram(const Distribution& distribution);

/// The percentiles of all the samples together: buckets are added up, percentiles never averaged. Least, greatest and
/// mean are exact.
Percentiles merge(const std::vector<const Distribution*>& distributions);

/// Any percentile of all the samples together; 0 without samples.
double percentile_us(const std::vector<const Distribution*>& distributions, double percentile);

}  // namespace wirelab::lab
