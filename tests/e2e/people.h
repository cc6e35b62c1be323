// The people of the end-to-end tests (alice, bob, carol, mallory), and the three interfaces that open_message asks, as
// plain maps. One thread.
#pragma once

#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "client/e2e/message.h"
#include "tests/support/test_keys.h"

namespace fastchat::tests {

inline const Bytes kRealmA(16, 'R');
inline const Bytes kRealmB(16, 'S');
inline constexpr int64_t kNowMs = 1750000000000;

// Returns `user` with the pool's key `key`. By convention alice has 0, bob 1, carol 2, mallory 3.
e2e::Identity person(const std::string& user, size_t key, const Bytes& realm = kRealmA);
e2e::Identity alice();
e2e::Identity bob();
e2e::Identity carol();
e2e::Identity mallory();

// Bytes from SHA-256 in counter mode over a seed: the same in every run.
class FixedRandom final : public e2e::Random {
 public:
  explicit FixedRandom(std::string seed) : seed_(std::move(seed)) {}
  void fill(void* p, size_t n) override;

 private:
  std::string seed_;
  uint64_t counter_ = 0;
};

class MapPins final : public e2e::Pins {
 public:
  void pin(const e2e::PeerKey& key, bool first_contact = false);
  e2e::Pinned find(std::string_view user) const override;

 private:
  std::map<std::string, e2e::PeerKey, std::less<>> keys_;
  std::set<std::string, std::less<>> fresh_;
};

class MapMarks final : public e2e::ReplayMarks {
 public:
  void add(const e2e::MessageId& id, const Bytes& hash) { seen_[id] = hash; }
  std::optional<Seen> seen(const e2e::MessageId& id) const override;

 private:
  std::map<e2e::MessageId, Bytes> seen_;
};

class MapGroups final : public e2e::Groups {
 public:
  // Makes the state current; the state before stays readable.
  void enter(const e2e::GroupState& state, const e2e::KeyPair* key);
  const e2e::GroupState* current(ByteView group_id) const override;
  e2e::EpochView epoch(ByteView group_id, uint64_t epoch) const override;
  uint64_t settled(ByteView /*group_id*/) const override { return settled_epoch; }
  uint64_t settled_epoch = UINT64_MAX;  // of all groups

 private:
  struct Held {
    e2e::GroupState state;
    const e2e::KeyPair* key = nullptr;
  };
  std::map<Bytes, std::map<uint64_t, Held>, std::less<>> held_;
};

// One client: an identity and its data. receive() opens a message and marks it as received, as the real client does.
struct Client {
  explicit Client(e2e::Identity identity) : me(std::move(identity)) {}
  e2e::Received look(ByteView envelope, e2e::CameAs came = e2e::CameAs::kNotKnown) const {
    return open_message(me, envelope, pins, marks, groups, std::nullopt, came);
  }
  e2e::Received receive(ByteView envelope);
  // Seals the next message of a stream to `to`; remembers seq and prev, and marks the message as own.
  e2e::SealedMessage say(const e2e::PeerKey& to, e2e::Content content);
  e2e::SealedMessage say(const e2e::PeerKey& to, const std::string& text) { return say(to, e2e::Text{text}); }
  e2e::SealedMessage say_group(const e2e::GroupState& group, const std::string& text) {
    return say_group(group, e2e::Content(e2e::Text{text}));
  }
  e2e::SealedMessage say_group(const e2e::GroupState& group, const e2e::Content& content);

  e2e::Identity me;
  MapPins pins;
  MapMarks marks;
  MapGroups groups;
  std::map<std::string, e2e::StreamPosition> streams;
};

// Alice, Bob and Carol, who have pinned each other.
struct Trio {
  Trio();
  Client a, b, c;
};

// Returns the text of an opened message; empty when the message holds something else.
std::string text_of(const e2e::Received& r);

// Builds an envelope from a header and wraps made by hand, for senders who break the rules. `sign_with` signs.
Bytes forge(const e2e::Header& header, const std::vector<Bytes>& wraps, ByteView body, const e2e::KeyPair& sign_with);
// Returns a well-formed header from `from` to `to`, seq 1.
e2e::Header header_to(const e2e::Identity& from, const e2e::PeerKey& to);

// Expects that the message is refused for this reason, in words too.
inline void expect_refused(const e2e::Received& r, e2e::Reason reason) {
  EXPECT_EQ(r.outcome, e2e::Outcome::kQuarantine);
  EXPECT_EQ(reason_name(r.reason), reason_name(reason)) << r.why;
  EXPECT_FALSE(r.why.empty());
}

}  // namespace fastchat::tests
