#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "client/e2e/hash.h"
#include "client/e2e/password_for_tests.h"
#include "tests/e2e/people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

constexpr size_t kLittle = 64 * 1024;

Bytes auth_of(std::string_view password, ByteView realm, std::string_view user, size_t memory = kLittle) {
  return Bytes(derive_password_with_memory_for_tests(password, realm, user, memory)->auth.view());
}

TEST(Password, GivesTheSameKeysTwiceAndOthersForAnyOtherInput) {
  const Bytes base = auth_of("correct pony", kRealmA, "alice");
  EXPECT_EQ(base, auth_of("correct pony", kRealmA, "alice"));
  EXPECT_NE(base, auth_of("correct ponx", kRealmA, "alice"));
  EXPECT_NE(base, auth_of("correct pony", kRealmB, "alice"));
  EXPECT_NE(base, auth_of("correct pony", kRealmA, "alicf"));
  EXPECT_NE(base, auth_of("correct pony", kRealmA, "alice", 2 * kLittle));
}

TEST(Password, AuthSaysNothingAboutTheWrapKey) {
  const PasswordKeys keys = derive_password_with_memory_for_tests("pw", kRealmA, "alice", kLittle).value();
  EXPECT_EQ(keys.auth.size(), 32u);
  EXPECT_EQ(keys.wrap.size(), 32u);
  EXPECT_NE(keys.auth.view(), keys.wrap.view());
}

TEST(Password, VerifierIsAHashOfAuthUnderItsOwnLabel) {
  const Secret auth = Secret::copy_of(Bytes(32, 'x'));
  EXPECT_EQ(password_verifier(auth), sha256(label("verifier") + Bytes(32, 'x')));
}

const std::string kComposed = "caf\xC3\xA9 plum kettle";     // e with acute as one code point
const std::string kDecomposed = "cafe\xCC\x81 plum kettle";  // e, then a combining acute

std::vector<std::string> forms_of(std::string_view typed) {
  std::vector<std::string> out;
  for (const Secret& form : password_forms(typed)) out.emplace_back(form.view());
  return out;
}

TEST(Password, ANewOneIsComposedHoweverItWasTyped) {
  EXPECT_EQ(composed_password(kDecomposed).view(), kComposed);
  EXPECT_EQ(composed_password(kComposed).view(), kComposed);
  EXPECT_EQ(composed_password("plain ascii").view(), "plain ascii");
  EXPECT_EQ(composed_password("bad \xFF bytes").view(), "bad \xFF bytes");
  // Two marks in the other order, a Hangul syllable of three parts, and a composition that Unicode excludes.
  EXPECT_EQ(composed_password("a\xCC\xA3\xCC\x81").view(), composed_password("a\xCC\x81\xCC\xA3").view());
  EXPECT_EQ(composed_password("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB").view(), "\xED\x95\x9C");
  EXPECT_EQ(composed_password("\xE0\xA5\x98").view(), "\xE0\xA4\x95\xE0\xA4\xBC");
}

TEST(Password, ALogInTriesEachFormOnce) {
  using Forms = std::vector<std::string>;
  EXPECT_EQ(forms_of("plain ascii"), Forms{"plain ascii"});
  EXPECT_EQ(forms_of(kComposed), (Forms{kComposed, kDecomposed}));
  EXPECT_EQ(forms_of(kDecomposed), (Forms{kDecomposed, kComposed}));
  const std::string mixed = kComposed + kDecomposed;
  EXPECT_EQ(forms_of(mixed), (Forms{mixed, kComposed + kComposed, kDecomposed + kDecomposed}));
  EXPECT_EQ(forms_of("bad \xFF bytes"), Forms{"bad \xFF bytes"});
  EXPECT_EQ(forms_of(""), Forms{""});
}

TEST(Password, RulesRefuseWhatAGuesserTriesFirst) {
  for (const char* weak : {"", "short1!aB", "aaaaaaaaaaaaaaaa", "123456789012", "abcdefghijklmnop", "qwertyuiopasdf",
                           "passwordpassword", "Password1234", "alicealicealice", "alice1234567", "abcabcabcabcabc",
                           "fastchatadmin", "abababababab", "198704231999", "correct horse battery staple"}) {
    const Result<Unit> r = check_password(weak, "alice");
    EXPECT_EQ(r.code(), Code::kWeakPassword) << weak;
  }
}

TEST(Password, RulesAcceptWhatIsHardToGuess) {
  for (const char* good :
       {"plum kettle 9 sundial", "tr4ctor-Velvet-oom", "vier K\xC3\xB6nige tanzen", "x9$Lq2!vB7@n"}) {
    EXPECT_TRUE(check_password(good, "alice").ok()) << good;
  }
}

TEST(Password, RulesCountCharactersNotBytes) {
  const std::string e = "\xC3\xA9";
  std::string eleven = "plum kettl";  // 10
  EXPECT_FALSE(check_password(eleven + e, "bob").ok());
  EXPECT_TRUE(check_password(eleven + e + "q", "bob").ok());
  std::string longest;
  for (int i = 0; i < 128; ++i) longest += static_cast<char>('!' + (i * 37) % 90);
  EXPECT_TRUE(check_password(longest, "bob").ok());
  EXPECT_FALSE(check_password(longest + "x", "bob").ok());
}

TEST(Password, RulesRefuseControlCharactersAndInvalidUtf8) {
  EXPECT_FALSE(check_password("plum\tkettle 9 sundial", "bob").ok());
  EXPECT_FALSE(check_password("plum\xE2\x80\x8Bkettle 9 sundial", "bob").ok());
  EXPECT_FALSE(check_password("plum\xFFkettle 9 sundial", "bob").ok());
}

TEST(Passphrase, IsFiveWordsThatPassTheRulesAndNeverRepeats) {
  std::set<std::string> seen;
  FixedRandom random("passphrases");
  for (int i = 0; i < 500; ++i) {
    const std::string p = generate_passphrase(random);
    EXPECT_EQ(p.size(), 29u);
    EXPECT_TRUE(check_password(p, "alice").ok()) << p;
    EXPECT_TRUE(seen.insert(p).second);
  }
}

TEST(Passphrase, UsesEveryBitOfItsEightyRandomBits) {
  struct OneBit final : Random {
    explicit OneBit(size_t n) : bit(n) {}
    void fill(void* p, size_t n) override {
      auto* out = static_cast<unsigned char*>(p);
      for (size_t i = 0; i < n; ++i) out[i] = static_cast<unsigned char>(i == bit / 8 ? 1u << bit % 8 : 0u);
    }
    size_t bit;
  };
  std::set<std::string> seen;
  for (size_t bit = 0; bit < static_cast<size_t>(kPassphraseBits); ++bit) {
    OneBit random(bit);
    seen.insert(generate_passphrase(random));
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(kPassphraseBits));
}

}  // namespace
}  // namespace fastchat::tests
