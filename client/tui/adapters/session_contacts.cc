#include "client/tui/adapters/session_contacts.h"

#include "client/tui/adapters/toasts.h"

namespace fastchat::tui {

void SessionContacts::verify(const std::string& user) {
  session_.people().verify(user, ticket_.guarded([this](const Result<client::VerifyInfo>& r) { hear_(KeyShown{r}); }));
}

void SessionContacts::show(const Result<>& done, const std::string& user, const std::string& good) {
  if (!done.ok()) return screen_.toast(done.error().text, Style::kBad);
  screen_.toast(good, Style::kGood);
  verify(user);
}

void SessionContacts::accept_key(const std::string& user) {
  show(session_.people().judge_key(user, true), user, "The new key of " + user + " is accepted.");
}

void SessionContacts::keep_key(const std::string& user) {
  show(session_.people().judge_key(user, false), user, "You keep the known key of " + user + ".");
}

void SessionContacts::mark_verified(const std::string& user) {
  show(session_.people().mark_verified(user), user, "The key of " + user + " is marked as verified.");
}

std::vector<store::QuarantineEntry> SessionContacts::quarantine() {
  return value_or_toast(session_.quarantine(), screen_);
}

std::vector<client::RequestInfo> SessionContacts::requests() {
  return value_or_toast(session_.people().requests(), screen_);
}

void SessionContacts::answer(Answer answer, const client::PeerName& peer) {
  const auto told = [&](const std::string& good) {
    return ticket_.guarded([this, good](const Result<>& r) {
      r.ok() ? screen_.toast(good, Style::kGood) : screen_.toast(r.error().text, Style::kBad);
    });
  };
  switch (answer) {
    case Answer::kAccept:
      return session_.people().accept(peer, told(peer.text() + " is accepted."));
    case Answer::kDecline:
      return session_.people().decline(peer, told(peer.is_group() ? "You left " + peer.text() + "."
                                                                  : "The request of " + peer.text() + " is deleted."));
    case Answer::kBlock:
      return session_.people().block(peer.user(),
                                     told(peer.text() + " is blocked; /unblock " + peer.text() + " ends that."));
    case Answer::kUnblock:
      return session_.people().unblock(peer.user(), told(peer.text() + " is not blocked any more."));
  }
}

void SessionContacts::set_strangers(client::Strangers policy) {
  const Result<> done = session_.people().set_strangers(policy);
  if (!done.ok()) return screen_.toast(done.error().text, Style::kBad);
  screen_.toast(policy == client::Strangers::kTake  ? "Messages of strangers are taken as those of contacts."
                : policy == client::Strangers::kAsk ? "Messages of strangers wait as requests."
                                                    : "Messages of strangers are refused.",
                Style::kGood);
}

void SessionContacts::make_card() {
  session_.people().make_card(ticket_.guarded([this](const Result<client::CardInfo>& r) { hear_(CardShown{r}); }));
}

void SessionContacts::use_card(const std::string& line) {
  session_.people().use_card(line, ticket_.guarded([this](const Result<std::string>& r) {
    if (!r.ok()) return screen_.toast(r.error().text, Style::kBad);
    screen_.toast(*r + " is a contact now, and the key is verified.", Style::kGood);
  }));
}

}  // namespace fastchat::tui
