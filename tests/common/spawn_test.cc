#include "common/spawn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace fastchat {
namespace {

// Runs the program and returns its output. Puts its exit status into `status`.
std::string output_of(Spawn what, int* status = nullptr) {
  int ends[2];
  EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
  what.out = ends[1];
  const Result<pid_t> pid = spawn(what);
  close(ends[1]);
  std::string out;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  EXPECT_TRUE(pid.ok());
  int ended = 0;
  if (pid.ok()) {
    EXPECT_EQ(waitpid(*pid, &ended, 0), *pid);
  }
  if (status != nullptr) *status = ended;
  return out;
}

Spawn shell(const std::string& script) {
  return {.program = "sh", .arguments = {"sh", "-c", script}};
}

TEST(Spawn, FindsAProgramAndGivesItItsArgumentsAsTheyAre) {
  EXPECT_EQ(output_of({.program = "printf", .arguments = {"printf", "%s|", "a b", "$HOME", "*"}}), "a b|$HOME|*|");
  EXPECT_EQ(output_of({.program = "/bin/echo", .arguments = {"another name"}}), "\n");
}

TEST(Spawn, InputIsWhatWasGivenOrNothing) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(write(ends[1], "hello", 5), 5);
  close(ends[1]);
  EXPECT_EQ(output_of({.program = "cat", .arguments = {"cat"}, .in = ends[0]}), "hello");
  close(ends[0]);
  EXPECT_EQ(output_of({.program = "cat", .arguments = {"cat"}}), "");
}

TEST(Spawn, HasOurVariablesOrNone) {
  setenv("FASTCHAT_SPAWN_TEST", "here", 1);
  Spawn what = {.program = "env", .arguments = {"env"}};
  EXPECT_NE(output_of(what).find("FASTCHAT_SPAWN_TEST=here"), std::string::npos);
  what.with_environment = false;
  EXPECT_EQ(output_of(what), "");
  unsetenv("FASTCHAT_SPAWN_TEST");
}

TEST(Spawn, StandsAloneAndTakesSignalsAsUsual) {
  std::signal(SIGTERM, SIG_IGN);
  sigset_t all, before;
  sigfillset(&all);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &all, &before), 0);
  int status = 0;
  const std::string out = output_of(shell("cut -d' ' -f6 /proc/$$/stat; echo $$; echo gone >&2; kill $$"), &status);
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
  std::signal(SIGTERM, SIG_DFL);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
  const std::string session = out.substr(0, out.find('\n') + 1);
  EXPECT_EQ(out, session + session) << "the number of its session is its own";
}

TEST(Spawn, SaysWhyItCannot) {
  const auto failed = spawn({.program = "/nowhere/at/all", .arguments = {"x"}});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().text, "No such file or directory");
}

}  // namespace
}  // namespace fastchat
