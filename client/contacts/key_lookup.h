// Asks the server for the keys of users that are not pinned, or were not compared in this session for an hour. Holds
// the messages that wait for a key. Lives on the session's thread; learnt keys join the turn.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/contacts/arrival.h"
#include "client/contacts/pin_book.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

using Resolved = std::function<void(const Result<const Pin*>&)>;

class KeyLookup final : public TurnPart {
 public:
  struct Events {
    // The server shows another key than the pinned key. `text`: one line for the person. Called after the commit.
    std::function<void(const std::string& user, const std::string& text)> changed;
    // The user has another key, which the pinned key leads to by signed changes. Joins the turn.
    std::function<void(const std::string& user)> rekeyed;
    // The server shows the pinned key again. Joins the turn.
    std::function<void(const std::string& user)> restored;
    // The key of the sender of these messages is pinned now.
    std::function<void(std::vector<Arrival>)> found;
    // The key of the sender of these messages cannot be had.
    std::function<void(const std::string& user, std::vector<Arrival>, const std::string& why)> unknown;
  };
  KeyLookup(Turn& turn, Server& server, const Account& account, PinBook& pins, Events events)
      : turn_(turn), server_(server), account_(account), pins_(pins), events_(std::move(events)) {}

  // Reports the pin of `user`: at once when the pin is known and was compared, or while there is no session. A null pin
  // stands for this user. Fails with kLocalUntrustedKey (the server shows another key), kUnknownUser, kLocalUnreachable
  // or kLocalTimeout.
  void resolve(const std::string& user, Resolved done);
  // Holds a message that does not open without the key of its sender `user`, or without a change of that key. The
  // changes of one pinned key are asked for at most every two seconds: anybody can write a name into a header.
  void hold(const std::string& user, Arrival arrival);
  // Compares the key of `user`, so that the person sees a new key. A key that was compared in this session is not
  // compared again for an hour.
  void compare(const std::string& user);
  // Returns the error for a name that cannot be a user, with the known name that is nearest to it.
  Error unknown(std::string_view user) const;
  // Returns true while a message is held, other than one whose question is put off.
  bool holds_any() const;
  // Lets the next resolve() ask the server, although the key was compared in this session.
  void forget(const std::string& user) { compared_.erase(user); }
  // Returns true when the server showed a key of `user` in this session, since forget().
  bool compared(const std::string& user) const { return compared_.contains(user); }
  // Notes that a session begins, in which no key was compared. Compares all keys, at most once an hour, so that nothing
  // is sealed for a key that a contact changed.
  void attached();

  void work() override;
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override;

 private:
  struct LookUp {
    std::vector<Resolved> waiting;
    std::vector<Arrival> arrivals;
    bool unattended() const { return waiting.empty() && arrivals.empty(); }
    bool asked = false;
    bool put_off = false;  // a held message waits because another one was asked for a moment ago
    int64_t retry_at = 0;  // ms, monotonic
    Bytes public_key{};    // as the server shows it, while the changes of the key are asked for
    Bytes first_public_key{};
    std::vector<Bytes> rekeys{};  // the changes since, as the server shows them
  };
  bool comparing() const;
  void give_up();
  void on_users(const std::vector<std::string>& names, const Result<v1::ServerFrame*>& answer);
  void ask_rekeys(const std::string& user);
  void on_rekeys(const std::string& user, const Result<v1::ServerFrame*>& answer);
  bool follow(const std::string& user, const LookUp& look_up, Bytes& public_key);
  Bytes newest_after(const LookUp& look_up, const std::string& user, const Bytes& public_key) const;
  bool signed_by_any(const LookUp& look_up, const e2e::PeerKey& key) const;
  void shown(const std::string& user, const Bytes& public_key);
  bool learn(const std::string& user, const LookUp& look_up, ByteView public_key);
  void resolved(const std::string& user, const Result<const Pin*>& result, const std::string& why = "");

  Turn& turn_;
  Server& server_;
  const Account& account_;
  PinBook& pins_;
  const Events events_;
  std::map<std::string, LookUp> look_ups_;
  int64_t all_compared_at_ = INT64_MIN / 2;  // ms, monotonic
  std::map<std::string, int64_t> held_at_;   // by pinned user: time of the last question for a held message (ms)
  std::map<std::string, int64_t> compared_;  // by user: time of the last question in this session (ms, monotonic)
};

}  // namespace fastchat::client
