#include "lab/result/diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lab/result/intervals.hpp"
#include "lab/result/summary.hpp"

namespace wirelab::lab {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance(const std::vector<double>& values) {
  const double middle = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - middle) * (value - middle);
  return sum / static_cast<double>(values.size() - 1);
}

/// The continued fraction of the incomplete beta function (DLMF 8.17.22, by Lentz's method).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto away_from_nought = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1, d = 1 / away_from_nought(1 - (a + b) * x / (a + 1)), result = d;
  for (int m = 1; m <= 300; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    for (const double term : {even, odd}) {
      d = 1 / away_from_nought(1 + term * d);
      c = away_from_nought(1 + term / c);
      result *= d * c;
    }
    if (std::abs(d * c - 1) < 1e-14) break;
  }
  return result;
}

/// I_x(a, b), the regularised incomplete beta function.
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/// A figure of each run by itself. Logarithms: what noise does to a time or a cost, it does by factors.
std::vector<double> logarithms(const std::vector<const Run*>& runs, const Figure& figure) {
  std::vector<double> values;
  for (const Run* run : runs)
    if (const auto value = figure.value(pool({run})); value && *value > 0) values.push_back(std::log(*value));
  return values;
}

void compare_runs(const std::string& transport, const std::vector<const Run*>& before,
                  const std::vector<const Run*>& after, std::vector<Change>& changes) {
  const Summary summary_before = pool(before), summary_after = pool(after);
  const auto intervals_before = intervals(before), intervals_after = intervals(after);
  for (std::size_t i = 0; i < figures().size(); ++i) {
    const Figure& figure = figures()[i];
    const auto was = figure.value(summary_before), is = figure.value(summary_after);
    if (!was || !is) continue;
    Change& change =
        changes.emplace_back(Change{transport, &figure, *was, *is, intervals_before[i], intervals_after[i]});
    change.p_value = welch_p_value(logarithms(before, figure), logarithms(after, figure));
  }
}

bool separate(const Change& change) {
  return change.before_interval && change.after_interval && !overlap(*change.before_interval, *change.after_interval);
}

bool large(const Change& change) {
  const double greater = std::max(std::abs(change.before), std::abs(change.after));
  return greater > 0 && std::abs(change.after - change.before) >= kEffectMin * greater;
}

/// S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6, 1979.
void decide(std::vector<Change>& changes) {
  std::vector<Change*> by_p;
  for (Change& change : changes) by_p.push_back(&change);
  std::sort(by_p.begin(), by_p.end(), [](const Change* a, const Change* b) { return a->p_value < b->p_value; });
  for (std::size_t i = 0; i < by_p.size(); ++i) {
    if (by_p[i]->p_value > kErrorRate / static_cast<double>(by_p.size() - i)) break;
    by_p[i]->changed = separate(*by_p[i]) && large(*by_p[i]);
  }
}

template <typename Value>
void note_difference(std::vector<std::string>& lines, std::string_view what, const Value& before, const Value& after) {
  if (before != after) lines.push_back(fmt::format("{}: {} before, {} after", what, before, after));
}

std::string shown(double value, const Figure& figure) { return fmt::format("{:.4g}", value / figure.shown_per_unit); }

std::string shown(const std::optional<Interval>& interval, const Figure& figure) {
  if (!interval) return "";
  return fmt::format(" [{}, {}]", shown(interval->low, figure), shown(interval->high, figure));
}

std::string line_of(const Change& change) {
  const Figure& figure = *change.figure;
  const std::string factor = change.before == 0 ? "" : fmt::format("  x{:.3g}", change.ratio());
  return fmt::format("  {:<12} {:<36} {}{} -> {}{}{}\n", change.transport, figure.title, shown(change.before, figure),
                     shown(change.before_interval, figure), shown(change.after, figure),
                     shown(change.after_interval, figure), factor);
}

}  // namespace

double welch_p_value(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() < 2 || b.size() < 2) return 1;
  const double va = variance(a) / static_cast<double>(a.size()), vb = variance(b) / static_cast<double>(b.size());
  const double difference = std::abs(mean(a) - mean(b));
  if (va + vb == 0) return difference == 0 ? 1 : 0;
  const double t = difference / std::sqrt(va + vb);
  const double freedom = (va + vb) * (va + vb) /
                         (va * va / static_cast<double>(a.size() - 1) + vb * vb / static_cast<double>(b.size() - 1));
  return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

std::vector<Change> compare_results(const Result& before, const Result& after) {
  const auto runs_before = runs_by_transport(before), runs_after = runs_by_transport(after);
  std::vector<Change> changes;
  for (const std::string& transport : before.configuration.transports) {
    const auto was = runs_before.find(transport), is = runs_after.find(transport);
    if (was == runs_before.end() || is == runs_after.end()) continue;
    compare_runs(transport, was->second, is->second, changes);
  }
  decide(changes);
  return changes;
}

std::vector<std::string> differences_in_setting(const Result& before, const Result& after) {
  std::vector<std::string> lines;
  const Configuration &a = before.configuration, &b = after.configuration;
  note_difference(lines, "server program", a.server_program.value_or("wirelab's own"),
                  b.server_program.value_or("wirelab's own"));
  const auto link_of = [](const Configuration& c) { return c.link ? link_words(*c.link) : std::string("none"); };
  note_difference(lines, "link", link_of(a), link_of(b));
  note_difference(lines, "subscribers", a.subscribers, b.subscribers);
  note_difference(lines, "channels", a.channels, b.channels);
  note_difference(lines, "rate per second", a.rate_per_second, b.rate_per_second);
  note_difference(lines, "arrivals", a.arrivals, b.arrivals);
  note_difference(lines, "payload bytes", a.payload_bytes, b.payload_bytes);
  note_difference(lines, "poll interval ms", a.poll_interval_ms, b.poll_interval_ms);
  note_difference(lines, "poll timer", a.poll_timer, b.poll_timer);
  note_difference(lines, "long polls on new connections", a.long_poll_reconnects, b.long_poll_reconnects);
  note_difference(lines, "duration ms", a.duration_ms, b.duration_ms);
  note_difference(lines, "rounds", a.rounds, b.rounds);
  note_difference(lines, "git revision", before.git_revision, after.git_revision);
  for (const auto& [library, version] : before.versions)
    if (const auto other = after.versions.find(library); other != after.versions.end())
      note_difference(lines, library, version, other->second);
  return lines;
}

std::string diff_text(const Result& before, const Result& after) {
  std::string out;
  for (const std::string& line : differences_in_setting(before, after)) out += "differs: " + line + "\n";
  const auto changes = compare_results(before, after);
  const auto changed = std::count_if(changes.begin(), changes.end(), [](const Change& c) { return c.changed; });
  if (changes.empty()) return out + "Nothing to compare: the two results have no transport in common.\n";
  out += changed == 0 ? fmt::format("No change beyond noise in {} figures.\n", changes.size())
                      : fmt::format("{} of {} figures changed:\n", changed, changes.size());
  for (const Change& change : changes)
    if (change.changed) out += line_of(change);
  return out;
}

}  // namespace wirelab::lab
