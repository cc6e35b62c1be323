#include "client/tui/pages/links.h"

#include <algorithm>
#include <cctype>

namespace fastchat::tui {
namespace {

constexpr size_t kMaxLinks = 100, kMaxBytes = 2000;
constexpr std::string_view kMail = "mailto:";
constexpr std::string_view kSchemes[] = {"http://", "https://", "ftp://", "gemini://",
                                         kMail,     "xmpp:",    "geo:",   "matrix:"};

bool is_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Returns the scheme that begins at i, in upper or lower case; empty: none begins there.
std::string_view scheme_at(std::string_view text, size_t i) {
  if (i > 0 && is_letter(text[i - 1])) return "";
  for (const std::string_view scheme : kSchemes) {
    const std::string_view here = text.substr(i, scheme.size());
    const bool same = std::equal(here.begin(), here.end(), scheme.begin(), scheme.end(),
                                 [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
    if (same) return scheme;
  }
  return "";
}

bool ends_address(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '<' || c == '>' || c == '`' || c == 127;
}

// Removes the punctuation that belongs to the sentence around the address.
std::string_view without_tail(std::string_view url) {
  constexpr std::string_view kMarks = ".,;:!?'*_~|\\", kOpen = "([{", kClose = ")]}";
  std::ptrdiff_t closed[3] = {};  // closing minus opening brackets, by kind
  for (size_t kind = 0; kind < 3; ++kind) {
    closed[kind] = std::count(url.begin(), url.end(), kClose[kind]) - std::count(url.begin(), url.end(), kOpen[kind]);
  }
  for (;;) {
    const size_t kind = kClose.find(url.back()), opened = kOpen.find(url.back());
    const bool unopened = kind != std::string_view::npos && closed[kind] > 0;
    if (kMarks.find(url.back()) == std::string_view::npos && !unopened) return url;
    if (unopened) --closed[kind];
    if (opened != std::string_view::npos) ++closed[opened];
    url.remove_suffix(1);
  }
}

}  // namespace

std::vector<Link> links_in(std::string_view text) {
  std::vector<Link> out;
  for (size_t i = 0; i < text.size() && out.size() < kMaxLinks;) {
    const std::string_view scheme = scheme_at(text, i);
    if (scheme.empty()) {
      ++i;
      continue;
    }
    const auto stop =
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(i + scheme.size()), text.end(), ends_address);
    const auto whole = static_cast<size_t>(stop - text.begin()) - i;
    // without_tail() stops at the letters of the scheme at the latest.
    const std::string_view url = whole > kMaxBytes ? "" : without_tail(text.substr(i, whole));
    // Parameters behind a mail address could attach a file of this disk.
    const std::string_view opened = scheme == kMail ? url.substr(0, url.find('?')) : url;
    if (opened.size() > scheme.size()) out.push_back({i, i + url.size(), std::string(opened)});
    i += whole;
  }
  return out;
}

}  // namespace fastchat::tui
