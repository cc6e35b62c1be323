#include "client/cli/text_input.h"

#include <unistd.h>

namespace fastchat::cli {
namespace {

constexpr size_t kMaxText = 16 * 1024;

}  // namespace

std::string text_or_input(const Options& options) {
  if (options.text) return *options.text;
  std::string text;
  char buffer[65536];
  ssize_t n;
  while (text.size() <= 2 * kMaxText && (n = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<size_t>(n));
  }
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace fastchat::cli
