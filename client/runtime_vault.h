// The vault's owner: opens what the server keeps, merges it into pins and marks, and stores ours by compare-and-swap on
// the version. Never goes below the last version seen. Lives on the session's thread.
#pragma once

#include <functional>

#include "client/core/types.h"
#include "client/e2e/vault.h"
#include "client/runtime_account.h"
#include "client/runtime_pins.h"
#include "proto/client.pb.h"

namespace fastchat::client {

using Answer = std::function<void(const Result<v1::ServerFrame*>&)>;
using Ask = std::function<void(v1::ClientFrame&&, Answer)>;

// The groups' part of the vault. merge() answers whether ours has something that the vault lacks.
struct VaultGroups {
  std::function<void(e2e::VaultContent&)> write;
  std::function<Result<bool>(const e2e::VaultContent&)> merge;
};

class VaultKeeper {
 public:
  VaultKeeper(Account& account, PinBook& pins, VaultGroups groups, store::Store& store, Ask ask)
      : account_(account), pins_(pins), groups_(std::move(groups)), store_(store), ask_(std::move(ask)) {}

  // The vault of the login's answer. An error ends the login: kLocalCrypto (an old or foreign vault), kLocalDisk.
  Result<> on_logged_in(const core::LoggedIn& in);
  // The stored version, as the worker says: fetched when it is newer than ours.
  void on_version(uint64_t version);
  void on_link_lost();
  // Once a turn while attached: asks for or stores what is due. `closing`: marks are worth storing too.
  void turn(int64_t now_ms, bool closing);
  // Nothing is under way or due.
  bool settled(bool closing) const;
  int64_t next_wake() const { return retry_at_; }

  // Set when the server shows a vault that must not be trusted; the session ends with it.
  const std::optional<Error>& broken() const { return broken_; }

 private:
  Result<> take(uint64_t version, ByteView box);
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
  PinBook& pins_;
  VaultGroups groups_;
  store::Store& store_;
  Ask ask_;
  e2e::VaultContent content_;  // as last opened or stored; the counter is carried over from it
  bool opened_ = false;
  bool busy_ = false;
  uint64_t offered_ = 0;  // a version the worker named
  int64_t retry_at_ = kNever;
  std::optional<Error> broken_;
};

}  // namespace fastchat::client
