#include "lab/host/host_facts.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/own_temp.hpp"

namespace wirelab::lab {
namespace {

namespace fs = std::filesystem;

class Root : public testing::Test {
 protected:
  Root() : root_(tests::own_temp("host_facts")) { fs::remove_all(root_); }
  ~Root() override { fs::remove_all(root_); }

  void file(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
};

TEST_F(Root, FactsThatTheSystemDoesNotTellAreNull) {
  const HostFacts facts = read_host_facts(root_);
  EXPECT_FALSE(facts.cpu_model);
  EXPECT_FALSE(facts.frequency_governor);
  EXPECT_FALSE(facts.virtual_machine);
  EXPECT_FALSE(facts.container);
  EXPECT_FALSE(facts.tcp_congestion_control);
  EXPECT_FALSE(facts.somaxconn_connections);
  EXPECT_TRUE(facts.ip_local_port_range.empty());
  EXPECT_TRUE(facts.load_average_1_5_15_min.empty());
  EXPECT_GE(facts.cores, 1U);
  EXPECT_GT(facts.memory_bytes, 0U);
  EXPECT_GT(facts.open_descriptors_max, 0U);
  EXPECT_TRUE(facts.kernel.starts_with("Linux "));
}

TEST_F(Root, ReadsTheKernelsFiles) {
  file("proc/cpuinfo", "processor\t: 0\nmodel name\t: Abacus 9000\nflags\t\t: fpu hypervisor sse\n");
  file("proc/loadavg", "0.52 0.31 0.10 1/234 5678\n");
  file("proc/sys/net/core/somaxconn", "4096\n");
  file("proc/sys/net/ipv4/tcp_congestion_control", "bbr\n");
  file("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
  file("proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
  file("proc/sys/net/ipv4/tcp_wmem", "4096\t16384\t4194304\n");
  file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  file("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  file("sys/class/dmi/id/product_name", "Standard PC\n");
  file("etc/os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
  file(".dockerenv", "");
  const HostFacts facts = read_host_facts(root_);
  EXPECT_EQ(facts.cpu_model, "Abacus 9000");
  EXPECT_EQ(facts.load_average_1_5_15_min, (std::vector<double>{0.52, 0.31, 0.10}));
  EXPECT_EQ(facts.somaxconn_connections, 4096U);
  EXPECT_EQ(facts.tcp_congestion_control, "bbr");
  EXPECT_EQ(facts.ip_local_port_range, (std::vector<std::uint64_t>{32768, 60999}));
  EXPECT_EQ(facts.tcp_rmem_bytes, (std::vector<std::uint64_t>{4096, 131072, 6291456}));
  EXPECT_EQ(facts.tcp_wmem_bytes, (std::vector<std::uint64_t>{4096, 16384, 4194304}));
  EXPECT_EQ(facts.frequency_governor, "performance");
  EXPECT_EQ(facts.clock_source, "tsc");
  EXPECT_EQ(facts.virtual_machine, "hypervisor (Standard PC)");
  EXPECT_EQ(facts.container, "docker");
  EXPECT_EQ(facts.operating_system, "Debian GNU/Linux 12 (bookworm)");
}

TEST_F(Root, AMachineIsVirtualOnlyIfItsProcessorSaysSo) {
  file("proc/cpuinfo", "flags : fpu hypervisors sse\n");
  file("sys/class/dmi/id/product_name", "ThinkPad\n");
  EXPECT_FALSE(read_host_facts(root_).virtual_machine);
}

TEST(Versions, NameEverythingThatTookPart) {
  const auto all = versions();
  for (const char* name :
       {"wirelab", "build", "compiler", "libwebsockets", "libcurl", "libuv", "nlohmann_json", "fmt"}) {
    ASSERT_TRUE(all.contains(name)) << name;
    EXPECT_FALSE(all.at(name).empty()) << name;
  }
  EXPECT_FALSE(git_revision().empty());
}

}  // namespace
}  // namespace wirelab::lab
