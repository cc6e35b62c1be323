#include "client/rpc/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace fastchat::rpc {

FolderWatch::FolderWatch(const std::string& directory) : fd_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (fd_.get() >= 0) inotify_add_watch(fd_.get(), directory.c_str(), IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR);
}

void FolderWatch::wait(int64_t most_ms) {
  pollfd one{fd_.get(), POLLIN, 0};
  if (poll(&one, 1, static_cast<int>(most_ms)) <= 0) return;
  char events[4096];
  while (read(fd_.get(), events, sizeof events) > 0) {
  }
}

}  // namespace fastchat::rpc
