#include "lab/cli/cli_link.hpp"

#include "lab/cli/cli_options.hpp"
#include "lab/text/units.hpp"

namespace wirelab::lab {

void add_link_flags(CLI::App& app, LinkSettings& settings) {
  const std::string group = "Distance";
  link::Impairments& impairments = settings.impairments;
  const Parse<Nanos> time = parse_duration;
  CLI::Option* const rtt = add_parsed(app, "--rtt", "TIME", settings.round_trip, time,
                                      "An emulated link of this round trip to the subscribers [none]");
  rtt->group(group);
  const auto of_link = [&](CLI::Option* option) { return option->group(group)->needs(rtt); };
  of_link(add_parsed(app, "--jitter", "TIME", impairments.jitter, time, "One way varies by so much, up and down [0]"));
  of_link(app.add_flag("--reorder", impairments.reorder, "Jitter lets packets overtake each other"));
  of_link(add_parsed(app, "--loss", "SHARE", impairments.loss, Parse<double>(parse_share),
                     "Of the packets, each way, lost: 1% [0]"));
  CLI::Option* const bandwidth =
      of_link(add_parsed(app, "--bandwidth", "RATE", impairments.bandwidth_bits_per_second,
                         Parse<std::uint64_t>(parse_bandwidth), "Each way: 10mbit [unlimited]"));
  of_link(add_size(app, "--queue", impairments.queue_bytes, "Room before the bottleneck"))->needs(bandwidth);
  of_link(app.add_option("--drop-segment", impairments.drop_segments,
                         "Drop the n-th data segment to the subscribers; repeat it for more")
              ->type_name("N")
              ->allow_extra_args(false)
              ->take_all());
  of_link(
      add_parsed(app, "--cut-at", "TIME", impairments.cut_at, time, "After the first packet: nothing more arrives"));
  of_link(app.add_option("--pcap", settings.pcap_file, "Write the packets here; of several runs, one file each")
              ->type_name("FILE"));
}

}  // namespace wirelab::lab
