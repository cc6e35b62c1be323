// Checks this implementation against vectors.json, which other implementations use as well.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "client/e2e/card.h"
#include "client/e2e/file_chunk.h"
#include "client/e2e/hash.h"
#include "client/e2e/key_wrap.h"
#include "client/e2e/password.h"
#include "client/e2e/receipt.h"
#include "client/e2e/rekey.h"
#include "client/e2e/safety_number.h"
#include "client/e2e/seal.h"
#include "client/e2e/strict.h"
#include "client/e2e/vault.h"
#include "client/e2e/words.h"
#include "client/e2e/x25519.h"
#include "common/log_head.h"
#include "common/merkle.h"
#include "tests/e2e/suite2_people.h"

namespace fastchat::tests {
namespace {

using namespace e2e;

class Vectors : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::ifstream file(FC_VECTORS);
    all_ = nlohmann::json::parse(file);
  }

  static std::string str(const std::string& vector, const std::string& field) {
    return all_.at(vector).at(field).get<std::string>();
  }
  static Bytes hex(const std::string& vector, const std::string& field) { return from_hex(str(vector, field)).value(); }
  static uint64_t num(const std::string& vector, const std::string& field) { return std::stoull(str(vector, field)); }
  static Secret secret(const std::string& vector, const std::string& field) {
    return Secret::copy_of(hex(vector, field));
  }
  static KeyPair pair(const std::string& vector, const std::string& field) {
    return KeyPair::from_pkcs8(hex(vector, field)).value();
  }
  // Receives a message from alice as the holder of the key in `field`.
  static Received opened(const std::string& v, const std::string& user, const std::string& field) {
    Client reader(Identity(hex(v, "realm"), user, {pair(v, field)}));
    reader.pins.pin(peer_key(hex(v, "realm"), "alice", hex(v, "sender_spki")).value());
    return reader.receive(hex(v, "envelope"));
  }
  static void expect_header(const std::string& v, const Received& r) {
    EXPECT_EQ(r.outcome, Outcome::kOpened) << v << ": " << r.why;
    EXPECT_EQ(r.header.from_user, str(v, "from_user"));
    EXPECT_EQ(r.header.id, (MessageId{hex(v, "from_fpr"), hex(v, "stream"), num(v, "seq")}));
    EXPECT_EQ(r.header.prev, hex(v, "prev"));
    EXPECT_EQ(r.header.to_user, str(v, "to_user"));
    EXPECT_EQ(r.header.to_fpr, hex(v, "to_fpr"));
    EXPECT_EQ(r.header.sent_ms, static_cast<int64_t>(num(v, "sent_ms")));
    EXPECT_EQ(r.hash, hex(v, "hash"));
  }

 private:
  static inline nlohmann::json all_;
};

TEST_F(Vectors, LabelSealAndLocal) {
  EXPECT_EQ(label(str("label", "name")), hex("label", "label"));
  EXPECT_EQ(open(hex("seal", "key"), hex("seal", "context"), hex("seal", "box"))->view(), hex("seal", "plaintext"));
  FixedRandom random("seal");
  EXPECT_EQ(seal(hex("seal", "key"), hex("seal", "context"), hex("seal", "plaintext"), random), hex("seal", "box"));
  const Secret key = local_key(secret("local", "vault_key"));
  EXPECT_EQ(key.view(), hex("local", "local_key"));
  EXPECT_EQ(open_local(key, str("local", "place"), hex("local", "box"))->view(), hex("local", "plaintext"));
}

TEST_F(Vectors, WrapAndSign) {
  EXPECT_EQ(unwrap(pair("wrap", "pkcs8"), hex("wrap", "wrapped"))->view(), hex("wrap", "key"));
  const std::pair<const char*, SignType> types[] = {
      {"sign_msg", SignType::kMessage},     {"sign_group", SignType::kGroup},     {"sign_rekey", SignType::kRekey},
      {"sign_receipt", SignType::kReceipt}, {"sign_rekeyed", SignType::kRekeyed}, {"sign_prekey", SignType::kPrekey}};
  for (const auto& [v, type] : types) {
    EXPECT_TRUE(verify(*PublicKey::from_spki(hex(v, "spki")), type, hex(v, "m"), hex(v, "sig"))) << v;
  }
}

