// The owner of the vault. Opens the vault that the server keeps, merges it into pins and marks, and stores this
// device's vault by compare-and-swap on the version. A server that shows an older vault than this terminal has seen was
// restored from a backup, or lies. This terminal then loses no data and stores its content again. Lives on the
// session's thread.
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

// The groups' part of the vault. merge() returns true when this device has something that the vault lacks.
struct VaultGroups {
  std::function<void(e2e::VaultContent&)> write;
  std::function<Result<bool>(const e2e::VaultContent&)> merge;
  std::function<void(const std::string&)> told{};  // one line for the person
};

class VaultKeeper {
 public:
  // The server had an older vault and stored this terminal's content again. `server`, `ours`: the versions of both
  // vaults.
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

  // Opens the profile's vault under the present vault key, before a login may bring another vault key.
  void before_login();
  // Takes in the vault of the login's answer. An error ends the login: kLocalCrypto (a vault that the password does not
  // open), kPasswordNeeded (a vault that no key of this device opens), kLocalDisk.
  Result<> on_logged_in(const core::LoggedIn& in);
  // Notes the stored version that the worker reported. A turn fetches a version that is newer than this device's.
  void on_version(uint64_t version);
  void on_link_lost();
  // Has a turn fetch the vault, although the server named no newer version.
  void refresh() { versions_.doubt(); }
  // Returns true when the server named no version that is not here, and no request is under way.
  bool is_newest() const { return !busy_ && !versions_.newer(); }
  // Does the same, but a vault of this device that is being stored does not count.
  bool knows_newest() const { return (!busy_ || storing_) && !versions_.newer(); }
  // Returns the content to store next, under the version that follows the server's. A change of the password seals all
  // of it. Only after on_logged_in().
  Result<e2e::VaultContent> next_content(LeftOut* left_out = nullptr) const;
  // Notes that a change of the password stored `content`, which next_content() returned.
  void on_changed(const e2e::VaultContent& content);
  // Asks for the vault or stores it when that is due. Called once a turn while attached. `closing`: moved marks are
  // worth storing, too.
  void turn(int64_t now_ms, bool closing);
  // Returns true when nothing is under way or due.
  bool settled(bool closing) const;
  int64_t next_wake() const { return retry_at_; }

  // Returns, once, the error of a vault that does not open or of a write that failed. After a vault that does not open,
  // the session logs in again, and that login reports the reason.
  std::optional<Error> take_broken() { return std::exchange(broken_, std::nullopt); }

 private:
  Result<> take(uint64_t version, ByteView box, const std::optional<Error>& foreign);
  void keep_older(e2e::VaultContent&& content);
  void fetch();
  void store();
  void on_stored(uint64_t version, const Bytes& box, const Result<v1::ServerFrame*>& answer);

  struct Marks {
    google::protobuf::RepeatedPtrField<v1::content::ReplayMark> all;
    bool moved = false;  // a mark of this device is beyond the vault's mark
  };
  Result<Marks> marks() const;
  bool marks_moved() const;

  static constexpr int64_t kNever = INT64_MAX;
  static constexpr int64_t kRetryLater = 0;  // kRetryMs after the next turn, which knows the time
  static constexpr int64_t kRetryMs = 2'000;

  Account& account_;
  StoredPasswordChange& change_;
  PinBook& pins_;
  VaultGroups groups_;
  store::StreamTable& streams_;
  Ask ask_;
  Restored restored_;
  std::optional<e2e::VaultContent> content_;  // as last opened or stored; the next content keeps its counter
  std::optional<e2e::VaultContent> known_;    // opened by before_login()
  bool busy_ = false, storing_ = false;       // a request is under way; it is a vault of this device
  bool said_full_ = false;
  VaultVersions versions_;
  int64_t retry_at_ = kNever;
  std::optional<Error> broken_;
};

}  // namespace fastchat::client
