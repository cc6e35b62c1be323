#include "client/messages/cards.h"

#include <algorithm>
#include <utility>

#include "client/e2e/rekey.h"
#include "client/runtime/moment.h"
#include "common/random.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

Error other_key(const std::string& user) {
  return err(Code::kLocalUntrustedKey,
             "the server shows another key for " + user + " than the card: do not use it; tell " + user);
}

Error new_key(const std::string& user) {
  return err(Code::kLocalUsage, user + " has a new key since this card was made: ask for a new card");
}

Error old_server() {
  return err(Code::kNotAllowed, "this server is of an earlier version, which knows no contact cards");
}

// Returns the person's line for the server's answer to a used card.
Error explained(const Error& error, const std::string& user) {
  switch (error.code) {
    case Code::kBadInvite:
      return err(error.code, "this card was used, has ended, or is not of this server: ask " + user + " for a new one");
    case Code::kThrottled:
      return err(error.code, "too many cards were tried in a short time: try again in a minute");
    default:
      return error;
  }
}

}  // namespace

Result<> Cards::load() {
  auto rows = table_.all();
  if (!rows.ok()) return rows.error();
  auto uses = table_.uses();
  if (!uses.ok()) return uses.error();
  book_.restore(*rows);
  uses_ = std::move(*uses);
  return Unit{};
}

Result<> Cards::save() {
  const std::vector<store::CardRow> rows = book_.take_changed();
  if (rows.empty()) return Unit{};
  FC_TRY(turn_.try_begin());
  for (const store::CardRow& row : rows) FC_TRY(table_.put(row));
  turn_.wake();
  return Unit{};
}

Result<> Cards::may_ask() const {
  if (!account_.unlocked()) return err(Code::kNotLoggedIn, "not logged in");
  if (!server_.attached()) return err(Code::kLocalUnreachable, "not connected");
  return server_.worker_version() < Standings::kVersion ? Result<>(old_server()) : Unit{};
}

void Cards::refuse(Used done, const Error& error) {
  turn_.before_commit([done = std::move(done), error] { done(error); });
}

// ---- this user's cards

void Cards::make(Made done) {
  if (const Result<> may = may_ask(); !may.ok()) {
    return refuse([done = std::move(done)](const Result<std::string>& r) { done(r.error()); }, may.error());
  }
  e2e::Card card{account_.profile().user, account_.secrets().identity.fpr(), random_bytes(e2e::kCardToken)};
  const int64_t until_ms = turn_.wall_ms() + kLastsMs;
  v1::ClientFrame frame;
  frame.mutable_put_card()->set_token_hash(e2e::server_card_hash(card.token));
  frame.mutable_put_card()->set_until_ms(until_ms);
  server_.ask(std::move(frame),
              [this, card = std::move(card), until_ms, done = std::move(done)](const Result<v1::ServerFrame*>& stored) {
                on_stored(card, until_ms, done, stored);
              });
}

// Gives the card out once it is on disk.
void Cards::on_stored(const e2e::Card& card, int64_t until_ms, const Made& done,
                      const Result<v1::ServerFrame*>& answer) {
  if (answer.code() == Code::kNotAllowed) {
    return done(err(Code::kNotAllowed, "the card would be over already: check the clock of this machine"));
  }
  if (answer.code() == Code::kTooLarge) {
    const int64_t end = book_.first_end(turn_.wall_ms());
    const std::string when = end == INT64_MAX ? "within a week" : "on " + local_time(end);
    return done(err(Code::kTooLarge, "16 cards are open: the oldest ends " + when));
  }
  if (!answer.ok()) return done(explained(answer.error(), card.user));
  if (const Result<> added = book_.add(e2e::open_card_hash(card.token), until_ms); !added.ok()) {
    return done(added.error());
  }
  turn_.after_rollback([done](const Error& error) { done(error); });
  if (!turn_.check(save())) return;
  pins_.set_dirty();  // the vault contains the cards
  turn_.after_commit([done, info = CardInfo{e2e::format_card(card), until_ms}] { done(info); });
}

