// The owner of the vault. Opens the vault that the server keeps, merges it into pins and marks, and stores this
// device's vault by compare-and-swap on the version. A vault is a head and parts, of which only changed ones are
// written (vault_parts.h); a server of before version 5 keeps a vault of one box. A server that shows an older vault
// than this terminal has seen was restored from a backup, or lies. This terminal then loses no data and stores its
// content again. Lives on the session's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/account/account.h"
#include "client/account/stored_password_change.h"
#include "client/account/vault_budget.h"
#include "client/contacts/pin_book.h"
#include "client/core/types.h"
#include "client/e2e/vault.h"
#include "client/runtime/answer.h"
#include "client/vault/vault_marks.h"
#include "client/vault/vault_parts.h"
#include "client/vault/vault_versions.h"
#include "proto/client.pb.h"

namespace fastchat::client {

// The groups' part of the vault. merge() returns true when this device has something that the vault lacks.
struct VaultGroups {
  std::function<void(e2e::VaultContent&)> write;
  std::function<Result<bool>(const e2e::VaultContent&)> merge;
  std::function<void(const std::string&)> told{};  // one line for the person
  std::function<void()> lacks_contacts{};          // the server lost decisions about contacts
  std::function<bool()> waits{};                   // the content is about to get more: no vault is stored yet

  void tell(const std::string& text) const {
    if (told) told(text);
  }
  // Handles a vault that lacks parts, of as many as `of`.
  void lost(const VaultParts::Lost& lost, int of) const;
};

// The server, for the vault.
struct VaultServer {
  Ask ask;
  std::function<uint32_t()> version;  // of the protocol that the worker speaks
  // The server had an older vault and stored this terminal's content again. `server`, `ours`: the versions of both
  // vaults.
  std::function<void(uint64_t server, uint64_t ours)> restored{};
};

class VaultKeeper {
 public:
  static constexpr uint32_t kPartsSince = 5;  // version of the protocol

  VaultKeeper(Account& account, StoredPasswordChange& change, PinBook& pins, VaultGroups groups,
              store::StreamTable& streams, store::VaultPartTable& parts, VaultServer server)
      : account_(account),
        change_(change),
        pins_(pins),
        groups_(std::move(groups)),
        server_(std::move(server)),
        marks_(streams),
        parts_(account, parts, server_.ask) {}

  // Opens the profile's vault under the present vault key, before a login may bring another vault key.
  void before_login();
  // Takes in the vault of the login's answer, once its parts are here: wanted_parts() lists those that are not. At a
  // broker of before version 5, which has no parts, a device that has a vault goes on with it. An
  // error ends the login: kLocalCrypto (a vault that the password does not open), kPasswordNeeded (a vault that no key
  // of this device opens), kLocalDisk.
  Result<> on_logged_in(const core::LoggedIn& in);
  // Returns the parts to ask the broker for next; none: the vault was taken in, or there is none.
  std::vector<Bytes> wanted_parts() const;
  // Takes the answer to a request for wanted_parts(). The errors are those of on_logged_in().
  Result<> on_parts(const v1::VaultParts& answer);
  // Notes the stored version that the worker reported. A turn fetches a version that is newer than this device's.
  void on_version(uint64_t version);
  void on_link_lost();
  // Has a turn fetch the vault, although the server named no newer version.
  void refresh() { versions_.doubt(); }
  // Returns true when the server named no version that is not here, and no request is under way. `or_stores`: a vault
  // of this device that is being stored does not count.
  bool is_newest(bool or_stores = false) const {
    return (work_ == Work::kNone || (or_stores && work_ == Work::kStores)) && versions_.newest();
  }
  // Returns the vault to store with a change of the password, under the version that follows the server's: the head
  // that the server has, or all of the content. Only after on_logged_in(). Fails with kNotAllowed while the server's
  // head is no base for the next one.
  Result<e2e::OpenedVault> next_vault() const;
  // Notes that a change of the password stored `vault`, which next_vault() returned.
  Result<> on_changed(const e2e::OpenedVault& vault);
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
  // A vault that the server showed, while its parts are fetched.
  struct Offer {
    uint64_t version = 0;
    Bytes box;
    e2e::OpenedVault vault;
    bool doubts = false;           // the vault is fetched once more after this one
    bool known = false;            // this process took in, or stored, this very vault
    std::vector<Bytes> missing{};  // parts
  };
  enum class Work { kNone, kFetches, kStores };

  Result<> look_at(uint64_t version, ByteView box, const std::optional<Error>& foreign);
  Result<> go_on();
  Result<> take(Offer offer);
  void keep_older(e2e::VaultContent&& content);
  Result<e2e::VaultContent> next_content(size_t room, bool with_marks, LeftOut* left_out) const;
  bool may_store() const;
  void fetch();
  void fetch_parts(uint64_t named);
  void store(bool closing);
  void on_put(const VaultParts::Vault& vault, Code code);

  static constexpr int64_t kNever = INT64_MAX;
  static constexpr int64_t kRetryLater = 0;  // kRetryMs after the next turn, which knows the time
  static constexpr int64_t kRetryMs = 2'000;
  static constexpr int kFewMarks = 256;  // marks of one part

  Account& account_;
  StoredPasswordChange& change_;
  PinBook& pins_;
  VaultGroups groups_;
  const VaultServer server_;
  VaultMarks marks_;
  VaultParts parts_;
  std::optional<e2e::VaultContent> content_;  // as last opened or stored; the next content keeps its counter
  std::optional<e2e::VaultContent> known_;    // opened by before_login()
  std::optional<Offer> offer_;
  Work work_ = Work::kNone;  // of the request under way
  VaultRoom room_;
  VaultVersions versions_;
  int64_t retry_at_ = kNever;
  std::optional<Error> broken_;
};

}  // namespace fastchat::client
