#include "lab/report/report_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "lab/report/caption.hpp"
#include "lab/report/in_words.hpp"
#include "lab/report/report_ahead.hpp"
#include "lab/report/report_text.hpp"
#include "lab/report/result_table.hpp"
#include "lab/report/troubles.hpp"
#include "lab/result/figures.hpp"
#include "lab/result/verdict.hpp"
#include "lab/text/document.hpp"
#include "lab/text/number_text.hpp"

namespace wirelab::lab {
namespace {

// -- HTML ----------------------------------------------------------------------------------------------------------

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  return out;
}

std::string element(const char* tag, std::string_view text) {
  return fmt::format("<{0}>{1}</{0}>\n", tag, escaped(text));
}

/// RFC 2397, with what RFC 3986 lets stand as it is, and what every browser does besides.
std::string as_data_uri(std::string_view svg) {
  std::string out = "data:image/svg+xml,";
  for (const char c : svg) {
    const bool stands =
        std::string_view("\"#%<>\n\r\t&?[]{}|\\^`'").find(c) == std::string_view::npos && (c & 0x80) == 0;
    if (stands)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --faint: #d9d9d9; --grey: #5a5a5a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #16181b; --faint: #3a3d42; --grey: #a8a8a8; } }
body { margin: 0 auto; padding: 1.2rem; max-width: 60rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.caption, figcaption { color: var(--grey); font-size: .85rem; white-space: pre-line; }
.verdicts { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; list-style: none; }
.verdicts li { border-left: .5rem solid; padding: .2rem .7rem; background: color-mix(in srgb, currentColor 6%, transparent); }
.verdicts b, .verdicts span { color: var(--ink); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .12rem .7rem; text-align: right; white-space: nowrap; }
th[scope=row], th[scope=rowgroup] { text-align: left; font-weight: normal; position: sticky; left: 0; background: var(--paper); }
th[scope=rowgroup] { font-weight: 600; padding-top: .7rem; } thead th { border-bottom: .2rem solid; }
thead th span { color: var(--ink); } tbody tr:hover td { background: color-mix(in srgb, var(--ink) 6%, transparent); }
.depth1 { padding-left: 1.5rem; } .depth2 { padding-left: 2.5rem; color: var(--grey); }
figure { margin: 1.5rem 0; } figure img { width: 100%; background: #fff; border-radius: .3rem; }
pre { overflow-x: auto; white-space: pre-wrap; font-size: .78rem; line-height: 1.35; }
details pre { white-space: pre; }
.notes { padding-left: 1.2rem; font-size: .85rem; } .notes li { margin: .15rem 0; }
@media (max-width: 40rem) { table { font-size: .76rem; } th[scope=row] { white-space: normal; min-width: 6.2rem; } th, td { padding: .12rem .22rem; } .depth1 { padding-left: .5rem; } .depth2 { padding-left: .9rem; } }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --faint: #ccc; --grey: #444; } body { padding: 0; max-width: none; font-size: 10pt; } table { font-size: 7.5pt; } th[scope=row] { white-space: normal; }
 .scroll { overflow: visible; } th, td { padding: .05rem .35rem; } figure, tr, .notes li { break-inside: avoid; } h2 { break-after: avoid; } figure { margin: .8rem 0; } figure img { width: auto; max-width: 100%; max-height: 10cm; } details { display: none; } }
)";

// -- its parts -----------------------------------------------------------------------------------------------------

/// As every chart has them (scripts/chart_style.py).
const std::string& colour_of(const std::string& transport) {
  static const std::map<std::string, std::string> all = {
      {"short-poll", "#D55E00"}, {"keep-alive", "#E69F00"}, {"long-poll", "#009E73"}, {"websocket", "#0072B2"}};
  return all.at(transport);
}

std::string verdict_list(const Result& result) {
  std::string out = "<ul class=\"verdicts\">\n";
  for (const std::string& transport : measured_transports(result))
    out += fmt::format("<li style=\"color:{}\"><b>{}</b> <span>{}</span></li>\n", colour_of(transport), transport,
                       name(result.summary.at(transport).verdict));
  return out + "</ul>\n";
}

std::string lines_in_detail(const std::string& text) {
  return text.empty() ? "" : fmt::format("<pre>{}</pre>\n", escaped(text));
}

/// A terminal's lines, as a list that breaks where the page does: one that is indented goes on with the one before it,
/// by two if it says why.
std::string notes(const std::string& text) {
  constexpr std::size_t kReasonIndent = 2;
  std::vector<std::string> items;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (indent == 0 || items.empty())
      items.push_back(line.substr(indent));
    else
      items.back() += (indent == kReasonIndent ? "; " : " ") + line.substr(indent);
  }
  std::string out;
  for (const std::string& item : items) out += element("li", item);
  return out.empty() ? "" : "<ul class=\"notes\">\n" + out + "</ul>\n";
}

std::string html_table(const Result& result) {
  const auto transports = measured_transports(result);
  std::string out = "<div class=\"scroll\" tabindex=\"0\">\n<table>\n<thead><tr><td></td>";
  for (const std::string& transport : transports)
    out += fmt::format("<th scope=\"col\" style=\"border-color:{}\">{}</th>", colour_of(transport), transport);
  out += "</tr></thead>\n<tbody>\n";
  for (const TableRow& row : result_table(result)) {
    if (row.cells.empty()) {
      out += fmt::format("<tr><th scope=\"rowgroup\" colspan=\"{}\">{}</th></tr>\n", transports.size() + 1,
                         escaped(row.label));
      continue;
    }
    out += fmt::format("<tr><th scope=\"row\" class=\"depth{}\">{}</th>", row.depth, escaped(row.label));
    for (const std::string& cell : row.cells) out += fmt::format("<td>{}</td>", escaped(cell));
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n</div>\n";
}

std::string ranking_list(const Result& result) {
  const auto standings = who_is_ahead(result);
  if (standings.empty()) return "";
  std::string out = "<h2>Who is ahead, where the rounds can tell</h2>\n<ul>\n";
  for (const Standing& standing : standings)
    out += fmt::format("<li><b>{}</b>: {}</li>\n", escaped(standing.subject), escaped(standing.order));
  return out + "</ul>\n";
}

std::string figures_of(const std::vector<PageChart>& charts) {
  std::string out = charts.empty() ? "" : "<h2>Charts</h2>\n";
  for (const PageChart& chart : charts)
    out += fmt::format("<figure>\n<img alt=\"{}\" src=\"{}\">\n<figcaption>{}</figcaption>\n</figure>\n",
                       escaped(chart.alternative), as_data_uri(chart.svg), escaped(chart.alternative));
  return out;
}

std::string command_line(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// -- what charts show, in words ------------------------------------------------------------------------------------

/// "short-poll 127, keep-alive 126"
std::string all_of(const Result& result, const char* figure) {
  const Figure& of = *find_figure(figure);
  std::string out;
  for (const std::string& transport : measured_transports(result))
    if (const auto value = of.value(result.summary.at(transport)))
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", transport, significant(*value / of.shown_per_unit));
  return out;
}

struct KnownChart {
  const char *file, *shows;
  std::vector<const char*> figures;
};

const std::vector<KnownChart>& known_charts() {
  static const std::vector<KnownChart> all = {
      {"age-distribution.svg", "Share of the deliveries by their age", {"mean"}},
      {"age-percentiles.svg", "Percentiles of the age", {"p50", "p99"}},
      {"age-over-time.svg", "Age over the time of the runs", {"max"}},
      {"age-heat.svg", "How many were how old, over the time of the runs", {"p50", "p99"}},
      {"bytes.svg", "Bytes by their part", {"bytes", "wire_bytes"}},
      {"server.svg", "The server's processor time and requests", {"server_cpu", "requests"}},
      {"idle.svg", "What a subscriber costs that waits", {"idle_cpu", "idle_bytes", "idle_memory"}}};
  return all;
}

std::string alternative_of(const KnownChart& chart, const Result& result) {
  std::string out = chart.shows;
  for (const char* figure : chart.figures)
    if (const std::string values = all_of(result, figure); !values.empty())
      out += fmt::format(". {}: {}", find_figure(figure)->title, values);
  return out + '.';
}

}  // namespace

std::vector<PageChart> charts_in(const std::filesystem::path& folder, const Result& result) {
  std::vector<PageChart> found;
  for (const KnownChart& chart : known_charts())
    if (const auto file = folder / chart.file; std::filesystem::exists(file))
      found.push_back({alternative_of(chart, result), read_document(file)});
  return found;
}

std::string report_page(const Result& result, const std::vector<PageChart>& charts) {
  const std::string title = listed(measured_transports(result));
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += fmt::format("<title>wirelab: {}</title>\n<style>{}</style>\n</head>\n<body>\n<h1>{}</h1>\n", title, kStyle,
                     title);
  out += fmt::format("<p class=\"caption\">{}</p>\n", escaped(caption(result.configuration, result)));
  out += verdict_list(result);
  out += notes(troubles(result) + verdicts(result) + reservations(result));
  out += "<h2>In words</h2>\n";
  for (const std::string& paragraph : in_words(result)) out += element("p", paragraph);
  out += ranking_list(result) + figures_of(charts) + "<h2>Every figure</h2>\n" + html_table(result);
  out += "<h2>To measure it again</h2>\n" + lines_in_detail(command_line(result.command));
  out += "<details>\n<summary>The report as text, with theory and intervals</summary>\n" +
         lines_in_detail(report_text(result)) + "</details>\n";
  return out + "</body>\n</html>\n";
}

}  // namespace wirelab::lab
