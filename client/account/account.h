// The owner of this profile and the profile's secrets, on disk and, while unlocked, in memory. Uses no sockets. Lives
// on the session's thread; writes join the store's transaction. Secrets on disk: the identity blob as the server has it
// (sealed under the password); when remembered, {vault key, keys} sealed under a key file beside the database; the
// secret that this device logs in with (device_secrets.h), sealed under the local key. The proof of the password is on
// disk only while a profile of an earlier version, or of a server of version 1, has no device secret. docs/security.md
// explains the consequences.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/core/types.h"
#include "client/e2e/identity.h"
#include "client/e2e/password.h"
#include "client/e2e/vault.h"
#include "client/runtime/local_box.h"
#include "client/runtime/turn.h"
#include "client/store/store.h"

namespace fastchat::client {

// The secrets in memory while a session is unlocked.
struct Unlocked {
  e2e::Secret vault_key, local_key;
  e2e::Identity identity;
  e2e::Secret auth;  // empty once the device has a secret
};

class Account final : public TurnPart {
 public:
  explicit Account(store::Store& store) : store_(store) {}

  // Reads the profile, if there is one (has_profile()). Removes key files that the profile does not name.
  Result<> load();
  bool has_profile() const { return profile_.has_value(); }
  const store::Profile& profile() const { return *profile_; }
  bool remembered() const { return has_profile() && !profile_->unlock.empty(); }

  bool unlocked() const { return unlocked_.has_value(); }
  const Unlocked& secrets() const { return *unlocked_; }
  // Returns the box that seals and opens data on this disk.
  LocalBox box() const { return LocalBox(unlocked_->local_key); }

  // Unlocks with the key file. Fails with kLocalCrypto when the key file does not open the stored secrets.
  Result<> unlock_from_disk();
  // Unlocks with the keys of the password. Fails with kBadCredentials when they do not open the stored identity.
  Result<> unlock_with(const e2e::PasswordKeys& keys);
  // Stores the local key of an unlocked profile that an earlier version made without storing the key. Does nothing when
  // the key is stored.
  Result<> keep_local_key();
  // Makes another key file for a profile that the password opened and the key file did not.
  Result<> mend_key_file();

  // The data of a profile that the first login needs before anything is stored.
  struct Fresh {
    Bytes realm, broker_key;
    std::vector<std::string> endpoints;
    std::string user;
    std::string device_name;
    bool remember = true;
  };
  // Opens the identity blob that the server showed and writes the profile. An existing profile of the same user keeps
  // its local data. Writes the key file at once, under the name that is not in use. The blob may have newer keys than
  // the profile, after a change of the key on another device; or older ones than an unlocked profile, from a server
  // that was restored from a backup: the profile keeps its keys then. Fails with kLocalUntrustedKey when the blob has
  // another identity.
  Result<> adopt(const Fresh& fresh, const Bytes& device, const e2e::PasswordKeys& keys, const core::LoggedIn& in);
  // Writes a changed row of this profile.
  Result<> put(store::Profile row);
  // Writes a changed row of an unlocked profile with another vault key or proof of the password, and perhaps with
  // another identity, whose older keys are the present ones. Seals the secrets again when they are remembered.
  Result<> put(store::Profile row, e2e::Secret vault_key, e2e::Secret auth,
               std::optional<e2e::Identity> identity = std::nullopt);
  // Returns, once, the keys that this user had until a change in this turn; the newest first.
  std::vector<e2e::PeerKey> take_retired() { return std::exchange(retired_, {}); }
  Result<> put_vault(uint64_t version, ByteView box);
  Result<> add_endpoint(const std::string& endpoint);
  Result<> know_devices();

  // Reads the state on disk again, locked, after a write that failed.
  void forget();
  // Removes the key files and deleted secrets that the committed transaction made useless.
  void committed() override;
  // Reads the profile from disk again. The profile stays unlocked while it is the same profile.
  void rolled_back(const Error& error) override;
  // Deletes the stored data that opens the profile without the password. Commits.
  Result<> log_out();

 private:
  Result<> remember(bool wanted);
  void retire(const e2e::Identity& before, const e2e::Identity& now);

  store::Store& store_;
  std::optional<store::Profile> profile_;
  std::optional<Unlocked> unlocked_;
  std::string key_file_on_disk_;    // named by the committed row; empty without a profile
  bool key_files_changed_ = false;  // since the last commit
  bool erases_ = false;             // the transaction deletes secrets
  std::vector<e2e::PeerKey> retired_;
};

// Reads the state on disk again after a write that failed, and unlocks a remembered profile again.
void restore_from_disk(Account& account);

}  // namespace fastchat::client
