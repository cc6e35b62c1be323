// The runner's next command: lines on standard input, read without waiting. One thread.
#pragma once

#include <optional>
#include <string>

namespace fastchat::bench::abuse {

class Commands {
 public:
  // Standard input does not block from now on.
  Commands();

  // The next whole line; nothing yet; or, once the input has ended, "end" for ever.
  std::optional<std::string> next();

 private:
  std::string buffer_;
  bool ended_ = false;
};

// One line to the runner, at once.
void say(const std::string& line);

}  // namespace fastchat::bench::abuse
