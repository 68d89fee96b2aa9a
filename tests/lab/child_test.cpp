#include "lab/process/child.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace wirelab::lab {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> shell(const std::string& script) { return {"/bin/sh", "-c", script}; }

TEST(Child, GivesItsOutputByLineThenTheRest) {
  Child child(shell("echo one; echo two; printf three"));
  EXPECT_EQ(child.read_line(30s), "one");
  EXPECT_EQ(child.read_all(30s), "two\nthree");
  EXPECT_EQ(child.wait(30s), 0);
}

TEST(Child, ALineThatNeverCameIsNone) {
  Child child(shell("printf unfinished"));
  EXPECT_EQ(child.read_line(30s), std::nullopt);
}

TEST(Child, TellsItsExitCode) {
  EXPECT_EQ(Child(shell("exit 3")).wait(30s), 3);
  EXPECT_EQ(Child(shell("kill -TERM $$")).wait(30s), 128 + SIGTERM);
  EXPECT_EQ(Child({"/does/not/exist"}).wait(30s), 127);
}

TEST(Child, TellsItsExitCodeAgain) {
  Child child(shell("exit 3"));
  EXPECT_EQ(child.wait(30s), 3);
  EXPECT_EQ(child.wait(0ms), 3);
  child.send_signal(SIGTERM);  // to nobody: the process is gone, and its id may be another's
}

TEST(Child, GivesUpInTimeAndTicksMeanwhile) {
  Child child(shell("exec sleep 1000"));
  int ticks = 0;
  EXPECT_EQ(child.wait(250ms, [&] { ++ticks; }), std::nullopt);
  EXPECT_GE(ticks, 1);
  EXPECT_EQ(child.read_line(10ms), std::nullopt);
  EXPECT_EQ(child.read_all(10ms), std::nullopt);
  child.send_signal(SIGINT);
  EXPECT_EQ(child.wait(30s), 128 + SIGINT);
}

TEST(Child, DiesWithItsObject) {
  pid_t pid = 0;
  {
    const Child child(shell("exec sleep 1000"));
    pid = child.pid();
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_NE(kill(pid, 0), 0);  // killed and reaped: not even a zombie
}

// A parent that is killed cannot clean up: the kernel does.
TEST(Child, DiesWithItsParent) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    Child child(shell("exec sleep 1000"));
    const pid_t pid = child.pid();
    [[maybe_unused]] const ssize_t written = write(ends[1], &pid, sizeof pid);
    pause();
  }
  pid_t orphan = 0;
  ASSERT_EQ(read(ends[0], &orphan, sizeof orphan), static_cast<ssize_t>(sizeof orphan));
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  for (int i = 0; i < 3'000 && kill(orphan, 0) == 0; ++i) {
    waitpid(orphan, nullptr, WNOHANG);  // ours, if this process is the reaper of orphans
    usleep(10'000);
  }
  EXPECT_NE(kill(orphan, 0), 0);
  close(ends[0]);
  close(ends[1]);
}

TEST(Child, HasAProcessGroupOfItsOwnSoThatCtrlCIsOurs) {
  Child child(shell("cut -d' ' -f5 /proc/$$/stat"));
  const auto group = child.read_line(30s);
  ASSERT_TRUE(group);
  EXPECT_EQ(std::stol(*group), child.pid());
}

TEST(Child, ReadsMoreThanAPipeHolds) {
  Child child(shell("i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done"));
  EXPECT_EQ(child.read_all(60s)->size(), 3'000U * 41);
}

}  // namespace
}  // namespace wirelab::lab
