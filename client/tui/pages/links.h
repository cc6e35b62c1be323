// Addresses of the web and of mail in a text. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fastchat::tui {

struct Link {
  size_t begin = 0, end = 0;  // bytes of the text
  std::string url;
};

// Returns the addresses in a text, in their order: "http://", "https://", "ftp://", "gemini://", "mailto:", "xmpp:",
// "geo:" and "matrix:", each with the text up to a blank, a quotation mark, a backquote or an angle bracket.
// Punctuation that ends a sentence is not part of an address, nor is a bracket that was opened before the address. At
// most 100; an address has at most 2,000 bytes.
std::vector<Link> links_in(std::string_view text);

}  // namespace fastchat::tui