TEST_F(Vectors, PasswordWithItsFullMemory) {
  const PasswordKeys keys =
      derive_password(str("password", "password"), hex("password", "realm"), str("password", "user")).value();
  EXPECT_EQ(keys.auth.view(), hex("password", "auth"));
  EXPECT_EQ(keys.wrap.view(), hex("password", "wrap"));
  EXPECT_EQ(password_verifier(keys.auth), hex("password", "verifier"));
  EXPECT_EQ(to_words(hex("passphrase_words", "bytes"), '-'), str("passphrase_words", "words"));
}

TEST_F(Vectors, FingerprintAndSafetyNumber) {
  EXPECT_EQ(fingerprint(hex("fingerprint", "realm"), str("fingerprint", "user"), hex("fingerprint", "spki")),
            hex("fingerprint", "fpr"));
  const SafetyNumber n = safety_number(hex("safety_number", "fpr_a"), hex("safety_number", "fpr_b"));
  EXPECT_EQ(n.digits, str("safety_number", "digits"));
  EXPECT_EQ(n.words, str("safety_number", "words"));
}

TEST_F(Vectors, ContactCard) {
  const Bytes token = hex("card", "token");
  EXPECT_EQ(format_card({str("card", "user"), hex("card", "fpr"), token}), str("card", "line"));
  EXPECT_EQ(server_card_token(token), hex("card", "server_token"));
  EXPECT_EQ(server_card_hash(token), hex("card", "server_hash"));
  EXPECT_EQ(open_card_hash(token), hex("card", "open_hash"));
}

TEST_F(Vectors, LogOfKeys) {
  EXPECT_EQ(merkle::key_leaf_hash(str("log_leaf", "user"), hex("log_leaf", "fpr"), num("log_leaf", "counter"),
                                  static_cast<int64_t>(num("log_leaf", "ms"))),
            hex("log_leaf", "hash"));
  const LogHead head{num("log_head", "size"), hex("log_head", "root"), static_cast<int64_t>(num("log_head", "ms")),
                     hex("log_head", "signature")};
  EXPECT_EQ(log_key_of(hex("log_head", "secret"))->public_key, hex("log_head", "key"));
  EXPECT_TRUE(verify_log_head(hex("log_head", "key"), kRealmA, head));
  const auto path = [&](const std::string& vector) {
    merkle::Path out;
    std::istringstream hashes(str(vector, "path"));
    for (std::string hash; hashes >> hash;) out.push_back(from_hex(hash).value());
    return out;
  };
  EXPECT_TRUE(merkle::verify_inclusion(hex("log_inclusion", "leaf"), num("log_inclusion", "index"),
                                       num("log_inclusion", "size"), path("log_inclusion"),
                                       hex("log_inclusion", "root")));
  EXPECT_TRUE(merkle::verify_consistency(num("log_consistency", "from"), hex("log_consistency", "from_root"),
                                         num("log_consistency", "size"), hex("log_consistency", "root"),
                                         path("log_consistency")));
  const Received told = opened("message_head", "bob", "recipient_pkcs8");
  expect_header("message_head", told);
  EXPECT_EQ(std::get<SeenHead>(told.content).head, head);
}

TEST_F(Vectors, IdentityBlobAndVault) {
  const std::string v = "identity_blob";
  const OpenedIdentity id = open_identity(secret(v, "wrap"), hex(v, "realm"), str(v, "user"), hex(v, "blob")).value();
  EXPECT_EQ(id.vault_key.view(), hex(v, "vault_key"));
  EXPECT_EQ(id.identity.fpr(), hex(v, "fpr"));
  ASSERT_EQ(id.identity.keys().size(), 2u);
  EXPECT_EQ(id.identity.keys()[0].pkcs8().view(), hex(v, "pkcs8_new"));
  EXPECT_EQ(id.identity.keys()[1].pkcs8().view(), hex(v, "pkcs8_old"));
  const uint64_t version = num("vault", "version");
  const VaultContent vault =
      open_vault(secret("vault", "vault_key"), str("vault", "user"), version, version, hex("vault", "box")).value();
  EXPECT_EQ(encode(vault), hex("vault", "content"));
}

