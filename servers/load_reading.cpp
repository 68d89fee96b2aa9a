#include "servers/load_reading.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

namespace wirelab::servers {
namespace {

std::int64_t us(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}
double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

/// All of its digits: a stream prints six, and a counter of which only those are told grows in steps.
template <typename Value>
std::string exact(Value value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

class Exposition {
 public:
  Exposition& family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_ << "# HELP " << name << ' ' << help << "\n# TYPE " << name << ' ' << type << '\n';
    return *this;
  }
  template <typename Value>
  Exposition& sample(Value value, std::string_view labels = {}) {
    out_ << name_ << labels << ' ' << exact(value) << '\n';
    return *this;
  }
  std::string text() const { return out_.str(); }

 private:
  std::string name_;
  std::ostringstream out_;
};

}  // namespace

void add(LoadReading& to, const LoadReading& other) {
  to.host.connections_accepted += other.host.connections_accepted;
  to.host.connections_open += other.host.connections_open;
  to.host.requests += other.host.requests;
  to.host.bytes_in += other.host.bytes_in;
  to.host.bytes_out += other.host.bytes_out;
  to.host.pings += other.host.pings;
  to.host.timeouts += other.host.timeouts;
  to.host.socket_buffer_bytes += other.host.socket_buffer_bytes;
  to.host.buffered_bytes += other.host.buffered_bytes;
  to.host.kept_out.late += other.host.kept_out.late;
  to.host.kept_out.beyond += other.host.kept_out.beyond;
  to.host.kept_out.buffering += other.host.kept_out.buffering;
  to.reading_cpu += other.reading_cpu;
  to.messages_in += other.messages_in;
  to.messages_out += other.messages_out;
  for (std::size_t i = 0; i < to.parked.size(); ++i) to.parked[i] += other.parked[i];
}

std::string load_json(const LoadReading& reading) {
  const auto& process = reading.process;
  nlohmann::json load = {
      {"cpu_total_us", us(process.cpu_total)},
      {"cpu_user_us", us(process.cpu_user)},
      {"cpu_system_us", us(process.cpu_system)},
      {"reading_cpu_us", us(reading.reading_cpu)},
      {"resident_bytes", process.resident_bytes},
      {"peak_resident_bytes", process.peak_resident_bytes},
      {"voluntary_context_switches", process.voluntary_context_switches},
      {"involuntary_context_switches", process.involuntary_context_switches},
      {"open_descriptors", process.open_descriptors},
      {"connections_open", reading.host.connections_open},
      {"connections_accepted", reading.host.connections_accepted},
      {"requests", reading.host.requests},
      {"messages_in", reading.messages_in},
      {"messages_out", reading.messages_out},
      {"messages_kept", reading.messages_kept},
      {"bytes_kept", reading.bytes_kept},
      {"channels", reading.channels},
      {"bytes_in", reading.host.bytes_in},
      {"bytes_out", reading.host.bytes_out},
      {"pings", reading.host.pings},
      {"timeouts", reading.host.timeouts},
      {"late_requests", reading.host.kept_out.late},
      {"connections_refused", reading.host.kept_out.beyond},
      {"slow_peers_cut", reading.host.kept_out.buffering},
      {"buffered_bytes", reading.host.buffered_bytes},
      {"memory_bound_bytes", reading.memory_bound_bytes},
      {"socket_buffer_bytes", reading.host.socket_buffer_bytes},
      {"parked", std::accumulate(reading.parked.begin(), reading.parked.end(), std::uint64_t{0})},
  };
  load["connection_structures_bytes"] = nullptr;
  if (reading.connection_structures_bytes) load["connection_structures_bytes"] = *reading.connection_structures_bytes;
  return load.dump();
}

std::string metrics_text(const LoadReading& reading) {
  const auto& process = reading.process;
  Exposition out;
  out.family("process_cpu_seconds_total", "counter", "User and system CPU time spent.")
      .sample(seconds(process.cpu_total));
  out.family("process_resident_memory_bytes", "gauge", "Resident memory.").sample(process.resident_bytes);
  out.family("process_open_fds", "gauge", "Open file descriptors.").sample(process.open_descriptors);
  out.family("wirelab_cpu_seconds_total", "counter", "CPU time spent, as the kernel divides it.")
      .sample(seconds(process.cpu_user), R"({mode="user"})")
      .sample(seconds(process.cpu_system), R"({mode="system"})");
  out.family("wirelab_peak_resident_memory_bytes", "gauge", "Highest resident memory so far.")
      .sample(process.peak_resident_bytes);
  out.family("wirelab_context_switches_total", "counter", "Context switches.")
      .sample(process.voluntary_context_switches, R"({kind="voluntary"})")
      .sample(process.involuntary_context_switches, R"({kind="involuntary"})");
  out.family("wirelab_connections_accepted_total", "counter", "TCP connections accepted.")
      .sample(reading.host.connections_accepted);
  out.family("wirelab_connections_open", "gauge", "TCP connections open.").sample(reading.host.connections_open);
  out.family("wirelab_requests_total", "counter", "HTTP requests, upgrades included.").sample(reading.host.requests);
  out.family("wirelab_received_bytes_total", "counter", "Bytes read above TCP.").sample(reading.host.bytes_in);
  out.family("wirelab_sent_bytes_total", "counter", "Bytes written above TCP.").sample(reading.host.bytes_out);
  out.family("wirelab_pings_total", "counter", "WebSockets that were pinged because they said nothing.")
      .sample(reading.host.pings);
  out.family("wirelab_timeouts_total", "counter", "Connections closed because their peer was silent.")
      .sample(reading.host.timeouts);
  out.family("wirelab_late_requests_total", "counter", "Requests that were not complete in time.")
      .sample(reading.host.kept_out.late);
  out.family("wirelab_connections_refused_total", "counter", "Connections beyond the limit.")
      .sample(reading.host.kept_out.beyond);
  out.family("wirelab_slow_peers_cut_total", "counter", "Connections cut off because too much waited for slow peers.")
      .sample(reading.host.kept_out.buffering);
  out.family("wirelab_buffered_bytes", "gauge", "What waits in the process for slow peers.")
      .sample(reading.host.buffered_bytes);
  out.family("wirelab_memory_bound_bytes", "gauge", "What resident memory stays below, by the limits.")
      .sample(reading.memory_bound_bytes);
  out.family("wirelab_socket_buffer_bytes", "gauge", "Kernel memory in the queues of the open connections.")
      .sample(reading.host.socket_buffer_bytes);
  if (reading.connection_structures_bytes)
    out.family("wirelab_connection_structures_bytes", "gauge", "Kernel memory that one connection is made of.")
        .sample(*reading.connection_structures_bytes);
  out.family("wirelab_messages_published_total", "counter", "Messages stored.").sample(reading.messages_in);
  out.family("wirelab_messages_delivered_total", "counter", "Deliveries: a message to N subscribers counts N times.")
      .sample(reading.messages_out);
  out.family("wirelab_messages_kept", "gauge", "Messages in the store.").sample(reading.messages_kept);
  out.family("wirelab_kept_bytes", "gauge", "Bytes in the store, as encoded.").sample(reading.bytes_kept);
  out.family("wirelab_channels", "gauge", "Channels that were published on.").sample(reading.channels);
  out.family("wirelab_subscribers_waiting", "gauge", "Subscribers that wait for news, by transport.");
  for (const auto transport : messages::kTransports)
    out.sample(reading.parked[static_cast<std::size_t>(transport)],
               "{transport=\"" + std::string(messages::name(transport)) + "\"}");
  return out.text();
}

}  // namespace wirelab::servers
