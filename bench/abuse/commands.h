// The runner's commands: lines on standard input, read without waiting. One thread.
#pragma once

#include <optional>
#include <string>

namespace fastchat::bench::abuse {

class Commands {
 public:
  // Makes standard input non-blocking.
  Commands();

  // Returns the next whole line; nullopt when none has come yet; "end" for ever once the input has ended.
  std::optional<std::string> next();

 private:
  std::string buffer_;
  bool ended_ = false;
};

// Sends one line to the runner, at once.
void say(const std::string& line);

}  // namespace fastchat::bench::abuse