TEST_F(Vectors, VaultInParts) {
  const uint64_t version = num("vault_head", "version");
  const OpenedVault vault = open_any_vault(secret("vault_head", "vault_key"), str("vault_head", "user"), version,
                                           version, hex("vault_head", "box"))
                                .value();
  ASSERT_TRUE(vault.head.has_value());
  EXPECT_EQ(encode(*vault.head), hex("vault_head", "content"));
  const VaultPartEntry& entry = vault.head->parts(0);
  EXPECT_EQ(entry.kind(), num("vault_part", "kind"));
  EXPECT_EQ(entry.bucket(), num("vault_part", "bucket"));
  EXPECT_EQ(entry.key(), hex("vault_part", "key"));
  EXPECT_EQ(entry.hash(), hex("vault_part", "hash"));
  const VaultPart part = open_vault_part(str("vault_part", "user"), entry, hex("vault_part", "box")).value();
  EXPECT_EQ(encode(part), hex("vault_part", "content"));
}

TEST_F(Vectors, DirectMessageForBothWraps) {
  const std::string v = "message_direct";
  const Received r = opened(v, "bob", "recipient_pkcs8");
  expect_header(v, r);
  EXPECT_EQ(text_of(r), str(v, "text"));
  const Received own = opened(v, "alice", "sender_pkcs8");
  expect_header(v, own);
  EXPECT_TRUE(own.own_copy);
}

TEST_F(Vectors, FileMessageAndItsChunk) {
  const std::string v = "message_file";
  const Received r = opened(v, "bob", "recipient_pkcs8");
  expect_header(v, r);
  const auto& f = std::get<FileInfo>(r.content);
  EXPECT_EQ(f.file_id, hex(v, "file_id"));
  EXPECT_EQ(f.key.view(), hex(v, "key"));
  EXPECT_EQ(f.sha256, sha256(hex(v, "plaintext")));
  EXPECT_EQ(f.size, num(v, "size"));
  EXPECT_EQ(f.name, str(v, "name"));
  EXPECT_EQ(f.media_type, str(v, "media_type"));
  Secret room(kFileChunk);
  EXPECT_EQ(*open_chunk(room, f.key, f.file_id, 0, 1, hex(v, "chunk")), hex(v, "plaintext"));
}

TEST_F(Vectors, ReadReceiptAndRekey) {
  Client reader(Identity(kRealmA, "alice", {pair("receipt", "recipient_pkcs8")}));
  const PeerKey by = peer_key(kRealmA, "bob", hex("receipt", "reader_spki")).value();
  reader.pins.pin(by);
  const Received r = reader.receive(hex("receipt", "envelope"));
  ASSERT_EQ(r.outcome, Outcome::kOpened) << r.why;
  const auto& receipt = std::get<ReadReceipt>(r.content);
  EXPECT_TRUE(verify_receipt(receipt, by));
  EXPECT_EQ(receipt.sig, hex("receipt", "sig"));
  ASSERT_EQ(receipt.entries.size(), 2u);
  EXPECT_EQ(receipt.entries[0].hash, hex("receipt", "hash_1"));
  EXPECT_EQ(receipt.entries[1].hash, hex("receipt", "hash_2"));
  const PeerKey old_key = peer_key(hex("rekey", "realm"), str("rekey", "user"), hex("rekey", "old_spki")).value();
  const Rekey rekey = parse_rekey(hex("rekey", "rekey")).value();
  EXPECT_EQ(rekey.counter, num("rekey", "counter"));
  EXPECT_EQ(accept_rekey(rekey, old_key, 2, hex("rekey", "realm"))->key.spki(), hex("rekey", "new_spki"));
  const auto line =
      follow_rekeys(hex("rekey_line", "realm"), str("rekey_line", "user"), hex("rekey_line", "first_spki"),
                    {hex("rekey_line", "rekey_1"), hex("rekey_line", "rekey_2")});
  ASSERT_TRUE(line.ok()) << line.error().text;
  ASSERT_EQ(line->size(), 3u);
  EXPECT_EQ((*line)[1].key.spki(), hex("rekey_line", "spki_1"));
  EXPECT_EQ((*line)[2].key.spki(), hex("rekey_line", "spki_2"));
}

