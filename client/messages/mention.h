// Names of people in a text: "@bob", and the user's own name with or without the sign. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fastchat::client {

// Bytes [begin, end) of a text.
struct Mention {
  size_t begin = 0, end = 0;
  std::string user;  // in small letters, without '@'
};

// Returns the names in a text, in their order, at most 200. A name is "@" and a user name, or the word `me` itself, in
// any case; `me` may be empty. Letters, digits, '_' and '-' continue a word: "bob@example.org" and "@bobby" do not name
// bob. A full stop or another mark ends a name.
std::vector<Mention> mentions_in(std::string_view text, std::string_view me);

// Returns true when the text names `me`.
bool mentions(std::string_view text, std::string_view me);

}  // namespace fastchat::client
