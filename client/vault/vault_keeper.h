// The vault's owner: opens what the server keeps, merges it into pins and marks, and stores ours by compare-and-swap on
// the version. A server that shows an older vault than this terminal knows was restored from a backup, or lies: nothing
// that this terminal knows is lost by it, and its content is stored again. Lives on the session's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "client/account/account.h"
#include "client/account/stored_password_change.h"
#include "client/account/vault_budget.h"
#include "client/contacts/pin_book.h"
#include "client/core/types.h"
#include "client/e2e/vault.h"
#include "client/runtime/answer.h"
#include "client/store/stream_table.h"
#include "client/vault/vault_versions.h"
#include "proto/client.pb.h"

namespace fastchat::client {

// The groups' part of the vault. merge() answers whether ours has something that the vault lacks.
struct VaultGroups {
  std::function<void(e2e::VaultContent&)> write;
  std::function<Result<bool>(const e2e::VaultContent&)> merge;
  std::function<void(const std::string&)> told{};  // one line for the person
};

class VaultKeeper {
 public:
  // The server had an older vault, and this terminal's content is stored again. With the versions of both.
  using Restored = std::function<void(uint64_t server, uint64_t ours)>;

  VaultKeeper(Account& account, StoredPasswordChange& change, PinBook& pins, VaultGroups groups,
              store::StreamTable& streams, Ask ask, Restored restored = nullptr)
      : account_(account),
        change_(change),
        pins_(pins),
        groups_(std::move(groups)),
        streams_(streams),
        ask_(std::move(ask)),
        restored_(std::move(restored)) {}

  // Before a login may bring another vault key: what this terminal knew under the one that it has.
  void before_login();
  // The vault of the login's answer. An error ends the login: kLocalCrypto (a foreign vault), kPasswordNeeded (sealed
  // under another password), kLocalDisk.
  Result<> on_logged_in(const core::LoggedIn& in);
  // The stored version, as the worker says: fetched when it is newer than ours.
  void on_version(uint64_t version);
  void on_link_lost();
  // After on_logged_in(). The content that a change of the password seals anew: all of it, under the version that
  // follows the server's.
  Result<e2e::VaultContent> next_content(LeftOut* left_out = nullptr) const;
  // The change was made: what next_content() gave is stored.
  void on_changed(const e2e::VaultContent& content);
  // Once a turn while attached: asks for or stores what is due. `closing`: marks are worth storing too.
  void turn(int64_t now_ms, bool closing);
  // Nothing is under way or due.
  bool settled(bool closing) const;
  int64_t next_wake() const { return retry_at_; }

  // Set when the worker shows a vault that does not open: the session logs in again, and hears why. Taken once.
  std::optional<Error> take_broken() { return std::exchange(broken_, std::nullopt); }

 private:
  Result<> take(uint64_t version, ByteView box);
  void keep_older(e2e::VaultContent&& content);
  void fetch(int64_t now_ms);
  void store(int64_t now_ms);
  void on_stored(int64_t now_ms, uint64_t version, const Bytes& box, const Result<v1::ServerFrame*>& answer);
  void retry_later(int64_t now_ms);

  struct Marks {
    google::protobuf::RepeatedPtrField<v1::content::ReplayMark> all;
    bool moved = false;  // one of ours is beyond what the vault says
  };
  Result<Marks> marks() const;
  bool marks_moved() const;

  static constexpr int64_t kNever = INT64_MAX;
  static constexpr int64_t kRetryMs = 2'000;

  Account& account_;
  StoredPasswordChange& change_;
  PinBook& pins_;
  VaultGroups groups_;
  store::StreamTable& streams_;
  Ask ask_;
  Restored restored_;
  std::optional<e2e::VaultContent> content_;  // as last opened or stored; the counter is carried over from it
  std::optional<e2e::VaultContent> known_;    // of before_login()
  bool busy_ = false;
  bool said_full_ = false;
  VaultVersions versions_;
  int64_t retry_at_ = kNever;
  std::optional<Error> broken_;
};

}  // namespace fastchat::client
