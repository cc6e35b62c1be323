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

// The addresses in a text, in their order: "http://", "https://", "ftp://", "gemini://", "mailto:", "xmpp:", "geo:" and
// "matrix:" with what follows up to a blank, a quotation mark or an angle bracket. Punctuation that ends a sentence,
// and a bracket that was opened before the address, are not part of it. At most 100; an address has at most 2,000
// bytes.
std::vector<Link> links_in(std::string_view text);

}  // namespace fastchat::tui
