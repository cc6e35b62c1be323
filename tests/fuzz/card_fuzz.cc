// The line of a contact card. A line that is accepted has parts of the right sizes, and written again it reads as the
// same; an error is one line.
#include "client/e2e/card.h"
#include "client/e2e/limits.h"
#include "common/names.h"
#include "tests/fuzz/fuzz.h"

FC_FUZZ(card) {
  const auto card = e2e::parse_card(input);
  if (!card.ok()) {
    FC_CHECK(card.error().code == Code::kMalformed && card.error().text.find('\n') == std::string::npos);
    return;
  }
  FC_CHECK(valid_user_name(card->user) && card->fpr.size() == e2e::kHash && card->token.size() == e2e::kCardToken);
  const std::string again = e2e::format_card(*card);
  const auto reread = e2e::parse_card(again);
  FC_CHECK(reread.ok() && reread->user == card->user && reread->fpr == card->fpr && reread->token == card->token);
  FC_CHECK(e2e::format_card(*reread) == again && again.size() <= 113);
}
