// Contact cards: a line with a name, the fingerprint of the maker's key and a one-time token. A bearer of the line
// knows the right key, and proves to the maker's devices that the maker gave the line away. The server gets a token
// that it cannot turn back into that of the line. docs/e2e.md, "Contact cards". Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::e2e {

struct Card {
  std::string user;
  Bytes fpr;    // 32 bytes, of the maker's key
  Bytes token;  // 16 bytes
};

// Parses fastchat-card:NAME:<fingerprint in base64url>:<token in base64url>, exactly. Ignores what mail and shells add
// around a line. Fails with kMalformed; the text names the wrong part.
Result<Card> parse_card(std::string_view text);
std::string format_card(const Card& card);

// Returns the token that the bearer shows the server: the first 16 bytes of H(label"card-server" | token).
Bytes server_card_token(ByteView token);
// Returns the 32 bytes by which the server knows the card: H(label"card" | server token).
Bytes server_card_hash(ByteView token);
// Returns the 32 bytes by which the maker's devices know the card: H(label"card-open" | token).
Bytes open_card_hash(ByteView token);

}  // namespace fastchat::e2e