bool Cards::on_use(const std::string& user, const e2e::CardUse& use, int64_t sent_ms) {
  const store::CardUseRow row{user, e2e::open_card_hash(use.token), sent_ms};
  const auto of_user = [&](const store::CardUseRow& other) { return other.user == user; };
  const auto same = [&](const store::CardUseRow& other) { return other.user == user && other.hash == row.hash; };
  const auto waiting = static_cast<size_t>(std::count_if(uses_.begin(), uses_.end(), of_user));
  if (uses_.size() >= kMaxUses || waiting >= kMaxUsesOfOne) return true;
  if (std::any_of(uses_.begin(), uses_.end(), same)) return true;
  uses_.push_back(row);
  turn_.wake();
  if (!turn_.begin() || !turn_.check(table_.put_use(uses_.back()))) return false;
  // A message that follows the note is no stranger's.
  return !has_newest_vault_() || take_uses();
}

bool Cards::awaits_use() const {
  return !uses_.empty() || book_.any_open(turn_.wall_ms());
}

bool Cards::take_uses() {
  const bool awaited = book_.any_open(turn_.wall_ms());
  if (!turn_.begin() || !turn_.check(table_.drop_uses())) return false;
  for (const store::CardUseRow& use : std::exchange(uses_, {})) {
    if (!take_use(use)) return false;
  }
  if (awaited && !awaits_use()) standings_.server_changed();
  return turn_.check(save());
}

// A note without an open card of this user counts for nothing.
bool Cards::take_use(const store::CardUseRow& use) {
  const auto peer = store::ConversationId::direct(use.user);
  if (!book_.use(use.hash, use.sent_ms)) return true;
  pins_.set_dirty();
  if (standings_.book().of(peer) == Standing::kBlocked) return true;
  std::string text = use.user + " used your card: " + use.user + " is a contact now";
  if (const Result<> accepted = standings_.decide(peer, Standing::kAccepted); accepted.code() == Code::kTooLarge) {
    text = use.user + " used your card, but is no contact: " + accepted.error().text;
  } else if (!turn_.check(accepted)) {
    return false;
  }
  turn_.after_commit([this, user = use.user, text] {
    listener_.on_notice({Notice::Kind::kInfo, PeerName(user), text});
  });
  return notices_.add(peer, use.user, text, use.hash, false);
}

void Cards::work() {
  if (book_.next_end() <= turn_.wall_ms() && turn_.now_ms() >= tidy_at_) {
    const bool open_ended = book_.forget_over(turn_.wall_ms());
    if (!turn_.check(save())) return;
    pins_.set_dirty();
    if (open_ended) standings_.server_changed();
  }
  if (!uses_.empty() && server_.attached() && has_newest_vault_()) (void)take_uses();
}

void Cards::rolled_back(const Error&) {
  (void)load();
  tidy_at_ = turn_.now_ms() + kRetryMs;
}

int64_t Cards::next_wake() const {
  const int64_t end = book_.next_end();
  if (end == INT64_MAX) return Loop::kNever;
  return std::max(tidy_at_, turn_.now_ms() + std::max<int64_t>(end - turn_.wall_ms(), 0));
}

Result<bool> Cards::merge(const e2e::VaultContent& in) {
  const bool ours_is_more = book_.merge(in, turn_.wall_ms());
  FC_TRY(save());
  if (!uses_.empty()) turn_.wake();
  return ours_is_more;
}

// ---- cards of others

void Cards::use(const std::string& line, Used done) {
  const Result<e2e::Card> card = e2e::parse_card(line);
  if (!card.ok()) return refuse(std::move(done), err(Code::kLocalUsage, card.error().text));
  if (const Result<> may = may_ask(); !may.ok()) return refuse(std::move(done), may.error());
  if (card->user == account_.profile().user) {
    return refuse(std::move(done), err(Code::kLocalUsage, "this is your own card: give it to somebody else"));
  }
  if (standings_.book().blocked(card->user)) {
    return refuse(std::move(done),
                  err(Code::kLocalUsage, "you blocked " + card->user + ": unblock " + card->user + " first"));
  }
  // A key that is not that of the card is not pinned.
  v1::ClientFrame frame;
  frame.mutable_get_users()->add_names(card->user);
  server_.ask(std::move(frame), [this, card = *card, done = std::move(done)](const Result<v1::ServerFrame*>& users) {
    on_key(card, done, users);
  });
}

