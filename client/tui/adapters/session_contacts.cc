#include "client/tui/adapters/session_contacts.h"

#include "client/tui/adapters/toasts.h"

namespace fastchat::tui {

void SessionContacts::verify(const std::string& peer) {
  session_.verify(peer, [this](const Result<client::VerifyInfo>& r) { hear_(KeyShown{r}); });
}

void SessionContacts::show(const Result<>& done, const std::string& peer, const std::string& good) {
  if (!done.ok()) return screen_.toast(done.error().text, Style::kBad);
  screen_.toast(good, Style::kGood);
  verify(peer);
}

void SessionContacts::accept_key(const std::string& peer) {
  show(session_.accept_key(peer), peer, "The new key of " + peer + " is accepted.");
}

void SessionContacts::keep_key(const std::string& peer) {
  show(session_.keep_key(peer), peer, "The key of " + peer + " that you know is kept.");
}

void SessionContacts::mark_verified(const std::string& peer) {
  show(session_.mark_verified(peer), peer, peer + " is marked as compared.");
}

std::vector<store::QuarantineEntry> SessionContacts::quarantine() {
  return value_or_toast(session_.quarantine(), screen_);
}

}  // namespace fastchat::tui
