#include "client/tui/adapters/session_contacts.h"

#include "client/tui/adapters/toasts.h"

namespace fastchat::tui {

void SessionContacts::verify(const std::string& user) {
  session_.verify(user, ticket_.guarded([this](const Result<client::VerifyInfo>& r) { hear_(KeyShown{r}); }));
}

void SessionContacts::show(const Result<>& done, const std::string& user, const std::string& good) {
  if (!done.ok()) return screen_.toast(done.error().text, Style::kBad);
  screen_.toast(good, Style::kGood);
  verify(user);
}

void SessionContacts::accept_key(const std::string& user) {
  show(session_.judge_key(user, true), user, "The new key of " + user + " is accepted.");
}

void SessionContacts::keep_key(const std::string& user) {
  show(session_.judge_key(user, false), user, "You keep the known key of " + user + ".");
}

void SessionContacts::mark_verified(const std::string& user) {
  show(session_.mark_verified(user), user, "The key of " + user + " is marked as verified.");
}

std::vector<store::QuarantineEntry> SessionContacts::quarantine() {
  return value_or_toast(session_.quarantine(), screen_);
}

}  // namespace fastchat::tui
