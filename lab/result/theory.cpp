#include "lab/result/theory.hpp"

#include <fmt/format.h>

#include <cmath>

#include "clients/generator.hpp"
#include "lab/result/own_exchange.hpp"
#include "link/link.hpp"
#include "messages/transport.hpp"

namespace wirelab::lab {
namespace {

using messages::Transport;
using model::Seconds;

Seconds from_ms(double milliseconds) { return Seconds(milliseconds / 1e3); }
double to_us(Seconds time) { return time.count() * 1e6; }

/// Closed forms know of distance, not of what else a link may do.
bool delays_only(const LinkConfiguration& link) {
  return link.jitter_ms == 0 && link.loss_share == 0 && !link.bandwidth_bits_per_second && link.drop_segments.empty() &&
         !link.cut_at_ms;
}

model::Arrivals arrivals_of(const Configuration& c) {
  if (c.arrivals == "burst") return model::Arrivals::burst;
  return c.arrivals == "poisson" ? model::Arrivals::poisson : model::Arrivals::constant;
}

/// What TLS 1.3 adds to a request, an answer or a frame: header, type of the content, tag (RFC 8446 §5.2).
constexpr double kRecordBytes = 5 + 1 + 16;

constexpr double kBurst = clients::kBurstMessages;

/// On loopback it is not: a burst takes longer to be published than a long poll to come back.
bool is_deaf_once_a_burst(const Configuration& c) {
  const double deaf_ms = c.link ? c.link->rtt_ms * (c.long_poll_reconnects ? 2 : 1) : 0;
  return deaf_ms > 0 && deaf_ms < kBurst / c.rate_per_second * 1e3;
}

bool has_theory(const Configuration& c, Transport transport) {
  if (c.link && !delays_only(*c.link)) return false;
  if (transport == Transport::long_poll && c.hold_s <= 0) return false;
  if (c.replay || c.rate_per_second <= 0 || c.subscribers == 0 || c.poll_interval_ms <= 0) return false;
  if (c.arrivals == "burst" && c.channels > 1) return false;  // dealt out, they are none
  if (c.arrivals == "burst" && transport == Transport::long_poll && !is_deaf_once_a_burst(c)) return false;
  const double published_s = static_cast<double>(c.messages_max) / c.rate_per_second;
  return c.messages_max == 0 || published_s * 1e3 >= 0.99 * (c.warm_up_ms + c.duration_ms);
}

std::string first_channel(const Configuration& c) {
  clients::LoadPlan plan;
  plan.channels = c.channels;
  return clients::channel_of(plan, 0);
}

model::Situation situation_of(const Configuration& c, Transport transport) {
  model::Situation s;
  s.messages_per_second = c.rate_per_second / static_cast<double>(c.channels);
  s.arrivals = arrivals_of(c);
  s.burst_messages = kBurst;
  // 0 on loopback: what is measured beyond theory is the processing.
  s.round_trip = from_ms(c.link ? c.link->rtt_ms : 0);
  s.poll_interval = from_ms(c.poll_interval_ms);
  s.fixed_delay = c.poll_timer == "fixed-delay";
  s.hold = Seconds(c.hold_s);
  s.long_poll_reconnects = c.long_poll_reconnects;
  s.tls_round_trips = c.tls ? 1 : 0;  // 1.3, which our servers and clients agree on
  OwnExchange exchange;
  exchange.channel = first_channel(c);
  exchange.hold_s = fmt::format("{:.0f}", c.hold_s);
  exchange.payload_bytes = c.payload_bytes;
  if (c.link) exchange.authority = std::string(link::kServerAddress) + ":40000";
  exchange.published_first = s.messages_per_second * c.warm_up_ms / 1e3;
  exchange.published_last = exchange.published_first + s.messages_per_second * c.duration_ms / 1e3;
  if (const auto* headers = messages::find_header_set(c.headers)) exchange.headers = headers;
  set_sizes(s, transport, exchange);
  return s;
}

}  // namespace

std::optional<model::Prediction> prediction(const Configuration& configuration, const std::string& transport_name) {
  const auto transport = messages::parse_transport(transport_name);
  if (!transport || !has_theory(configuration, *transport)) return std::nullopt;
  return model::predict(*transport, situation_of(configuration, *transport));
}

std::optional<Predicted> predicted(const Configuration& configuration, const std::string& transport) {
  const auto known = prediction(configuration, transport);
  if (!known) return std::nullopt;
  const model::Prediction& p = *known;
  // How long a handshake is depends on the certificate, of which theory knows nothing.
  if (configuration.tls && p.connections_per_second > 0) return std::nullopt;
  const bool asks = p.requests_per_second > 0;
  const double messages_per_second = configuration.rate_per_second / static_cast<double>(configuration.channels);
  Predicted of;
  of.round_trip_us = configuration.link ? configuration.link->rtt_ms * 1e3 : 0;
  of.age_mean_us = to_us(p.age.mean());
  of.age_p50_us = to_us(p.age.percentile(50));
  of.age_p99_us = to_us(p.age.percentile(99));
  of.age_max_us = to_us(p.age.max());
  of.age_transit_us = to_us(p.age.transit);
  of.age_wait_min_us = to_us(p.age.wait_min);
  of.age_wait_us = to_us(p.age.wait);
  of.age_waiting_share = p.age.waiting_share;
  of.requests_per_delivered = p.requests_per_second / messages_per_second;
  of.connections_per_delivered = p.connections_per_second / messages_per_second;
  if (asks) of.empty_share = p.empty_share;
  of.application_total_bytes_both_per_delivered = p.application_bytes;
  of.wire_total_bytes_both_per_delivered = p.wire_bytes;
  if (configuration.tls)
    of.wire_total_bytes_both_per_delivered += kRecordBytes * (asks ? 2 * of.requests_per_delivered : 1);
  return of;
}

const std::vector<TheoryFigure>& theory_figures() {
  using P = Predicted;
  static const std::vector<TheoryFigure> all = {
      {"mean", &P::age_mean_us},
      {"p50", &P::age_p50_us},
      {"p99", &P::age_p99_us},
      {"requests", &P::requests_per_delivered},
      {"connections", &P::connections_per_delivered},
      {"bytes", &P::application_total_bytes_both_per_delivered},
      {"wire_bytes", &P::wire_total_bytes_both_per_delivered},
  };
  return all;
}

void add_theory(const Configuration& configuration, std::map<std::string, Summary>& summaries) {
  for (auto& [transport, summary] : summaries) summary.predicted = predicted(configuration, transport);
}

}  // namespace wirelab::lab
