#include "client/cli/text_input.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "client/e2e/limits.h"

namespace fastchat::cli {
Result<std::string> text_or_input(const Options& options) {
  if (options.text) return *options.text;
  std::string text;
  char buffer[65536];
  while (text.size() <= 2 * e2e::kMaxText) {
    const ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return err(Code::kLocalDisk, std::string("cannot read standard input: ") + std::strerror(errno));
    if (n == 0) break;
    text.append(buffer, static_cast<size_t>(n));
  }
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace fastchat::cli
