#include "lab/result/strip.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "lab/text/json_fields.hpp"

namespace wirelab::lab {

Nanos strip_step(const LoadSettings& settings) {
  const clients::LoadPlan& plan = settings.plan;
  const bool steady = settings.replay_file.empty() && plan.publish.arrivals == clients::Arrivals::constant &&
                      plan.publish.rate_per_second > 0;
  if (!steady || plan.subscribers != 1 || plan.channels != 1)
    throw std::invalid_argument(
        "--strip: each message's age can be told of one subscriber and messages at a constant gap only; give "
        "--subscribers 1 and --arrivals constant");
  return Nanos(static_cast<Nanos::rep>(1e9 / plan.publish.rate_per_second));
}

MessageAges read_strip(const std::filesystem::path& series) {
  std::ifstream in(series);
  if (!in) throw std::runtime_error("cannot read " + series.string());
  MessageAges ages;
  for (std::string text; std::getline(in, text);) {
    const Json line = Json::parse(text);
    if (!line.at("age_max_us").is_null())
      ages.emplace_back(line.at("start_ms").get<double>(), line.at("age_max_us").get<double>());
  }
  return around_oldest(ages);
}

MessageAges around_oldest(const MessageAges& ages) {
  if (ages.empty()) return {};
  const auto oldest =
      std::max_element(ages.begin(), ages.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto at = static_cast<std::size_t>(oldest - ages.begin());
  const std::size_t from = at - std::min(at, kStripBefore), to = std::min(ages.size(), at + kStripBehind + 1);
  MessageAges around;
  for (std::size_t i = from; i < to; ++i) around.emplace_back(ages[i].first - oldest->first, ages[i].second);
  return around;
}

}  // namespace wirelab::lab
