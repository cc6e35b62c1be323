#include "bench/abuse/commands.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace fastchat::bench::abuse {

Commands::Commands() {
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
}

std::optional<std::string> Commands::next() {
  char bytes[512];
  while (!ended_) {
    const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (got <= 0) {
      ended_ = true;
    } else {
      buffer_.append(bytes, static_cast<size_t>(got));
    }
  }
  if (const size_t end = buffer_.find('\n'); end != std::string::npos) {
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return line;
  }
  if (ended_) return "end";
  return std::nullopt;
}

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace fastchat::bench::abuse
