#include "client/tui/pages/links.h"

#include <algorithm>
#include <cctype>

namespace fastchat::tui {
namespace {

constexpr size_t kMaxLinks = 100, kMaxBytes = 2000;
constexpr std::string_view kSchemes[] = {"http://", "https://", "ftp://", "gemini://",
                                         "mailto:", "xmpp:",    "geo:",   "matrix:"};

bool is_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// The length of the scheme that begins at i, in either case; 0: none begins there.
size_t scheme_at(std::string_view text, size_t i) {
  if (i > 0 && is_letter(text[i - 1])) return 0;
  for (const std::string_view scheme : kSchemes) {
    const std::string_view here = text.substr(i, scheme.size());
    const bool same = std::equal(here.begin(), here.end(), scheme.begin(), scheme.end(),
                                 [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
    if (same) return scheme.size();
  }
  return 0;
}

bool ends_address(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '<' || c == '>' || c == '`' || c == 127;
}

// Takes the marks off that belong to the sentence around the address.
std::string_view without_tail(std::string_view url) {
  constexpr std::string_view kMarks = ".,;:!?'*_~|\\";
  for (;;) {
    const char last = url.back();
    const char open = last == ')' ? '(' : last == ']' ? '[' : last == '}' ? '{' : '\0';
    const bool unopened =
        open != '\0' && std::count(url.begin(), url.end(), last) > std::count(url.begin(), url.end(), open);
    if (kMarks.find(last) == std::string_view::npos && !unopened) return url;
    url.remove_suffix(1);
  }
}

}  // namespace

std::vector<Link> links_in(std::string_view text) {
  std::vector<Link> out;
  for (size_t i = 0; i < text.size() && out.size() < kMaxLinks;) {
    const size_t scheme = scheme_at(text, i);
    if (scheme == 0) {
      ++i;
      continue;
    }
    const auto stop = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(i + scheme), text.end(), ends_address);
    const auto whole = static_cast<size_t>(stop - text.begin()) - i;
    // The scheme's own colon or slash ends the search for marks at the latest.
    const std::string_view url = without_tail(text.substr(i, whole));
    if (url.size() > scheme && url.size() <= kMaxBytes) out.push_back({i, i + url.size(), std::string(url)});
    i += whole;
  }
  return out;
}

}  // namespace fastchat::tui
