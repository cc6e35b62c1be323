// Random changes to real bytes, with a fixed seed: nothing crashes, nothing altered is ever opened.
#include <gtest/gtest.h>

#include <random>

#include "client/e2e/seal.h"
#include "client/e2e/strict.h"
#include "client/e2e/vault.h"
#include "tests/e2e/suite2_people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

Bytes mutate(Bytes bytes, std::mt19937& rng) {
  const auto at = [&] { return rng() % (bytes.size() + 1); };
  for (auto n = 1 + rng() % 3; n > 0; --n) {
    switch (rng() % 6) {
      case 0:
        if (!bytes.empty()) bytes[rng() % bytes.size()] ^= static_cast<char>(1u << rng() % 8);
        break;
      case 1:
        if (!bytes.empty()) bytes[rng() % bytes.size()] = static_cast<char>(rng());
        break;
      case 2:
        bytes.insert(at(), 1 + rng() % 4, static_cast<char>(rng()));
        break;
      case 3:
        bytes.erase(at(), 1 + rng() % 8);
        break;
      case 4:
        bytes.resize(at());
        break;
      default: {
        const size_t from = at();
        bytes.insert(at(), bytes.substr(from, rng() % 64));
      }
    }
  }
  return bytes;
}

TEST(Mutation, OfAnEnvelopeIsNeverOpenedAndNeverCrashes) {
  Trio t;
  const GroupState group = create_group(t.a.me, "club", {{"bob", t.b.me.fpr()}}, test_key(6).public_key()).value();
  t.b.groups.enter(group, &test_key(6));
  const std::vector<Bytes> real = {t.a.say(t.b.me.peer(), "hello").envelope, t.a.say_group(group, "hello").envelope};
  for (const Bytes& e : real) ASSERT_EQ(t.b.look(e).outcome, Outcome::kOpened);
  std::mt19937 rng(20240601);
  for (int i = 0; i < 6000; ++i) {
    const Bytes& original = real[i % 2];
    const Bytes changed = mutate(original, rng);
    if (changed == original) continue;
    const Received r = t.b.look(changed);
    ASSERT_NE(r.outcome, Outcome::kOpened) << to_hex(changed);
    ASSERT_FALSE(r.why.empty());
  }
}

// Changes one field of a header so that most changes keep to its rule: a bit of its bytes, or of its number.
void mutate_field(v1::content::Header& h, std::mt19937& rng) {
  const auto flip = [&](std::string* bytes) { (*bytes)[rng() % bytes->size()] ^= static_cast<char>(1u << rng() % 8); };
  const uint64_t bit = uint64_t{1} << rng() % 40;
  switch (rng() % 11) {
    case 0:
      return flip(h.mutable_eph());
    case 1:
      return flip(h.mutable_prekey_hash());
    case 2:
      return flip(h.mutable_own_prekey_hash());
    case 3:
      return flip(h.mutable_stream());
    case 4:
      return flip(h.mutable_prev());
    case 5:
      return flip(h.mutable_to_fpr());
    case 6:
      return flip(h.mutable_from_fpr());
    case 7:
      return h.set_prekey_n(h.prekey_n() ^ bit);
    case 8:
      return h.set_own_prekey_n(h.own_prekey_n() ^ bit);
    case 9:
      return h.set_seq(h.seq() ^ bit);
    default:
      return h.set_sent_ms(h.sent_ms() ^ static_cast<int64_t>(bit));
  }
}

// Failed when the contexts of wraps and body did not hold the header.
TEST(Mutation, OfAMessageOfSuite2IsNeverOpenedAndNeverCrashes) {
  Duo t;
  t.say("first");
  const Bytes original = t.say("hello").envelope;
  const Envelope e = *parse_envelope(original).envelope;
  std::mt19937 rng(20261130);
  // A server changes any byte. A sender changes the first wrap, the header or the body, and signs anew.
  const std::vector<std::function<Bytes()>> changes = {
      [&] { return mutate(original, rng); },
      [&] {
        return altered(original, t.a.me.key(), [&](auto&, auto& out) { out.set_wraps(0, mutate(e.wraps[0], rng)); });
      },
      [&] { return altered(original, t.a.me.key(), [&](auto& header, auto&) { mutate_field(header, rng); }); },
      [&] { return altered(original, t.a.me.key(), [&](auto&, auto& out) { out.set_body(mutate(e.body, rng)); }); },
  };
  std::vector<int> signed_ones(changes.size());
  for (size_t i = 0; i < 1600; ++i) {
    const size_t how = i % changes.size();
    const Bytes changed = changes[how]();
    const std::optional<Envelope> now = parse_envelope(changed).envelope;
    if (now && now->header_bytes == e.header_bytes && now->wraps == e.wraps && now->body == e.body) continue;
    const Received r = t.bob_reads(changed);
    ASSERT_NE(r.outcome, Outcome::kOpened) << to_hex(changed);
    ASSERT_FALSE(r.why.empty());
    signed_ones[how] += r.authentic;
  }
  EXPECT_EQ(signed_ones[0], 0);
  for (size_t how = 1; how < changes.size(); ++how) EXPECT_GT(signed_ones[how], 50) << how;
}

