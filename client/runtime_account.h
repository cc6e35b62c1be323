// Whose profile this is and the secrets of it: what is on disk, and what is in memory while unlocked. No sockets; lives
// on the session's thread. Secrets on disk: the identity blob as the server has it (sealed under the password) and,
// when remembered, {auth, vault key, keys} sealed under `unlock.key`, a file of 32 random bytes (mode 0600) beside the
// database. docs/security.md says what that means.
#pragma once

#include <optional>
#include <string>

#include "client/core/types.h"
#include "client/e2e/identity.h"
#include "client/e2e/password.h"
#include "client/store/store.h"

namespace fastchat::client {

// In memory while a session is unlocked.
struct Unlocked {
  e2e::Secret auth, vault_key, local_key;
  e2e::Identity identity;
};

class Account {
 public:
  explicit Account(store::Store& store) : store_(store) {}

  // Reads the profile; has_profile() says whether there is one.
  Result<> load();
  bool has_profile() const { return profile_.has_value(); }
  const store::Profile& profile() const { return *profile_; }
  bool remembered() const { return has_profile() && !profile_->unlock.empty(); }

  bool unlocked() const { return unlocked_.has_value(); }
  const Unlocked& secrets() const { return *unlocked_; }

  // With unlock.key. kLocalCrypto when it does not open what is stored.
  Result<> unlock_from_disk();
  // With the password's keys. kBadCredentials when they do not open the stored identity.
  Result<> unlock_with(const e2e::PasswordKeys& keys);

  // A profile in the making: what the first login needs before anything is stored.
  struct Fresh {
    Bytes realm, broker_key;
    std::vector<std::string> endpoints;
    std::string user;
    std::string device_name;
    bool remember = true;
  };
  // After the server showed blob and vault: opens the blob and writes the profile (an existing one of the same user
  // keeps its device). Writes within the store's transaction, unlock.key at once.
  Result<> adopt(const Fresh& fresh, const Bytes& device, const e2e::PasswordKeys& keys, const core::LoggedIn& in);
  // The blob that a later login showed: kLocalCrypto when it is another identity than ours.
  Result<> check_blob(ByteView blob);
  Result<> put_vault(uint64_t version, ByteView box);
  Result<> add_endpoint(const std::string& endpoint);

  // What adopt() did did not reach the disk: back to what stands there, locked.
  void forget();
  // Forgets what opens the profile without the password.
  Result<> log_out();

 private:
  std::string key_path() const { return store_.directory() + "/unlock.key"; }
  Result<Bytes> seal_unlock(ByteView key) const;

  store::Store& store_;
  std::optional<store::Profile> profile_;
  std::optional<Unlocked> unlocked_;
};

}  // namespace fastchat::client
