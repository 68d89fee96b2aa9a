#include "lab/result/publishing_alone.hpp"

namespace wirelab::lab {

std::optional<LoadSettings> without_subscribers(const LoadSettings& settings) {
  const clients::PublishPlan& publish = settings.plan.publish;
  if (publish.rate_per_second == 0 && publish.replay.empty()) return std::nullopt;
  LoadSettings alone = settings;
  alone.plan.subscribers = 0;
  alone.plan.threads = 1;
  alone.series_file.clear();
  alone.link = {};  // the publisher is at the server's end of it anyway
  alone.plan.publish.via = clients::PublishVia::post;
  return alone;
}

std::optional<PublishingAlone> publishing_alone(const Run& run) {
  if (!run.server || run.messages.published == 0) return std::nullopt;
  const auto published = static_cast<double>(run.messages.published);
  PublishingAlone alone;
  alone.duration_s = run.window.duration_s;
  alone.published = run.messages.published;
  alone.cpu_us_per_published = run.server->cpu_total_us / published;
  if (run.server->cpu_total_us >= kDividedCpuMinUs) {
    alone.cpu_user_us_per_published = run.server->cpu_user_us / published;
    alone.cpu_system_us_per_published = run.server->cpu_system_us / published;
  }
  alone.publish_time_us = run.publish_time_us;
  alone.schedule_lag_us = run.schedule_lag_us;
  alone.server = *run.server;
  return alone;
}

std::optional<double> publishing_share(const Result& result, const std::string& transport,
                                       const std::vector<const Run*>& runs) {
  const bool by_frames = result.configuration.publish_via == "native" && transport == "websocket";
  if (!result.publishing_alone || by_frames) return std::nullopt;
  double published = 0, delivered = 0;
  for (const Run* run : runs) {
    published += static_cast<double>(run->messages.published);
    delivered += static_cast<double>(run->window.delivered);
  }
  if (delivered == 0) return std::nullopt;
  return result.publishing_alone->cpu_us_per_published * published / delivered;  // us a message are ms a thousand
}

}  // namespace wirelab::lab