TEST(Mutation, OfAHeaderOrAWrapIsNeverOpened) {
  Trio t;
  const Envelope e = *parse_envelope(t.a.say(t.b.me.peer(), "hello").envelope).envelope;
  std::mt19937 rng(7);
  for (int i = 0; i < 2000; ++i) {
    const Bytes header = mutate(e.header_bytes, rng);
    if (header != e.header_bytes) {
      ASSERT_NE(t.b.look(encode_envelope(header, e.wraps, e.body, e.sig)).outcome, Outcome::kOpened);
    }
  }
}

// Plaintexts that a signed sender may send. decode_plaintext runs after the check of the signature, but its input is
// still hostile.
TEST(Mutation, OfAPlaintextDecodesOnlyToWhatEncodesBack) {
  std::vector<Bytes> real;
  real.emplace_back(encode_plaintext(Text{"hello there"})->view());
  real.emplace_back(
      encode_plaintext(Content(FileInfo{Bytes(16, 'f'), Secret(32), Bytes(32, 'h'), 9, "n", "t"}))->view());
  real.emplace_back(encode_plaintext(ReadReceipt{Bytes(32, 'r'),
                                                 9,
                                                 {{MessageId{Bytes(32, 'a'), Bytes(16, 's'), 3}, Bytes(32, 'e')}},
                                                 Bytes(384, 'g')})
                        ->view());
  std::mt19937 rng(11);
  for (int i = 0; i < 6000; ++i) {
    Bytes changed = mutate(real[static_cast<size_t>(i) % real.size()], rng);
    changed.resize((changed.size() + kPad - 1) / kPad * kPad, '\0');
    if (const Result<Content> r = decode_plaintext(changed); r.ok() && !std::holds_alternative<Text>(*r)) {
      EXPECT_TRUE(encode_plaintext(*r).ok());
    }
  }
}

TEST(Mutation, OfStatesVaultsAndKeysIsRefused) {
  Trio t;
  const GroupState one = create_group(t.a.me, "club", {{"bob", t.b.me.fpr()}}, test_key(6).public_key()).value();
  const GroupState two = change_group(t.a.me, one, change_of(one), test_key(7).public_key()).value();
  const Secret key(32);
  VaultContent v;
  v.set_version(1);
  const Bytes vault = seal_vault(key, "alice", v).value();
  const Bytes spki = test_key(8).public_key().spki();
  std::mt19937 rng(13);
  for (int i = 0; i < 2000; ++i) {
    if (const Bytes m = mutate(two.encoded, rng); m != two.encoded) {
      EXPECT_FALSE(follow_group(one, m, t.a.me.peer()).ok());
    }
    if (const Bytes m = mutate(vault, rng); m != vault) {
      EXPECT_FALSE(open_vault(key, "alice", 1, 0, m).ok());
    }
    if (const Result<PublicKey> k = PublicKey::from_spki(mutate(spki, rng)); k.ok()) {
      EXPECT_EQ(k->spki().size(), kSpki);
    }
  }
}

TEST(Mutation, OfARandomMessageOfEveryTypeParsesStrictlyOrNotAtAll) {
  std::mt19937 rng(17);
  for (int i = 0; i < 20000; ++i) {
    Bytes noise(rng() % 80, '\0');
    for (char& c : noise) c = static_cast<char>(rng() % 3 == 0 ? rng() % 128 : rng());
    VaultContent v;
    if (parse_strict(noise, 100, v).ok()) {
      EXPECT_EQ(encode(v), noise);
    }
    v1::content::GroupState s;
    if (parse_strict(noise, 100, s).ok()) {
      EXPECT_EQ(encode(s), noise);
    }
    (void)decode_plaintext(noise);
    (void)parse_envelope(noise);
  }
}

}  // namespace
}  // namespace fastchat::tests