TEST_F(Vectors, PrekeysTheirWrapAndTheVaultKeysRatchet) {
  for (const char* v : {"prekey", "prekey_sender"}) {
    const Prekey prekey = parse_prekey(hex(v, "prekey")).value();
    const PeerKey key = peer_key(hex(v, "realm"), str(v, "user"), hex(v, "spki")).value();
    EXPECT_TRUE(accept_prekey(prekey, key, hex(v, "realm")).ok()) << v;
    EXPECT_EQ(prekey.fpr, hex(v, "fpr"));
    EXPECT_EQ(prekey.n, num(v, "n"));
    EXPECT_EQ(prekey.x25519, hex(v, "x25519"));
    EXPECT_EQ(prekey.from_ms, static_cast<int64_t>(num(v, "from_ms")));
    EXPECT_EQ(prekey.until_ms, static_cast<int64_t>(num(v, "until_ms")));
    EXPECT_EQ(prekey_hash(prekey), hex(v, "hash"));
    EXPECT_TRUE(join_prekey(prekey, secret(v, "secret")).ok());
  }
  const std::string w = "prekey_wrap";
  EXPECT_EQ(x25519_public(secret(w, "eph_secret")), hex(w, "eph"));
  EXPECT_EQ(x25519(secret(w, "eph_secret"), hex(w, "x25519"))->view(), hex(w, "dh"));
  EXPECT_EQ(x25519(secret(w, "secret"), hex(w, "eph"))->view(), hex(w, "dh"));
  const Secret kek = wrap2_key(hex(w, "k"), hex(w, "dh"), hex(w, "eph"), hex(w, "header"));
  EXPECT_EQ(kek.view(), hex(w, "kek"));
  for (const size_t i : {1u, 2u}) {
    const Bytes box = hex(w, "box_" + std::to_string(i));
    EXPECT_EQ(open(kek.view(), wrap2_context(hex(w, "header"), i), box)->view(), hex(w, "key"));
    EXPECT_FALSE(open(kek.view(), wrap2_context(hex(w, "header"), 3 - i), box).ok());
  }
  const Secret second = next_vault_key(secret("vault_key_ratchet", "vault_key"));
  EXPECT_EQ(second.view(), hex("vault_key_ratchet", "second"));
  EXPECT_EQ(next_vault_key(second).view(), hex("vault_key_ratchet", "third"));
}

TEST_F(Vectors, MessagesOfSuite2ForBothWraps) {
  const auto prekeys_of = [](const std::string& vector) {
    MapPrekeys out;
    out.add(join_prekey(parse_prekey(hex(vector, "prekey")).value(), secret(vector, "secret")).value());
    return out;
  };
  const auto read = [](const std::string& v, const std::string& user, const std::string& field,
                       const MapPrekeys& prekeys) {
    Client reader(Identity(hex(v, "realm"), user, {pair(v, field)}));
    reader.pins.pin(peer_key(hex(v, "realm"), "alice", hex(v, "sender_spki")).value());
    const Received r = Duo::read(reader, prekeys, hex(v, "envelope"));
    expect_header(v, r);
    EXPECT_EQ(text_of(r), str(v, "text"));
    EXPECT_EQ(r.header.prekeys->eph, hex(v, "eph"));
    EXPECT_EQ(r.header.prekeys->n, num(v, "prekey_n"));
    EXPECT_EQ(r.header.prekeys->hash, hex(v, "prekey_hash"));
    EXPECT_EQ(r.header.prekeys->own_n, num(v, "own_prekey_n"));
    EXPECT_EQ(r.header.prekeys->own_hash, hex(v, "own_prekey_hash"));
    return r.own_copy;
  };
  const MapPrekeys bobs = prekeys_of("prekey"), alices = prekeys_of("prekey_sender");
  EXPECT_FALSE(read("message_suite2", "bob", "recipient_pkcs8", bobs));
  EXPECT_TRUE(read("message_suite2", "alice", "sender_pkcs8", alices));
  EXPECT_TRUE(read("message_suite2_self", "alice", "recipient_pkcs8", alices));
  // A reader opens one wrap and cannot know what the other holds; a vector holds one key in both.
  for (const auto& [v, first] : {std::pair("message_suite2", &bobs), std::pair("message_suite2_self", &alices)}) {
    const Envelope e = *parse_envelope(hex(v, "envelope")).envelope;
    const auto one = unwrap_message_key(e, 0, pair(v, "recipient_pkcs8"), &first->pairs().front());
    const auto two = unwrap_message_key(e, 1, pair(v, "sender_pkcs8"), &alices.pairs().front());
    ASSERT_TRUE(one.ok() && two.ok()) << v;
    EXPECT_EQ(one->view(), two->view()) << v;
  }
}

