// The pinned keys of users, on disk and in the vault. First contact pins the key that the server shows and marks it
// new. A key that changes without the old key's signature is kept aside as offered. Sending is then blocked until the
// person accepts or refuses the offered key, or the server shows the pinned key again. Lives on the session's thread;
// writes join the store's transaction.
#pragma once

#include <map>
#include <set>
#include <string>

#include "client/contacts/former_keys.h"
#include "client/e2e/message.h"
#include "client/e2e/vault.h"
#include "client/store/pin_table.h"

namespace fastchat::client {

// The values of content.proto's Trust.
enum class Trust : int { kFirstContact = 1, kAccepted = 2, kVerified = 3 };

struct Pin {
  e2e::PeerKey key;
  Trust trust = Trust::kFirstContact;
  int64_t since_ms = 0;
  uint64_t rekey_counter = 0;
  Bytes offered_spki;  // not empty: the server shows another key
  Bytes refused_fpr;   // fingerprint of an offered key that the person refused
};

class PinBook : public e2e::Pins {
 public:
  // `realm`: the realm of the profile; empty until there is a profile.
  explicit PinBook(store::PinTable& pins_table, Bytes realm = {})
      : pins_table_(pins_table), realm_(std::move(realm)), former_(pins_table) {}

  // Reads the pins from disk and replaces the pins in memory.
  Result<> open(Bytes realm) {
    realm_ = std::move(realm);
    return load();
  }
  Result<> load();
  const Pin* get(std::string_view user) const;
  const std::map<std::string, Pin, std::less<>>& all() const { return pins_; }
  e2e::Pinned find(std::string_view user) const override;
  const e2e::PeerKey* former(std::string_view user, ByteView fpr) const override;
  bool same_line(std::string_view user, ByteView a, ByteView b) const override;
  FormerKeys& former_keys() { return former_; }
  // Marks the contact as no longer new: a message of the contact was shown.
  void seen(std::string_view user) { fresh_.erase(std::string(user)); }

  enum class Learnt { kKnown, kFirstContact, kChanged, kRestored };  // restored: the offer of another key is gone
  // Takes in the key that the server shows for `user`.
  Result<Learnt> learn(std::string_view user, ByteView spki, int64_t now_ms);
  // Pins the offered key, which the person accepts. Fails with kNotAllowed when no key is offered, and with
  // kUnknownUser without a pin.
  Result<> accept(std::string_view user, int64_t now_ms);
  // Keeps the pinned key and refuses the offered key, which is not offered again. Fails as accept() does.
  Result<> keep(std::string_view user);
  Result<> mark_verified(std::string_view user);
  // Takes in all changes of a user's key, as a server shows them. Pins the newest key when the pinned key leads to it,
  // and remembers the keys before, which count for another day. Keys before the pinned key count for a day after it was
  // pinned. Returns true when the pin moved. A pin that is not in
  // the line stays, as does one without a user. Fails with kMalformed or kLocalUntrustedKey when the line does not
  // hold, else with kLocalDisk.
  Result<bool> follow(std::string_view user, ByteView first_spki, const std::vector<Bytes>& rekeys, int64_t now_ms);
  // Remembers a key that `user`, perhaps this user, had until now.
  Result<> retire(const e2e::PeerKey& key, int64_t now_ms);

  // Writes the pins into the vault's content.
  void write(e2e::VaultContent& out) const;
  // Merges the pins of the vault. Returns true when this device has something that the vault lacks.
  Result<bool> merge(const e2e::VaultContent& in);

  // Returns, once, the users whose pins moved because another device of this user followed a change of their key.
  std::vector<std::string> take_moved() { return std::exchange(moved_, {}); }

  // Returns true when a pin changed since the last take_dirty().
  bool take_dirty() { return std::exchange(dirty_, false); }
  void set_dirty() { dirty_ = true; }
  bool dirty() const { return dirty_; }
  // Counts the changes of pins since the start.
  uint64_t generation() const { return generation_; }

 private:
  Result<> put(const std::string& user, const Pin& pin);
  Result<> merge_one(const v1::content::Pin& theirs, bool& ours_is_more);

  store::PinTable& pins_table_;
  Bytes realm_;
  std::map<std::string, Pin, std::less<>> pins_;
  std::set<std::string, std::less<>> fresh_;
  FormerKeys former_;
  std::vector<std::string> moved_;
  bool dirty_ = false;
  uint64_t generation_ = 0;
};

}  // namespace fastchat::client
