// The person's decisions about people and groups: who is accepted, who is blocked, and who may write unasked. The vault
// has these decisions; the server has a copy that its workers enforce. An account that takes everybody and never
// blocked anybody has no need of a list: its vault stays as versions without contacts know it, and the server is told
// nothing. Once there was a list, it stays: other devices and the server may have it.
// Pure: no disk, socket or clock; times are Unix ms.
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
  // The most accepted people, accepted groups, blocked people, and decisions for none of these. Of the last, the oldest
  // is forgotten: its effect is the same as that of no decision. People whose keys were known before there were
  // contacts do not count.
  static constexpr size_t kMaxAccepted = 16'384, kMaxGroups = 4'096, kMaxBlocked = 2'048, kMaxTakenBack = 1'024;
  using Decision = std::pair<store::ConversationId, Standing>;
  // The server's copy, whole.
  struct ServerCopy {
    Strangers strangers = Strangers::kUndecided;
    std::map<store::ConversationId, Standing> contacts{};
    bool only = false;  // the vault lost decisions: this copy has the only ones
  };

  // ---- data from disk
  void restore(const std::vector<store::StandingRow>& rows, const store::StrangersRow& strangers);

  // ---- queries
  Standing of(const store::ConversationId& peer) const;
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
  // Merges the decisions of the vault: the later one wins. The device that decided has told the server. Returns true
  // when this book has something that the vault lacks. Everybody whose key a vault without a list has counts as
  // accepted.
  bool merge(const e2e::VaultContent& in);
  // Returns, once, the people and groups without a standing here about whom the merge brought the decision that they
  // get none: requests that another device turned down.
  struct TurnedDown {
    store::ConversationId peer;
    int64_t at_ms = 0;
  };
  std::vector<TurnedDown> take_turned_down() { return std::exchange(turned_down_, {}); }

  // ---- the server
  // Forgets what the server was told in the session before.
  void begin_session() { told_.clear(); }
  // Compares with the server's copy. When `vault_is_newest`, all differences count as unsent from now on: a standing or
  // policy that only the copy has is taken back there, but for a decision that was stored twice in this session and is
  // absent nonetheless, since the server has no such user. Without the newest vault a difference may be a later
  // decision of another device. Returns true when differences were left for that. A vault that was full is no proof
  // that nobody accepted somebody; neither is any vault while `keeps_accepted`, because somebody may have used a card.
  // Of an only copy, the decisions about people and groups without an entry here are taken.
  bool compare(const ServerCopy& server, bool vault_is_newest, bool keeps_accepted = false);
  // Notes the server's policy. The first one other than kTake counts as the earliest decision of the person, so that a
  // server that forgets or denies the policy later opens nothing. Returns true when another policy was known.
  bool on_server_policy(Strangers policy);
  // Returns decisions that the server does not have, at most `limit`; none while there is no list.
  std::vector<Decision> unsent(size_t limit) const;
  bool has_unsent() const { return (strangers_.listed && !unsent_.empty()) || policy_unsent(); }
  // Returns true when the server is to be told the policy that the person decided.
  bool policy_unsent() const { return policy_unsent_ && strangers_.wanted != strangers_.server; }
  // Notes that the server stored these decisions and, when it is not kUndecided, this policy. A decision that changed
  // meanwhile stays unsent.
  void stored(const std::vector<Decision>& decisions, Strangers policy);

  // ---- the disk
  bool has_changed() const { return !changed_.empty() || strangers_changed_; }
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
  void list();

  std::map<store::ConversationId, Entry> entries_;
  std::set<store::ConversationId> unsent_;  // also names without an entry, which the server has to forget
  // Stored by the server in this session, and how often. Another device may have taken the first one back.
  std::map<store::ConversationId, std::pair<Standing, int>> told_;
  bool policy_unsent_ = false;
  bool vault_full_ = false;  // people of before may be missing in the vault
  std::set<store::ConversationId> changed_;
  std::vector<TurnedDown> turned_down_;
  store::StrangersRow strangers_;
  bool strangers_changed_ = false;
};

}  // namespace fastchat::client
