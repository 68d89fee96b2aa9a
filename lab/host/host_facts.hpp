#pragma once
// What a figure depends on besides the protocol: the machine, its settings and the versions of everything that took
// part. Read from the kernel; a fact that this system does not tell is null, never guessed.
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/text/json_fields.hpp"

namespace wirelab::lab {

struct HostFacts {
  std::uint64_t cores = 0;  ///< online, whether this process may use them or not
  std::optional<std::string> cpu_model;
  std::string architecture;                       ///< x86_64
  std::optional<std::string> frequency_governor;  ///< of processor 0; null where the system does not scale, or hides it
  std::optional<std::string> virtual_machine;     ///< what kind, as far as it shows; null: no sign of one
  std::optional<std::string> container;
  std::uint64_t memory_bytes = 0;
  std::optional<std::string> operating_system;  ///< Debian GNU/Linux 12 (bookworm)
  std::string kernel;                           ///< Linux 6.1.0-13-amd64
  std::optional<std::string> clock_source;      ///< behind CLOCK_MONOTONIC
  std::vector<double> load_average_1_5_15_min;  ///< before the run
  std::uint64_t open_descriptors_max = 0;       ///< ulimit -n
  std::optional<std::string> tcp_congestion_control;
  std::optional<std::uint64_t> somaxconn_connections;
  std::vector<std::uint64_t> ip_local_port_range;  ///< first and last; empty when not told, as below
  std::vector<std::uint64_t> tcp_rmem_bytes;       ///< least, default, most
  std::vector<std::uint64_t> tcp_wmem_bytes;
};

/// `root` is where /proc, /sys and /etc are: the tests have their own.
HostFacts read_host_facts(const std::filesystem::path& root = "/");

/// Of wirelab, the libraries it runs with and the compiler that built it, by name; "build" says how.
std::map<std::string, std::string> versions();

/// The commit this binary was built from, with "-dirty" after it if the tree was changed; "unknown" without git.
std::string git_revision();

/// Why figures from this binary should not be compared with others: it was built without optimisation, or with
/// sanitizers. Nullopt for a release build.
std::optional<std::string> build_warning();

inline constexpr auto fields(Of<HostFacts>) {
  return std::tuple(Field{"cores", &HostFacts::cores},                                      //
                    Field{"cpu_model", &HostFacts::cpu_model},                              //
                    Field{"architecture", &HostFacts::architecture},                        //
                    Field{"frequency_governor", &HostFacts::frequency_governor},            //
                    Field{"virtual_machine", &HostFacts::virtual_machine},                  //
                    Field{"container", &HostFacts::container},                              //
                    Field{"memory_bytes", &HostFacts::memory_bytes},                        //
                    Field{"operating_system", &HostFacts::operating_system},                //
                    Field{"kernel", &HostFacts::kernel},                                    //
                    Field{"clock_source", &HostFacts::clock_source},                        //
                    Field{"load_average_1_5_15_min", &HostFacts::load_average_1_5_15_min},  //
                    Field{"open_descriptors_max", &HostFacts::open_descriptors_max},        //
                    Field{"tcp_congestion_control", &HostFacts::tcp_congestion_control},    //
                    Field{"somaxconn_connections", &HostFacts::somaxconn_connections},      //
                    Field{"ip_local_port_range", &HostFacts::ip_local_port_range},          //
                    Field{"tcp_rmem_bytes", &HostFacts::tcp_rmem_bytes},                    //
                    Field{"tcp_wmem_bytes", &HostFacts::tcp_wmem_bytes});
}

}  // namespace wirelab::lab
