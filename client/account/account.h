// The owner of this profile and the profile's secrets: on disk, and in memory while unlocked. No sockets; lives on the
// session's thread; writes join the store's transaction. Secrets on disk: the identity blob as the server has it
// (sealed under the password); when remembered, {vault key, keys} sealed under a key file beside the database; and,
// sealed under the local key, the secret that this device logs in with (device_secrets.h). The proof of the password is
// on disk only while a profile of an earlier version, or of a server of version 1, has no such secret. docs/security.md
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

// In memory while a session is unlocked.
struct Unlocked {
  e2e::Secret vault_key, local_key;
  e2e::Identity identity;
  e2e::Secret auth;  // empty once the device has a secret
};

class Account final : public TurnPart {
 public:
  explicit Account(store::Store& store) : store_(store) {}

  // Reads the profile; has_profile() says whether there is one. Removes key files that it does not name.
  Result<> load();
  bool has_profile() const { return profile_.has_value(); }
  const store::Profile& profile() const { return *profile_; }
  bool remembered() const { return has_profile() && !profile_->unlock.empty(); }

  bool unlocked() const { return unlocked_.has_value(); }
  const Unlocked& secrets() const { return *unlocked_; }
  // For what is kept on this disk.
  LocalBox box() const { return LocalBox(unlocked_->local_key); }

  // With the key file. kLocalCrypto when it does not open what is stored.
  Result<> unlock_from_disk();
  // With the password's keys. kBadCredentials when they do not open the stored identity.
  Result<> unlock_with(const e2e::PasswordKeys& keys);
  // Once unlocked: writes what a version before left to be derived. Nothing when that is done.
  Result<> keep_local_key();
  // Once the password opened a profile that its key file does not open: makes another key file.
  Result<> mend_key_file();

  // A profile in the making: what the first login needs before anything is stored.
  struct Fresh {
    Bytes realm, broker_key;
    std::vector<std::string> endpoints;
    std::string user;
    std::string device_name;
    bool remember = true;
  };
  // After the server showed blob and vault: opens the blob and writes the profile. One of the same user keeps its local
  // data. The key file is written at once, under the name that is not in use.
  Result<> adopt(const Fresh& fresh, const Bytes& device, const e2e::PasswordKeys& keys, const core::LoggedIn& in);
  // Writes a changed row of this profile.
  Result<> put(store::Profile row);
  // Writes a changed row of an unlocked profile with another vault key or proof of the password. Seals the secrets
  // again when they are remembered.
  Result<> put(store::Profile row, e2e::Secret vault_key, e2e::Secret auth);
  Result<> put_vault(uint64_t version, ByteView box);
  Result<> add_endpoint(const std::string& endpoint);
  Result<> know_devices();

  // A write did not reach the disk: takes up the state that is on disk, locked.
  void forget();
  // The transaction is on disk: what it made useless goes.
  void committed() override;
  // The profile is again as the disk has it. It stays unlocked while it is the same one.
  void rolled_back(const Error& error) override;
  // Forgets what opens the profile without the password. Commits.
  Result<> log_out();

 private:
  Result<> remember(bool wanted);

  store::Store& store_;
  std::optional<store::Profile> profile_;
  std::optional<Unlocked> unlocked_;
  std::string key_file_on_disk_;    // as the committed row names it; empty without a profile
  bool key_files_changed_ = false;  // since the last commit
  bool erases_ = false;             // the transaction deletes secrets
};

// A write did not reach the disk: takes up the state that is on disk, and unlocks a remembered profile again.
void restore_from_disk(Account& account);

}  // namespace fastchat::client
