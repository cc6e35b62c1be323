#include "client/e2e/card.h"

#include <algorithm>

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "common/names.h"
#include "common/pasted.h"

namespace fastchat::e2e {
namespace {

constexpr std::string_view kPrefix = "fastchat-card:";
constexpr size_t kMaxLine = 4096;  // with what was added around it

Error bad_card(const std::string& what) {
  return err(Code::kMalformed, "not a contact card: " + what);
}

// Cuts the part before the next ':' off `rest`; all of it when there is none.
std::string_view next_part(std::string_view& rest) {
  const size_t end = std::min(rest.find(':'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

}  // namespace

Result<Card> parse_card(std::string_view text) {
  if (text.size() > kMaxLine) return bad_card("it is too long");
  const std::string line = unwrapped(text);
  if (!line.starts_with(kPrefix)) return bad_card("it does not begin with " + std::string(kPrefix));
  const std::string_view parts = std::string_view(line).substr(kPrefix.size());
  if (std::count(parts.begin(), parts.end(), ':') != 2) return bad_card("a part is missing or too many");
  std::string_view rest = parts;
  const std::string_view user = next_part(rest);
  const auto fpr = from_base64url(next_part(rest));
  const auto token = from_base64url(rest);
  if (!valid_user_name(user)) return bad_card("the name is damaged");
  if (!fpr || fpr->size() != kHash) return bad_card("the fingerprint is damaged");
  if (!token || token->size() != kCardToken) return bad_card("the token is damaged");
  return Card{std::string(user), *fpr, *token};
}

std::string format_card(const Card& card) {
  return std::string(kPrefix) + card.user + ":" + to_base64url(card.fpr) + ":" + to_base64url(card.token);
}

Bytes server_card_token(ByteView token) {
  return sha256(label("card-server") + Bytes(token)).substr(0, kCardToken);
}

Bytes server_card_hash(ByteView token) {
  return sha256(label("card") + server_card_token(token));
}

Bytes open_card_hash(ByteView token) {
  return sha256(label("card-open") + Bytes(token));
}

}  // namespace fastchat::e2e
