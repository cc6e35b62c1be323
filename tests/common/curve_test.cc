#include "common/curve.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>
#include <vector>
#include <zmq.hpp>

#include "common/hash.h"
#include "common/random.h"
#include "tests/common/temporary.h"

namespace fastchat {
namespace {

using test::Temporary;

const Bytes kKey(32, 'k'), kRealm(16, 'r');
const std::string kTail = "/?key=" + to_base64url(kKey) + "&realm=" + to_base64url(kRealm);

TEST(Curve, DerivesThePublicKeyThatLibzmqDerives) {
  char public_z85[41], secret_z85[41], derived[41];
  ASSERT_EQ(zmq_curve_keypair(public_z85, secret_z85), 0);
  Bytes secret(32, '\0');
  ASSERT_NE(zmq_z85_decode(reinterpret_cast<uint8_t*>(secret.data()), secret_z85), nullptr);
  const auto pair = curve_pair_of(secret);
  ASSERT_TRUE(pair);
  zmq_z85_encode(derived, reinterpret_cast<const uint8_t*>(pair->public_key.data()), 32);
  EXPECT_STREQ(derived, public_z85);
  EXPECT_FALSE(curve_pair_of(Bytes(31, 'x')));
}

TEST(Curve, KeepsTheKeyItMade) {
  Temporary dir;
  const auto made = load_or_create_curve_pair(dir / "keys/deep/cluster.key");
  ASSERT_TRUE(made) << made.error().text;
  const auto again = load_or_create_curve_pair(dir / "keys/deep/cluster.key");
  ASSERT_TRUE(again);
  EXPECT_EQ(made->secret_key, again->secret_key);
  struct stat info {};
  ASSERT_EQ(stat((dir / "keys/deep/cluster.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(stat((dir / "keys").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST(Curve, ProgramsThatMakeAKeyAtTheSameTimeAgree) {
  Temporary dir;
  std::vector<std::string> secrets(8);
  {
    std::vector<std::jthread> threads;
    for (auto& secret : secrets) {
      threads.emplace_back([&] { secret = load_or_create_curve_pair(dir / "cluster.key").value().secret_key; });
    }
  }
  for (const auto& secret : secrets) EXPECT_EQ(secret, secrets[0]);
}

TEST(Curve, RefusesAKeyFileThatOthersCanRead) {
  Temporary dir;
  ASSERT_TRUE(load_or_create_curve_pair(dir / "k"));
  ASSERT_EQ(chmod((dir / "k").c_str(), 0640), 0);
  const auto pair = load_curve_pair(dir / "k");
  ASSERT_FALSE(pair);
  EXPECT_NE(pair.error().text.find("chmod 600"), std::string::npos) << pair.error().text;
}

TEST(Curve, RefusesATornKeyFileAndDoesNotReplaceIt) {
  Temporary dir;
  const std::string path = dir.write("k", "abc");
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(load_or_create_curve_pair(path).code(), Code::kLocalDisk);
  EXPECT_EQ(test::read_file(path), "abc");
  EXPECT_EQ(load_curve_pair(dir / "none").code(), Code::kLocalDisk);
}

TEST(Curve, KeepsTheSecretOfTheLogOfKeysInAFile) {
  Temporary dir;
  const auto none = find_log_key(dir / "log.key");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
  const auto made = load_or_create_log_key(dir / "log.key");
  ASSERT_TRUE(made) << made.error().text;
  const auto again = load_or_create_log_key(dir / "log.key");
  EXPECT_EQ(again->public_key, made->public_key);
  EXPECT_EQ(find_log_key(dir / "log.key").value()->public_key, made->public_key);
  ASSERT_EQ(chmod((dir / "log.key").c_str(), 0640), 0);
  EXPECT_EQ(find_log_key(dir / "log.key").code(), Code::kLocalDisk) << "others can read it";
}

TEST(InviteLine, ComesBackAsItWas) {
  for (const std::string host : {"chat.example.org", "192.0.2.7", "2001:db8::1"}) {
    const InviteLine line{host, 7999, random_bytes(32), random_bytes(16)};
    const auto parsed = parse_invite_line("  " + format_invite_line(line) + "\n");
    ASSERT_TRUE(parsed) << parsed.error().text;
    EXPECT_EQ(parsed->host, host);
    EXPECT_EQ(parsed->port, 7999);
    EXPECT_EQ(parsed->key, line.key);
    EXPECT_EQ(parsed->realm, line.realm);
  }
  EXPECT_EQ((InviteLine{"::1", 80, kKey, kRealm}).endpoint(), "tcp://[::1]:80");
}

TEST(InviteLine, IsTakenOutOfWhatMailAndChatsPutAroundIt) {
  const std::string line = "fastchat://h:1" + kTail;
  const std::string begin = line.substr(0, 40), end = line.substr(40);
  for (const std::string& pasted :
       {"<" + line + ">", "\"" + line + "\"", "'" + line + "'\n", "`" + line + "`", "\u201C" + line + "\u201D",
        " < " + line + " > ", "\"<" + line + ">\"", begin + "\r\n" + end, begin + "\n    " + end + "\n",
        begin.substr(0, 5) + " \n" + begin.substr(5) + "\r" + end}) {
    const auto parsed = parse_invite_line(pasted);
    ASSERT_TRUE(parsed) << pasted << parsed.error().text;
    EXPECT_EQ(parsed->host, "h");
    EXPECT_EQ(parsed->key, kKey);
  }
  for (const std::string& bad : {"<" + line, line + "\"", begin + " " + end, std::string("<>"), std::string("\"")}) {
    EXPECT_FALSE(parse_invite_line(bad)) << bad;
  }
}

TEST(InviteLine, TakesTheParametersInEitherOrder) {
  EXPECT_TRUE(parse_invite_line("fastchat://h:1/?realm=" + to_base64url(kRealm) + "&key=" + to_base64url(kKey)));
}

TEST(InviteLine, MayNameTheLogOfKeys) {
  const Bytes log(32, 'l');
  const InviteLine line{"h", 1, kKey, kRealm, log};
  EXPECT_EQ(format_invite_line(line), "fastchat://h:1" + kTail + "&log=" + to_base64url(log));
  const auto parsed = parse_invite_line(format_invite_line(line));
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(parsed->log_key, log);
  EXPECT_EQ(parse_invite_line("fastchat://h:1" + kTail)->log_key, "");
  EXPECT_EQ(parse_invite_line("fastchat://h:1/?log=" + to_base64url(log) + "&" + kTail.substr(2))->log_key, log);
  for (const std::string bad : {"&log=", "&log=x", "&log=AAAA"}) {
    EXPECT_EQ(parse_invite_line("fastchat://h:1" + kTail + bad).code(), Code::kMalformed) << bad;
  }
  EXPECT_EQ(parse_invite_line(format_invite_line(line) + "&log=" + to_base64url(log)).code(), Code::kMalformed);
}

TEST(InviteLine, RefusesEverythingElse) {
  for (const std::string& bad : {
           std::string(),
           "http://h:1" + kTail,
           "fastchat://h" + kTail,
           "fastchat://h:" + kTail,
           "fastchat://h:0" + kTail,
           "fastchat://h:65536" + kTail,
           "fastchat://h:07" + kTail,
           "fastchat://h:1x" + kTail,
           "fastchat://:1" + kTail,
           "fastchat://a b:1" + kTail,
           "fastchat://u@h:1" + kTail,
           "fastchat://[::1:1" + kTail,
           "fastchat://[h]:1" + kTail,
           "fastchat://::1:1" + kTail,
           "fastchat://h:1" + kTail + "&x=y",
           "fastchat://h:1" + kTail + "&",
           "fastchat://h:1" + kTail + "&realm=" + to_base64url(kRealm),
           "fastchat://h:1/?key=" + to_base64url(kKey),
           "fastchat://h:1/?realm=" + to_base64url(kRealm),
           "fastchat://h:1/?key=" + to_base64url(Bytes(31, 'k')) + "&realm=" + to_base64url(kRealm),
           "fastchat://h:1" + kTail + "=",
           "fastchat://h:1" + kTail + "#x",
       }) {
    EXPECT_EQ(parse_invite_line(bad).code(), Code::kMalformed) << bad;
  }
}

TEST(Hash, IsSha256) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({"a", "", "bc"}), sha256("abc"));
}

TEST(Hash, ComparesWholeStrings) {
  EXPECT_TRUE(constant_time_equal("same", "same"));
  EXPECT_FALSE(constant_time_equal("same", "sane"));
  EXPECT_FALSE(constant_time_equal("same", "sam"));
}

TEST(Random, NeverRepeats) {
  EXPECT_NE(random_bytes(16), random_bytes(16));
  EXPECT_NE(random_u64(), random_u64());
  seed_libc_rand();
  const int first = rand();
  seed_libc_rand();
  EXPECT_NE(first, rand());
}

}  // namespace
}  // namespace fastchat