void Cards::on_key(const e2e::Card& card, const Used& done, const Result<v1::ServerFrame*>& answer) {
  if (!answer.ok()) return done(answer.error());
  const auto& users = (*answer)->users().users();
  const auto shown = std::find_if(users.begin(), users.end(), [&](const v1::User& u) { return u.name() == card.user; });
  if (shown == users.end()) return done(look_ups_.unknown(card.user));
  const Bytes fpr = e2e::fingerprint(account_.profile().realm, card.user, shown->public_key());
  if (fpr == card.fpr) {
    look_ups_.forget(card.user);
    return look_ups_.resolve(card.user,
                             [this, card, done](const Result<const Pin*>& found) { redeem(card, done, found); });
  }
  v1::ClientFrame frame;
  frame.mutable_get_rekeys()->set_user(card.user);
  server_.ask(std::move(frame), [this, card, fpr, done](const Result<v1::ServerFrame*>& rekeys) {
    judge_other_key(card, fpr, done, rekeys);
  });
}

// The key of the card may have signed the key that the server shows. The server cannot make that signature.
void Cards::judge_other_key(const e2e::Card& card, const Bytes& shown_fpr, const Used& done,
                            const Result<v1::ServerFrame*>& answer) {
  if (!answer.ok() && answer.code() != Code::kUnknownUser) return done(answer.error());
  if (!answer.ok() || !(*answer)->has_rekeys()) return done(other_key(card.user));
  const v1::Rekeys& rekeys = (*answer)->rekeys();
  const auto line = e2e::follow_rekeys(account_.profile().realm, card.user, rekeys.first_public_key(),
                                       {rekeys.rekeys().begin(), rekeys.rekeys().end()});
  if (!line.ok()) return done(other_key(card.user));
  const auto with = [&](const Bytes& fpr) {
    return std::find_if(line->begin(), line->end(), [&](const e2e::PeerKey& key) { return key.fpr == fpr; });
  };
  const auto of_card = with(card.fpr), shown = with(shown_fpr);
  if (of_card == line->end() || shown == line->end()) return done(other_key(card.user));
  // A worker may show the key of before for a moment.
  if (of_card > shown) {
    return done(err(Code::kLocalTimeout, "the server does not show the new key of " + card.user + " yet: try again"));
  }
  done(new_key(card.user));
}

void Cards::redeem(const e2e::Card& card, const Used& done, const Result<const Pin*>& found) {
  if (!found.ok()) return done(found.error());
  if (*found == nullptr) return done(other_key(card.user));
  if ((*found)->key.fpr != card.fpr) {
    if (pins_.former_keys().had(card.user, card.fpr)) return done(new_key(card.user));
    return done(err(Code::kLocalUntrustedKey, "the card has another key of " + card.user +
                                                  " than the one that you kept: compare with `fastchat verify " +
                                                  card.user + "`"));
  }
  v1::ClientFrame frame;
  frame.mutable_redeem_card()->set_user(card.user);
  frame.mutable_redeem_card()->set_token(e2e::server_card_token(card.token));
  server_.ask(std::move(frame),
              [this, card, done](const Result<v1::ServerFrame*>& answer) { on_redeemed(card, done, answer); });
}

// The standing, the trust and the note reach the disk together. After an interruption before that, the server gives the
// same bearer the same answer.
void Cards::on_redeemed(const e2e::Card& card, const Used& done, const Result<v1::ServerFrame*>& answer) {
  if (!answer.ok()) return done(explained(answer.error(), card.user));
  const Pin* pin = pins_.get(card.user);
  if (pin == nullptr || pin->key.fpr != card.fpr) return done(new_key(card.user));
  const auto peer = store::ConversationId::direct(card.user);
  if (const Result<> accepted = standings_.decide(peer, Standing::kAccepted); !accepted.ok()) {
    return done(accepted.error());
  }
  if (!turn_.check(pins_.mark_verified(card.user))) return done(*turn_.error());
  turn_.after_commit([this, user = card.user] { listener_.on_trust(user); });
  outbox_.put({peer, pins_.get(card.user), {}}, e2e::CardUse{card.token},
              [done, user = card.user](const Result<SentMessage>& sent) {
                if (!sent.ok()) return done(sent.error());
                done(user);
              });
}

}  // namespace fastchat::client
