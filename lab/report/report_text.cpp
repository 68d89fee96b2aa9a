#include "lab/report/report_text.hpp"

#include <fmt/format.h>

#include "lab/report/caption.hpp"
#include "lab/report/report_ahead.hpp"
#include "lab/report/report_link.hpp"
#include "lab/report/report_theory.hpp"
#include "lab/report/result_table.hpp"
#include "lab/report/troubles.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {
namespace {

constexpr int kLabelWidth = 44;
constexpr int kColumnWidth = 13;

std::string table(const Result& result) {
  std::string out = fmt::format("{:<{}}", "", kLabelWidth);
  for (const std::string& transport : measured_transports(result))
    out += fmt::format("{:>{}}", transport, kColumnWidth);
  out += '\n';
  for (const TableRow& row : result_table(result)) {
    const std::string label = std::string(2 * row.depth, ' ') + row.label;
    out += row.cells.empty() ? label : fmt::format("{:<{}}", label, kLabelWidth);
    for (const std::string& cell : row.cells) out += fmt::format("{:>{}}", cell, kColumnWidth);
    out += '\n';
  }
  return out;
}

/// Empty, or one line.
std::string baseline(const std::optional<PublishingAlone>& alone) {
  if (!alone) return "";
  return fmt::format("publishing alone: {} ms of server CPU per 1,000 published; {} in {:.1f} s\n",
                     significant(alone->cpu_us_per_published), plural(alone->published, "message"), alone->duration_s);
}

constexpr const char* kLegend =
    "Age: from when a message was due by the schedule until a subscriber had it, over all rounds; of all\n"
    "that was expected, the lost counting as older than what the run waited. Bytes: both directions,\n"
    "subscribers only. Server: in the window; user mode and kernel are an estimate. '-': not applicable,\n"
    "fewer than ten samples beyond, or too little time to be divided.\n";

constexpr const char* kIdleLegend =
    "Nothing was published: this is what waiting costs. Memory per idle subscriber: what the server grew\n"
    "by when all of them connected. The kernel's: what their connections are made of, and their buffers.\n"
    "'-': not applicable, or not known.\n";

}  // namespace

std::string report_text(const Result& result) {
  std::string out = caption(result.configuration, result) + '\n' + table(result) + baseline(result.publishing_alone) +
                    report_link(result) + '\n';
  for (const std::string& part : {report_theory(result), report_ahead(result)})
    if (!part.empty()) out += part + '\n';
  out += troubles(result) + verdicts(result) + reservations(result);
  return out + (nothing_published(result) ? kIdleLegend : kLegend);
}

}  // namespace wirelab::lab