TEST_F(Vectors, WhatSpeaksOfAMessage) {
  const auto of = [](const std::string& v) {
    return MessageId{hex(v, "of_from_fpr"), hex(v, "of_stream"), num(v, "of_seq")};
  };
  const Received reply = opened("message_reply", "bob", "recipient_pkcs8");
  expect_header("message_reply", reply);
  EXPECT_EQ(text_of(reply), str("message_reply", "text"));
  EXPECT_EQ(std::get<Text>(reply.content).reply_to, of("message_reply"));
  const Received edit = opened("message_edit", "bob", "recipient_pkcs8");
  expect_header("message_edit", edit);
  EXPECT_EQ(std::get<Edit>(edit.content).text, str("message_edit", "text"));
  EXPECT_EQ(std::get<Edit>(edit.content).of, of("message_edit"));
  const Received reaction = opened("message_reaction", "bob", "recipient_pkcs8");
  expect_header("message_reaction", reaction);
  EXPECT_EQ(std::get<Reaction>(reaction.content).emoji, str("message_reaction", "emoji"));
  const Received gone = opened("message_delete", "bob", "recipient_pkcs8");
  expect_header("message_delete", gone);
  EXPECT_EQ(std::get<Delete>(gone.content).of, of("message_delete"));
  const Received poll = opened("message_poll", "bob", "recipient_pkcs8");
  EXPECT_EQ(std::get<Poll>(poll.content).question, str("message_poll", "question"));
  EXPECT_EQ(std::get<Poll>(poll.content).options, (std::vector<std::string>{"soup", "salad"}));
  const Received vote = opened("message_vote", "bob", "recipient_pkcs8");
  EXPECT_EQ(std::to_string(std::get<Vote>(vote.content).choice), str("message_vote", "choice"));
  EXPECT_EQ(std::get<Vote>(vote.content).of, of("message_vote"));
}

TEST_F(Vectors, GroupStatesKeyAndMessage) {
  const PeerKey admin = peer_key(kRealmA, "alice", hex("group", "admin_spki")).value();
  EXPECT_EQ(make_group_id(hex("group", "admin_fpr"), hex("group", "nonce")), hex("group", "group_id"));
  const GroupState one = restore_group(hex("group", "state_1"), admin.fpr).value();
  EXPECT_EQ(one.hash, hex("group", "hash_1"));
  const GroupState two = follow_group(one, hex("group", "state_2"), admin).value();
  EXPECT_EQ(two.hash, hex("group", "hash_2"));
  EXPECT_EQ(epoch_fingerprint(two.group_id, 2, two.epoch_key.spki()), hex("group", "epoch_fpr_2"));
  const Received note = opened("message_group_key", "carol", "recipient_pkcs8");
  expect_header("message_group_key", note);
  const KeyShare& key_note = std::get<KeyShare>(note.content);
  const GroupState joined = join_group(two.encoded, key_note, admin, carol()).value();
  const KeyPair epoch = accept_group_key(joined, key_note, admin.fpr, carol()).value();
  Client reader(carol());
  reader.pins.pin(admin);
  reader.groups.enter(joined, &epoch);
  const Received r = reader.receive(hex("message_group", "envelope"));
  expect_header("message_group", r);
  EXPECT_EQ(text_of(r), str("message_group", "text"));
  const Received anew = reader.receive(hex("message_group_anew", "envelope"));
  expect_header("message_group_anew", anew);
  EXPECT_EQ(text_of(anew), str("message_group_anew", "text"));
  EXPECT_EQ(std::get<Text>(anew.content).replaces,
            (MessageId{r.header.id.from_fpr, hex("message_group_anew", "replaces_stream"),
                       num("message_group_anew", "replaces_seq")}));
  EXPECT_TRUE(anew.known);
}

}  // namespace
}  // namespace fastchat::tests
