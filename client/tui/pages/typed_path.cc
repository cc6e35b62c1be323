#include "client/tui/pages/typed_path.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "common/home.h"

namespace fastchat::tui {
namespace {

constexpr std::string_view kBlanks = " \t\n";

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  text.remove_suffix(text.size() - (text.find_last_not_of(kBlanks) + 1));
  return text;
}

// Decodes "%20" and the like in a URI. Text of another form stays.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* digits = text.data() + i + 1;
    const bool coded = text[i] == '%' && i + 2 < text.size() &&
                       std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2 && byte != 0;
    out += coded ? static_cast<char>(byte) : text[i];
    if (coded) i += 2;
  }
  return out;
}

// Removes quotes and backslashes as a shell does.
std::string without_quotes(std::string_view text) {
  std::string out;
  char quote = '\0';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes = c == '\\' && quote != '\'' && i + 1 < text.size() &&
                         (quote == '\0' || std::string_view("\"\\$`").find(text[i + 1]) != std::string_view::npos);
    if (escapes) {
      out += text[++i];
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (quote != '\0' && c == quote) {
      quote = '\0';
    } else {
      out += c;
    }
  }
  return quote == '\0' ? out : std::string(text);  // an unclosed quote belongs to the name
}

}  // namespace

std::string unquoted_path(std::string_view typed) {
  std::string out = without_quotes(without_blanks(typed));
  constexpr std::string_view kScheme = "file://", kHost = "localhost";
  if (!out.starts_with(kScheme)) return out;
  std::string_view path = std::string_view(out).substr(kScheme.size());
  if (path.starts_with(kHost)) path.remove_prefix(kHost.size());
  return path.starts_with('/') ? percent_decoded(path) : out;
}

std::string from_home(const std::string& path) {
  if (path != "~" && !path.starts_with("~/")) return path;
  const std::string home = home_folder();
  return home.empty() ? path : home + path.substr(1);
}

std::string typed_path(const std::string& typed) {
  const std::string literal = from_home(typed);
  if (access(literal.c_str(), F_OK) == 0) return literal;
  return from_home(unquoted_path(typed));
}

}  // namespace fastchat::tui
