#include "meter/process_tree.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>

namespace wirelab::meter {
namespace {

namespace fs = std::filesystem;

fs::path of(pid_t pid) { return fs::path("/proc") / std::to_string(pid); }

std::chrono::nanoseconds cpu_of(pid_t pid) {
  clockid_t clock{};
  timespec cpu{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &cpu) != 0)
    throw std::runtime_error("process " + std::to_string(pid) +
                             ": its processor time cannot be read; is it still there?");
  return std::chrono::seconds(cpu.tv_sec) + std::chrono::nanoseconds(cpu.tv_nsec);
}

std::chrono::nanoseconds from_ticks(std::uint64_t ticks) {
  return std::chrono::nanoseconds(std::chrono::seconds(1)) * static_cast<std::int64_t>(ticks) / sysconf(_SC_CLK_TCK);
}

/// proc_pid_stat(5): utime and stime are the 12th and 13th field after the name, which may have anything in it.
void add_divided_cpu(ProcessLoad& load, pid_t pid) {
  std::ifstream file(of(pid) / "stat");
  std::string line;
  std::getline(file, line);
  std::istringstream rest(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string skipped;
  for (int field = 0; field < 11; ++field) rest >> skipped;
  std::uint64_t user = 0, system = 0;
  rest >> user >> system;
  load.cpu_user += from_ticks(user);
  load.cpu_system += from_ticks(system);
}

/// "VmHWM:	    1234 kB" and the like (proc_pid_status(5)).
void add_status(ProcessLoad& load, const fs::path& status, bool memory) {
  std::ifstream file(status);
  for (std::string key; file >> key;) {
    std::uint64_t value = 0;
    if (key == "VmHWM:" && memory && file >> value) load.peak_resident_bytes += value * 1024;
    if (key == "VmRSS:" && memory && file >> value) load.resident_bytes += value * 1024;
    if (key == "voluntary_ctxt_switches:" && file >> value) load.voluntary_context_switches += value;
    if (key == "nonvoluntary_ctxt_switches:" && file >> value) load.involuntary_context_switches += value;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
}

/// The kernel counts switches by thread; memory belongs to them all.
void add_threads(ProcessLoad& load, pid_t pid) {
  add_status(load, of(pid) / "status", true);
  load.voluntary_context_switches = load.involuntary_context_switches = 0;
  std::error_code gone;
  for (const auto& task : fs::directory_iterator(of(pid) / "task", gone))
    add_status(load, task.path() / "status", false);
}

/// As in process_load.cpp: since Linux 6.2 the folder's size is the number of its entries.
std::uint64_t descriptors_of(pid_t pid) {
  const fs::path folder = of(pid) / "fd";
  struct stat info {};
  if (stat(folder.c_str(), &info) == 0 && info.st_size > 0) return static_cast<std::uint64_t>(info.st_size);
  std::error_code error;
  const auto entries = fs::directory_iterator(folder, error);
  if (error)
    throw std::runtime_error("process " + std::to_string(pid) + ": " + error.message() +
                             "; run this as the user it runs as, or as root");
  return static_cast<std::uint64_t>(std::distance(begin(entries), end(entries)));
}

ProcessLoad read_load_of(pid_t pid) {
  ProcessLoad load;
  load.cpu_total = cpu_of(pid);
  add_divided_cpu(load, pid);
  add_threads(load, pid);
  load.open_descriptors = descriptors_of(pid);
  return load;
}

}  // namespace

std::vector<pid_t> process_tree(pid_t pid) {
  if (!fs::exists(of(pid))) return {};
  std::vector<pid_t> tree = {pid};
  for (std::size_t i = 0; i < tree.size(); ++i) {  // it grows
    std::error_code gone;
    for (const auto& task : fs::directory_iterator(of(tree[i]) / "task", gone)) {
      std::ifstream children(task.path() / "children");
      for (pid_t child = 0; children >> child;) tree.push_back(child);
    }
  }
  return tree;
}

ProcessLoad read_tree_load(pid_t pid) {
  const std::vector<pid_t> tree = process_tree(pid);
  if (tree.empty()) throw std::runtime_error("there is no process " + std::to_string(pid) + " to measure");
  ProcessLoad sum;
  for (const pid_t one : tree) {
    const ProcessLoad load = read_load_of(one);
    sum.cpu_total += load.cpu_total;
    sum.cpu_user += load.cpu_user;
    sum.cpu_system += load.cpu_system;
    sum.resident_bytes += load.resident_bytes;
    sum.peak_resident_bytes += load.peak_resident_bytes;
    sum.voluntary_context_switches += load.voluntary_context_switches;
    sum.involuntary_context_switches += load.involuntary_context_switches;
    sum.open_descriptors += load.open_descriptors;
  }
  return sum;
}

}  // namespace wirelab::meter
