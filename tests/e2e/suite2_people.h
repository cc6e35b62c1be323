// Alice and bob of people.h with prekeys: what the tests of suite 2 need. One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/e2e/message.h"
#include "client/e2e/prekey.h"
#include "proto/content.pb.h"
#include "tests/e2e/people.h"

namespace fastchat::tests {

// A user's own pairs, and what was seen of others', as plain maps.
class MapPrekeys final : public e2e::Prekeys {
 public:
  void add(e2e::PrekeyPair pair) { pairs_.push_back(std::move(pair)); }
  void erase(uint64_t n);
  e2e::PrekeyPair take(uint64_t n);  // removes the pair that was added first under n
  const std::vector<e2e::PrekeyPair>& pairs() const { return pairs_; }
  const e2e::Prekey& newest() const { return pairs_.back().prekey; }  // the one that was added last
  const e2e::PrekeyPair* own(ByteView fpr, uint64_t n, ByteView hash) const override;
  bool awaited(ByteView fpr, uint64_t n) const override { return waits && waits(fpr, n); }
  e2e::PrekeyView seen(std::string_view user, ByteView fpr) const override;
  bool only_suite_2(const e2e::Header& header) const override { return only && only(header); }

  std::map<std::pair<std::string, Bytes>, e2e::PrekeyView> views;
  std::function<bool(const e2e::Header&)> only;
  std::function<bool(ByteView, uint64_t)> waits;

 private:
  std::vector<e2e::PrekeyPair> pairs_;
};

// Alice with prekey 3, who writes to bob with prekeys 6 and 7. They have pinned each other.
struct Duo {
  Duo();
  // Seals alice's next message to bob; in suite 1 without prekeys.
  e2e::SealedMessage say(const std::string& text, bool suite2 = true);
  e2e::SealedMessage say_to_herself(const std::string& text);
  // Seals "hello" to a prekey of bob's key at the first place of a stream.
  e2e::SealedMessage say_to(const e2e::Prekey& prekey) const;
  // Makes the same without the checks of a sender: wrap 1 is to the key `to` and to `prekey`, whosever it is.
  Bytes wrapped_to(const e2e::PeerKey& to, const e2e::Prekey& prekey) const;
  e2e::Received bob_reads(ByteView envelope) { return read(b, bobs, envelope); }
  // Returns what a device of alice that has received nothing makes of an envelope.
  e2e::Received tablet_reads(ByteView envelope);
  static e2e::Received read(Client& reader, const MapPrekeys& prekeys, ByteView envelope);
  // Reads, and marks what was refused as the client does, where the sender keeps the place.
  e2e::Received bob_takes_in(ByteView envelope);
  e2e::MessagePrekeys to_bob() const { return {bobs.newest(), alices.newest()}; }

  Client a, b;
  MapPrekeys alices, bobs;
};

// Makes a prekey that cannot fail.
e2e::PrekeyPair new_prekey(const e2e::Identity& of, uint64_t n);
// Signs a prekey whose fields were made by hand.
e2e::Prekey signed_again(const e2e::Identity& by, e2e::Prekey prekey);

// Takes an envelope apart, lets `change` alter it, and signs it again: the work of a dishonest sender.
using Change = std::function<void(v1::content::Header&, v1::content::Envelope&)>;
Bytes altered(ByteView envelope, const e2e::KeyPair& sign_with, const Change& change);

// The points of low order, each in every encoding of 32 bytes that X25519 takes for it, 14 in all.
std::vector<Bytes> low_order_points();

}  // namespace fastchat::tests
