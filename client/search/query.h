// The query of a search, read from the words that a person typed: words, phrases in quotation marks, and the operators
// from:, in:, before:, after: and has:. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/runtime/peer_name.h"
#include "common/result.h"

namespace fastchat::client {

struct SearchQuery {
  std::vector<std::string> texts;  // words and phrases, as typed; a message holds each of them
  PeerName in;                     // empty: any conversation
  std::string from;                // the author; empty: anybody
  bool mine = false;               // this user is the author ("from:me")
  int64_t from_ms = 0;             // the first moment, Unix ms; 0: from the beginning
  int64_t until_ms = 0;            // the first moment that is too late; 0: to the end
  bool file = false, link = false;
};

// Splits a line at blanks. A phrase in quotation marks is one word and keeps its marks; without a second mark the
// phrase goes to the end of the line and has the first mark only.
std::vector<std::string> search_words(std::string_view line);

// Reads words from search_words() or from a shell; a word that holds a blank is a phrase. `now_ms`: ages count
// from it (client/runtime/moment.h). Fails with kLocalUsage and one line that names the wrong word.
Result<SearchQuery> parse_search(const std::vector<std::string>& words, int64_t now_ms);

// Returns true when a folded text (e2e::folded) holds the beginning of an address of the web, of mail or of a chat.
bool holds_link(std::string_view folded);

}  // namespace fastchat::client
