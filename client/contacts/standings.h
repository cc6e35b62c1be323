// The owner of the StandingBook: writes decisions to disk, marks the vault as changed, and keeps the server's copy the
// same as the vault. The vault is the truth: after a login, and when the server reports a change, the copy is read and
// compared, and the differences are sent. Lives on the session's thread; decisions join the turn.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/contacts/pin_book.h"
#include "client/contacts/standing_book.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"
#include "common/wire.h"

namespace fastchat::client {

class Standings final : public TurnPart {
 public:
  // The first version of the protocol that knows contacts.
  static constexpr uint32_t kVersion = 4;
  struct Events {
    // Returns true when this device has the newest vault that the server named, or showed when it was asked.
    std::function<bool()> has_newest_vault;
    std::function<void()> fetch_vault;
    // A standing, or the policy (an empty peer), changed. Called after the commit.
    std::function<void(const store::ConversationId&)> changed;
    // Another device of this user turned a request down. Joins the turn.
    std::function<void(const StandingBook::TurnedDown&)> turned_down;
    std::function<void(const std::string&)> told;  // one line for the person; called after the commit
    // Returns true while somebody whom only the server accepts stays so, because he may have used a contact card.
    std::function<bool()> keeps_unknown = [] { return false; };
  };
  Standings(Turn& turn, Server& server, store::StandingTable& table, const Account& account, PinBook& pins,
            Events events)
      : turn_(turn), server_(server), table_(table), account_(account), pins_(pins), events_(std::move(events)) {}

  Result<> load();
  const StandingBook& book() const { return book_; }

  // Stores the person's decision about a user or a group. Fails with kTooLarge or kLocalDisk.
  Result<> decide(const store::ConversationId& peer, Standing standing);
  Result<> decide_strangers(Strangers policy);
  // Accepts the target of a message that this user writes, before the message goes out, or what follows from another
  // decision. A full book changes nothing. Fails with kLocalUsage for a blocked user, and kLocalDisk.
  Result<> writes_to(const store::ConversationId& peer);

  // ---- the vault's part, which the book writes
  Result<bool> merge(const e2e::VaultContent& in);
  // Takes the decisions of the server's copy in this session, because the vault lost some.
  void take_copy();
  // Returns true until those decisions are here.
  bool awaits_copy() const;

  // Called when a session begins, and when the server reports a change of its copy.
  void attached();
  void server_changed();
  // Returns true when the server has every decision, or refuses them.
  bool stored() const { return refused_ || !book_.has_unsent(); }
  // Returns true when the server has every decision, or cannot be told. A later look at the server's copy may be due.
  bool settled() const;

  void work() override;
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override;

 private:
  static constexpr size_t kMaxChanges = wire::kMaxContactChanges;
  static constexpr size_t kMaxCopy = 24'096;  // people and groups of a server's copy
  static constexpr int64_t kRetryMs = 2'000;
  // The shortest time between two comparisons: two devices that disagree do not fight.
  static constexpr int64_t kCompareEveryMs = 10'000;

  Result<> decided();
  Result<> save();
  bool reachable() const { return server_.attached() && server_.worker_version() >= kVersion; }
  void ask_page(const std::string& after, const Bytes& after_group);
  void on_page(const std::string& after, const Bytes& after_group, const Result<v1::ServerFrame*>& answer);
  void enforces_nothing();
  void compare(bool vault_is_newest);
  void push();
  void on_stored(const std::vector<StandingBook::Decision>& sent, Strangers policy,
                 const Result<v1::ServerFrame*>& answer);

  Turn& turn_;
  Server& server_;
  store::StandingTable& table_;
  const Account& account_;
  PinBook& pins_;
  const Events events_;
  StandingBook book_;
  StandingBook::ServerCopy copy_;
  enum class Reading { kNothing, kDue, kCopy, kVault } reading_ = Reading::kNothing;
  bool changed_again_ = false;               // while the copy was read
  int64_t read_at_ = 0, push_at_ = 0;        // ms, monotonic: the earliest times of the next question
  std::set<store::ConversationId> pushing_;  // in requests without an answer
  bool pushing_policy_ = false;
  bool refused_ = false;  // the server refuses the decisions, until the next session
};

}  // namespace fastchat::client
