// The person's decisions about people and groups: who is accepted, who is blocked, and who may write unasked. The vault
// has these decisions; the server has a copy that its workers enforce. Pure: no disk, socket or clock; times are Unix
// ms.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/e2e/vault.h"
#include "client/store/standing_table.h"
#include "common/result.h"

namespace fastchat::client {

// The values of content.proto's ContactStanding and of client.proto's Standing.
enum class Standing : int { kNone = 0, kAccepted = 1, kBlocked = 2 };
// The values of content.proto's StrangersPolicy and of client.proto's Strangers: messages of strangers are shown as
// those of anybody, wait as requests, or are refused.
enum class Strangers : int { kUndecided = 0, kTake = 1, kAsk = 2, kRefuse = 3 };

class StandingBook {
 public:
  // The most people and groups with a standing, and the most decisions against one. With more, the oldest decision
  // against one is forgotten: its effect is the same as that of no decision.
  static constexpr size_t kMaxDecided = 8'192, kMaxTakenBack = 1'024;
  using Decision = std::pair<store::ConversationId, Standing>;
  // The server's copy, whole.
  struct ServerCopy {
    Strangers strangers = Strangers::kUndecided;
    std::map<store::ConversationId, Standing> contacts{};
  };

  // ---- data from disk
  void restore(const std::vector<store::StandingRow>& rows, const store::StrangersRow& strangers);

  // ---- queries
  Standing of(const store::ConversationId& peer) const;
  bool accepted(const std::string& user) const;
  bool blocked(const std::string& user) const;
  // Returns true when the user's messages are shown, answered with receipts and notified: the user is accepted, or
  // strangers are taken and this one is not blocked.
  bool open_to(const std::string& user) const;
  // Returns the policy that holds. Before the first answer of a server it is kAsk.
  Strangers strangers() const;
  // Returns all people and groups with a standing, in the order of their names.
  std::vector<Decision> decided() const;

  // ---- decisions of the person
  // Fails with kTooLarge when the book is full.
  Result<> decide(const store::ConversationId& peer, Standing standing, int64_t now_ms);
  void decide_strangers(Strangers policy, int64_t now_ms);

  // ---- the vault
  void write(e2e::VaultContent& out) const;
  // Merges the decisions of the vault: the later one wins. Returns true when this book has something that the vault
  // lacks. Everybody whose key a vault of an earlier version has counts as accepted.
  bool merge(const e2e::VaultContent& in);
  // Returns, once, the people and groups about whom the merge brought a decision against an earlier standing or
  // request.
  std::vector<store::ConversationId> take_turned_down() { return std::exchange(turned_down_, {}); }

  // ---- the server
  // Compares with the server's copy. Decisions that the copy lacks count as unsent from now on. Standings that only the
  // copy has are taken back there when `vault_is_newest`. Returns true when some were left for the lack of that.
  bool compare(const ServerCopy& server, bool vault_is_newest);
  // Notes the server's policy, which holds until the person decides. Returns true when another policy was known.
  bool on_server_policy(Strangers policy);
  // Returns decisions that the server does not have, at most `limit`.
  std::vector<Decision> unsent(size_t limit) const;
  bool has_unsent() const { return !unsent_.empty() || policy_unsent(); }
  // Returns true when the server has another policy than the person decided.
  bool policy_unsent() const;
  // Notes that the server stored these decisions and, when it is not kUndecided, this policy. A decision that changed
  // meanwhile stays unsent.
  void stored(const std::vector<Decision>& decisions, Strangers policy);

  // ---- the disk
  // Returns, once, the rows that changed; one with kNone and time 0 is to be deleted.
  std::vector<store::StandingRow> take_changed();
  bool take_strangers_changed() { return std::exchange(strangers_changed_, false); }
  const store::StrangersRow& strangers_row() const { return strangers_; }

 private:
  struct Entry {
    Standing standing = Standing::kNone;
    int64_t changed_ms = 0;
  };
  void put(const store::ConversationId& peer, Entry entry, bool unsent);
  void forget_oldest();

  std::map<store::ConversationId, Entry> entries_;
  std::set<store::ConversationId> unsent_;  // also names without an entry, which the server has to forget
  std::set<store::ConversationId> changed_;
  std::vector<store::ConversationId> turned_down_;
  store::StrangersRow strangers_;
  bool strangers_changed_ = false;
};

}  // namespace fastchat::client
