#include "common/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace fastchat {
namespace {

void put_descriptor(posix_spawn_file_actions_t& files, int from, int as, int mode) {
  if (from >= 0) {
    posix_spawn_file_actions_adddup2(&files, from, as);
  } else {
    posix_spawn_file_actions_addopen(&files, as, "/dev/null", mode, 0);
  }
}

}  // namespace

Result<pid_t> spawn(const Spawn& what) {
  std::vector<char*> argv;
  for (const std::string& argument : what.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  char* none_of_ours[] = {nullptr};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  put_descriptor(files, what.in, STDIN_FILENO, O_RDONLY);
  put_descriptor(files, what.out, STDOUT_FILENO, O_WRONLY);
  put_descriptor(files, -1, STDERR_FILENO, O_WRONLY);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, what.program.c_str(), &files, &attributes, argv.data(),
                                  what.with_environment ? environ : none_of_ours);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) return err(Code::kLocalUsage, std::strerror(failed));
  return pid;
}

}  // namespace fastchat
