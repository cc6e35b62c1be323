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

TEST(Mutation, OfAMessageOfSuite2IsNeverOpenedAndNeverCrashes) {
  Duo t;
  const Bytes original = t.say("hello").envelope;
  const Envelope e = *parse_envelope(original).envelope;
  std::mt19937 rng(20261130);
  for (int i = 0; i < 1200; ++i) {
    // In every second round the signature is right and only a wrap or the header is changed.
    const bool signed_anew = i % 2 == 1;
    const Bytes changed =
        !signed_anew ? mutate(original, rng) : altered(original, t.a.me.key(), [&](auto&, v1::content::Envelope& out) {
          out.set_wraps(0, mutate(e.wraps[0], rng));
        });
    if (changed == original ||
        (signed_anew && parse_envelope(changed).envelope && parse_envelope(changed).envelope->wraps == e.wraps)) {
      continue;
    }
    const Received r = t.bob_reads(changed);
    ASSERT_NE(r.outcome, Outcome::kOpened) << to_hex(changed);
    ASSERT_FALSE(r.why.empty());
  }
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
