// Contact cards (docs/e2e.md): makes this user's cards, uses the cards of others, and takes the notes of people who
// used one of this user's. A note counts once this device has the newest vault, which may say that another device took
// the note already, or that its sender is blocked since. Lives on the session's thread; changes join the turn.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "client/contacts/card_book.h"
#include "client/contacts/key_lookup.h"
#include "client/contacts/standings.h"
#include "client/e2e/card.h"
#include "client/messages/notices.h"
#include "client/messages/outbox.h"
#include "client/runtime/listener.h"
#include "client/store/card_table.h"

namespace fastchat::client {

class Cards final : public TurnPart {
 public:
  using Made = std::function<void(const Result<CardInfo>&)>;
  using Used = std::function<void(const Result<std::string>&)>;
  static constexpr int64_t kLastsMs = 7 * 86'400'000LL;
  // The most notes that wait for the newest vault, in all and of one sender. More are ignored.
  static constexpr size_t kMaxUses = 1'024, kMaxUsesOfOne = 3;
  // `has_newest_vault`: returns true when the server named no vault that is not here.
  Cards(Turn& turn, Server& server, store::CardTable& table, const Account& account, PinBook& pins,
        Standings& standings, KeyLookup& look_ups, Outbox& outbox, Notices& notices, Listener& listener,
        std::function<bool()> has_newest_vault)
      : turn_(turn),
        server_(server),
        table_(table),
        account_(account),
        pins_(pins),
        standings_(standings),
        look_ups_(look_ups),
        outbox_(outbox),
        notices_(notices),
        listener_(listener),
        has_newest_vault_(std::move(has_newest_vault)) {}

  Result<> load();

  // Makes a card that one person can use within a week. Errors: kNotLoggedIn, kLocalUnreachable, kNotAllowed (a server
  // of an earlier version), kTooLarge, kLocalDisk, and those of the request.
  void make(Made done);
  // Uses the card of somebody else: that user and this one accept each other, and the key counts as verified. Done
  // again, the call ends what an interruption left. `done` gets the maker's name. Errors: kLocalUsage (not a card, the
  // own card, an old card, the maker is blocked), kNotLoggedIn, kLocalUnreachable, kNotAllowed (a server of an earlier
  // version), kUnknownUser, kLocalUntrustedKey (the server shows another key), kBadInvite (used or over), kThrottled,
  // kLocalDisk.
  void use(const std::string& line, Used done);

  // Takes the note of `user`, who used a card at `sent_ms`. Returns false when the turn failed.
  bool on_use(const std::string& user, const e2e::CardUse& use, int64_t sent_ms);
  // Returns true while somebody may use a card whose note is not here yet.
  bool awaits_use() const;

  // ---- the vault's part
  void write(e2e::VaultContent& out) const { book_.write(out); }
  Result<bool> merge(const e2e::VaultContent& in);

  void work() override;
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override;

 private:
  static constexpr int64_t kRetryMs = 2'000;

  Result<> may_ask() const;
  Result<> save();
  void refuse(Used done, const Error& error);
  void on_stored(const e2e::Card& card, int64_t until_ms, const Made& done, const Result<v1::ServerFrame*>& answer);
  void on_key(const e2e::Card& card, const Used& done, const Result<v1::ServerFrame*>& answer);
  void judge_other_key(const e2e::Card& card, const Bytes& shown_fpr, const Used& done,
                       const Result<v1::ServerFrame*>& answer);
  void redeem(const e2e::Card& card, const Used& done, const Result<const Pin*>& found);
  void on_redeemed(const e2e::Card& card, const Used& done, const Result<v1::ServerFrame*>& answer);
  bool take_uses();
  bool take_use(const store::CardUseRow& use);

  Turn& turn_;
  Server& server_;
  store::CardTable& table_;
  const Account& account_;
  PinBook& pins_;
  Standings& standings_;
  KeyLookup& look_ups_;
  Outbox& outbox_;
  Notices& notices_;
  Listener& listener_;
  const std::function<bool()> has_newest_vault_;
  CardBook book_;
  std::vector<store::CardUseRow> uses_;  // on disk, too
  int64_t tidy_at_ = 0;                  // ms, monotonic: cards are not forgotten before
};

}  // namespace fastchat::client
