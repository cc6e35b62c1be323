// Prints vectors.json: one object of named vectors, each an object of strings. Bytes are lower-case hex, numbers
// decimal. Values made with our own random numbers alone are the same in every run. OAEP, PSS and values that contain
// them differ.
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "client/e2e/card.h"
#include "client/e2e/file_chunk.h"
#include "client/e2e/hash.h"
#include "client/e2e/key_wrap.h"
#include "client/e2e/password.h"
#include "client/e2e/receipt.h"
#include "client/e2e/rekey.h"
#include "client/e2e/safety_number.h"
#include "client/e2e/seal.h"
#include "client/e2e/vault.h"
#include "client/e2e/words.h"
#include "client/e2e/x25519.h"
#include "common/log_head.h"
#include "common/merkle.h"
#include "tests/e2e/suite2_people.h"

namespace {

using namespace fastchat;
using namespace fastchat::e2e;
using namespace fastchat::tests;

struct Field {
  const char* name;
  std::string value;
};
using Vector = std::vector<Field>;

std::string hex(ByteView b) {
  return to_hex(b);
}
std::string num(uint64_t n) {
  return std::to_string(n);
}

class Printer {
 public:
  void add(const char* name, const Vector& fields) {
    for (const Field& field : fields) all_[name][field.name] = field.value;
  }
  void end() { std::printf("%s\n", all_.dump(2).c_str()); }

 private:
  nlohmann::ordered_json all_;
};

const Bytes kK(32, 'K'), kVaultKeyBytes(32, 'V'), kWrapBytes(32, 'W');

void primitives(Printer& out) {
  FixedRandom random("seal");
  out.add("label", {{"name", "id"}, {"label", hex(label("id"))}});
  out.add("seal", {{"key", hex(kK)},
                   {"context", hex("context")},
                   {"plaintext", hex("attack at dawn")},
                   {"box", hex(seal(kK, "context", "attack at dawn", random))}});
  out.add("wrap",
          {{"pkcs8", hex(test_key_pkcs8(0))}, {"key", hex(kK)}, {"wrapped", hex(wrap(test_key(0).public_key(), kK))}});
  static constexpr std::pair<const char*, SignType> kTypes[] = {{"sign_msg", SignType::kMessage},
                                                                {"sign_group", SignType::kGroup},
                                                                {"sign_rekey", SignType::kRekey},
                                                                {"sign_receipt", SignType::kReceipt},
                                                                {"sign_rekeyed", SignType::kRekeyed}};
  for (const auto& [name, type] : kTypes) {
    out.add(name, {{"spki", hex(test_key(0).public_key().spki())},
                   {"m", hex("message")},
                   {"sig", hex(sign(test_key(0), type, "message"))}});
  }
  const Secret local = local_key(Secret::copy_of(kVaultKeyBytes));
  out.add("local", {{"vault_key", hex(kVaultKeyBytes)},
                    {"local_key", hex(local.view())},
                    {"place", "messages/body/7"},
                    {"plaintext", hex("kept")},
                    {"box", hex(seal_local(local, "messages/body/7", "kept", random))}});
}

void password_and_identity(Printer& out) {
  const PasswordKeys keys = derive_password("plum kettle 9 sundial", kRealmA, "alice").value();
  out.add("password", {{"password", "plum kettle 9 sundial"},
                       {"realm", hex(kRealmA)},
                       {"user", "alice"},
                       {"salt", hex(sha256(concat({label("salt"), lp(kRealmA), lp("alice")})).substr(0, 16))},
                       {"auth", hex(keys.auth.view())},
                       {"wrap", hex(keys.wrap.view())},
                       {"verifier", hex(password_verifier(keys.auth))}});
  out.add("passphrase_words",
          {{"bytes", "7f0000013f54dcc10000"}, {"words", to_words(*from_hex("7f0000013f54dcc10000"), '-')}});
  out.add("fingerprint", {{"realm", hex(kRealmA)},
                          {"user", "alice"},
                          {"spki", hex(test_key(0).public_key().spki())},
                          {"fpr", hex(alice().fpr())}});
  FixedRandom random("identity");
  const Identity two(kRealmA, "alice", {test_key(4), test_key(0)});
  out.add("identity_blob",
          {{"wrap", hex(kWrapBytes)},
           {"realm", hex(kRealmA)},
           {"user", "alice"},
           {"vault_key", hex(kVaultKeyBytes)},
           {"pkcs8_new", hex(test_key_pkcs8(4))},
           {"pkcs8_old", hex(test_key_pkcs8(0))},
           {"fpr", hex(two.fpr())},
           {"blob", hex(seal_identity(Secret::copy_of(kWrapBytes), two, Secret::copy_of(kVaultKeyBytes), random))}});
  VaultContent v;
  v.set_version(7);
  v1::content::Pin& pin = *v.add_pins();
  pin.set_user("bob");
  pin.set_fpr(bob().fpr());
  pin.set_spki(test_key(1).public_key().spki());
  pin.set_trust(v1::content::VERIFIED);
  pin.set_since_ms(kNowMs);
  out.add("vault", {{"vault_key", hex(kVaultKeyBytes)},
                    {"user", "alice"},
                    {"version", "7"},
                    {"content", hex(v.SerializeAsString())},
                    {"box", hex(seal_vault(Secret::copy_of(kVaultKeyBytes), "alice", v, random).value())}});
  const SafetyNumber sn = safety_number(alice().fpr(), bob().fpr());
  out.add("safety_number",
          {{"fpr_a", hex(alice().fpr())}, {"fpr_b", hex(bob().fpr())}, {"digits", sn.digits}, {"words", sn.words}});
  Card card{"alice", alice().fpr(), {}};
  for (char byte = 0; byte < 16; ++byte) card.token.push_back(byte);
  out.add("card", {{"user", card.user},
                   {"fpr", hex(card.fpr)},
                   {"token", hex(card.token)},
                   {"line", format_card(card)},
                   {"server_token", hex(server_card_token(card.token))},
                   {"server_hash", hex(server_card_hash(card.token))},
                   {"open_hash", hex(open_card_hash(card.token))}});
}

Vector message_fields(const SealedMessage& m, const Header& h) {
  return {{"envelope", hex(m.envelope)},
          {"hash", hex(m.hash)},
          {"from_user", h.from_user},
          {"from_fpr", hex(m.id.from_fpr)},
          {"stream", hex(m.id.stream)},
          {"seq", num(m.id.seq)},
          {"prev", hex(h.prev)},
          {"to_fpr", hex(h.to_fpr)},
          {"sent_ms", num(static_cast<uint64_t>(h.sent_ms))}};
}

void add_message(Printer& out, const char* name, const SealedMessage& m, const std::string& to_user, Vector more) {
  const Header h = parse_envelope(m.envelope).envelope->header;
  Vector fields = message_fields(m, h);
  fields.push_back({"realm", hex(kRealmA)});
  fields.push_back({"to_user", to_user});
  fields.push_back({"sender_spki", hex(test_key(0).public_key().spki())});
  for (Field& f : more) fields.push_back(std::move(f));
  out.add(name, fields);
}

void messages(Printer& out) {
  FixedRandom random("messages");
  const Bytes stream = random.bytes(16);
  const SealedMessage one =
      seal_message(alice(), bob().peer(), {stream, 1, {}}, Text{"hello bob"}, kNowMs, random).value();
  add_message(
      out, "message_direct", one, "bob",
      {{"recipient_pkcs8", hex(test_key_pkcs8(1))}, {"sender_pkcs8", hex(test_key_pkcs8(0))}, {"text", "hello bob"}});
  FileInfo file{random.bytes(16), random.secret(32), sha256("hello"), 5, "hello.txt", "text/plain"};
  const Vector more = {{"recipient_pkcs8", hex(test_key_pkcs8(1))},
                       {"file_id", hex(file.file_id)},
                       {"key", hex(file.key.view())},
                       {"sha256", hex(file.sha256)},
                       {"size", "5"},
                       {"name", "hello.txt"},
                       {"media_type", "text/plain"},
                       {"chunk", hex(seal_chunk(file.key, file.file_id, 0, 1, "hello", random))},
                       {"plaintext", hex("hello")}};
  const SealedMessage two =
      seal_message(alice(), bob().peer(), {stream, 2, one.hash}, std::move(file), kNowMs + 1, random).value();
  add_message(out, "message_file", two, "bob", more);
  const ReadReceipt receipt = make_receipt(bob(), {{one.id, one.hash}, {two.id, two.hash}}, kNowMs + 2);
  const SealedMessage back =
      seal_message(bob(), alice().peer(), {random.bytes(16), 1, {}}, receipt, kNowMs + 2, random).value();
  out.add("receipt", {{"envelope", hex(back.envelope)},
                      {"reader_spki", hex(test_key(1).public_key().spki())},
                      {"recipient_pkcs8", hex(test_key_pkcs8(0))},
                      {"reader_fpr", hex(receipt.reader_fpr)},
                      {"read_ms", num(static_cast<uint64_t>(receipt.read_ms))},
                      {"hash_1", hex(one.hash)},
                      {"hash_2", hex(two.hash)},
                      {"sig", hex(receipt.sig)}});
  const Identity next = person("bob", 5);
  const Rekey rekey = make_rekey(bob(), next, 3);
  out.add("rekey", {{"rekey", hex(encode_rekey(rekey))},
                    {"realm", hex(kRealmA)},
                    {"user", "bob"},
                    {"old_spki", hex(test_key(1).public_key().spki())},
                    {"new_spki", hex(rekey.new_spki)},
                    {"counter", "3"}});
  const std::vector<Bytes> line = make_rekeys(Identity(kRealmA, "bob", {test_key(5), test_key(4), test_key(1)}), 2, 2);
  out.add("rekey_line", {{"realm", hex(kRealmA)},
                         {"user", "bob"},
                         {"first_spki", hex(test_key(1).public_key().spki())},
                         {"rekey_1", hex(line[0])},
                         {"rekey_2", hex(line[1])},
                         {"spki_1", hex(test_key(4).public_key().spki())},
                         {"spki_2", hex(test_key(5).public_key().spki())}});
}

// Prints the kinds that refer to a message. Alice's stream to bob goes on.
void later_kinds(Printer& out) {
  FixedRandom random("later kinds");
  const Bytes stream = random.bytes(16);
  const SealedMessage one = seal_message(alice(), bob().peer(), {stream, 1, {}}, Text{"helo"}, kNowMs, random).value();
  const Vector of = {{"recipient_pkcs8", hex(test_key_pkcs8(1))},
                     {"of_from_fpr", hex(one.id.from_fpr)},
                     {"of_stream", hex(one.id.stream)},
                     {"of_seq", num(one.id.seq)}};
  SealedMessage last = one;
  const auto add = [&](const char* name, const Content& content, const Field& field) {
    const StreamPosition at{stream, last.id.seq + 1, last.hash};
    last = seal_message(alice(), bob().peer(), at, content, kNowMs + 1, random).value();
    Vector more = of;
    more.push_back(field);
    add_message(out, name, last, "bob", more);
  };
  add("message_reply", Text{"and again", one.id}, {"text", "and again"});
  add("message_edit", Edit{one.id, "hello"}, {"text", "hello"});
  add("message_reaction", Reaction{one.id, "+1"}, {"emoji", "+1"});
  add("message_delete", Delete{one.id}, {"kind", "9"});
  add("message_poll", Poll{"lunch?", {"soup", "salad"}}, {"question", "lunch?"});
  add("message_vote", Vote{one.id, 2}, {"choice", "2"});
}

void groups(Printer& out) {
  FixedRandom random("groups");
  const GroupState one =
      create_group(alice(), "club", {{"bob", bob().fpr()}}, test_key(6).public_key(), random).value();
  GroupChange change = change_of(one);
  change.members.push_back({"carol", carol().fpr()});
  const GroupState two = change_group(alice(), one, change, test_key(7).public_key()).value();
  out.add("group", {{"admin_spki", hex(test_key(0).public_key().spki())},
                    {"admin_fpr", hex(alice().fpr())},
                    {"nonce", hex(one.nonce)},
                    {"group_id", hex(one.group_id)},
                    {"state_1", hex(one.encoded)},
                    {"hash_1", hex(one.hash)},
                    {"state_2", hex(two.encoded)},
                    {"hash_2", hex(two.hash)},
                    {"epoch_fpr_2", hex(epoch_fingerprint(two.group_id, 2, two.epoch_key.spki()))},
                    {"epoch_pkcs8_2", hex(test_key_pkcs8(7))}});
  const SealedMessage m =
      seal_group_message(alice(), two, {random.bytes(16), 1, {}}, Text{"hello all"}, kNowMs, random).value();
  add_message(out, "message_group", m, "",
              {{"group_id", hex(two.group_id)},
               {"epoch", "2"},
               {"state_hash", hex(two.hash)},
               {"epoch_pkcs8", hex(test_key_pkcs8(7))},
               {"text", "hello all"}});
  const SealedMessage anew =
      seal_group_message(alice(), two, {random.bytes(16), 1, {}}, Text{"hello again", {}, m.id}, kNowMs, random)
          .value();
  add_message(out, "message_group_anew", anew, "",
              {{"group_id", hex(two.group_id)},
               {"epoch", "2"},
               {"state_hash", hex(two.hash)},
               {"epoch_pkcs8", hex(test_key_pkcs8(7))},
               {"text", "hello again"},
               {"replaces_stream", hex(m.id.stream)},
               {"replaces_seq", num(m.id.seq)}});
  const SealedMessage key =
      seal_message(alice(), carol().peer(), {random.bytes(16), 1, {}}, make_group_key(two, test_key(7)), kNowMs, random)
          .value();
  add_message(out, "message_group_key", key, "carol",
              {{"recipient_pkcs8", hex(test_key_pkcs8(2))},
               {"group_id", hex(two.group_id)},
               {"epoch", "2"},
               {"state_hash", hex(two.hash)},
               {"pkcs8", hex(test_key_pkcs8(7))}});
}

void vault_in_parts(Printer& out) {
  FixedRandom random("vault in parts");
  VaultPart pins;
  v1::content::Pin& pin = *pins.add_pins();
  pin.set_user("bob");
  pin.set_fpr(bob().fpr());
  pin.set_spki(test_key(1).public_key().spki());
  pin.set_trust(v1::content::VERIFIED);
  pin.set_since_ms(kNowMs);
  const SealedPart part = seal_vault_part("alice", v1::content::VAULT_PINS, 2, pins, random).value();
  out.add("vault_part", {{"user", "alice"},
                         {"kind", "1"},
                         {"bucket", "2"},
                         {"key", hex(part.entry.key())},
                         {"hash", hex(part.entry.hash())},
                         {"content", hex(pins.SerializeAsString())},
                         {"box", hex(part.box)}});
  VaultHead head;
  head.set_version(8);
  head.set_rekey_counter(3);
  *head.add_parts() = part.entry;
  out.add("vault_head",
          {{"vault_key", hex(kVaultKeyBytes)},
           {"user", "alice"},
           {"version", "8"},
           {"content", hex(head.SerializeAsString())},
           {"box", hex(seal_vault_head(Secret::copy_of(kVaultKeyBytes), "alice", head, random).value())}});
}

// The log of keys: 11 leaves, of which the proofs are of leaf 4, and of the tree of 6 leaves.
void log_of_keys(Printer& out) {
  constexpr uint64_t kSize = 11, kIndex = 4, kFrom = 6;
  auto fpr_of = [](uint64_t i) { return i == 7 ? Bytes() : Bytes(32, static_cast<char>('a' + i)); };
  auto user_of = [](uint64_t i) { return "user" + std::to_string(i % 7); };
  auto leaf_of = [&](uint64_t i) {
    return merkle::key_leaf_hash(user_of(i), fpr_of(i), i / 7, static_cast<int64_t>(1'000 * i));
  };
  merkle::Frontier tree;
  std::map<merkle::Place, Bytes> nodes;
  std::vector<Bytes> roots = {tree.root()};
  for (uint64_t i = 0; i < kSize; ++i) {
    for (const merkle::Node& node : tree.append(leaf_of(i))) nodes.emplace(node.place, node.hash);
    roots.push_back(tree.root());
  }
  auto path = [&](const std::vector<merkle::Places>& places) {
    std::string text;
    auto find = [&](merkle::Place place) { return std::optional(nodes.at(place)); };
    const merkle::Path made = merkle::make_path(places, find).value();
    for (const Bytes& hash : made) text += (text.empty() ? "" : " ") + hex(hash);
    return text;
  };
  const LogKeyPair key = log_key_of(Bytes(32, 'L')).value();
  const LogHead head = sign_log_head(key, kRealmA, kSize, roots[kSize], 10'000);
  out.add("log_leaf", {{"user", user_of(kIndex)},
                       {"fpr", hex(fpr_of(kIndex))},
                       {"counter", num(kIndex / 7)},
                       {"ms", num(1'000 * kIndex)},
                       {"hash", hex(leaf_of(kIndex))}});
  out.add("log_head", {{"secret", hex(key.secret)},
                       {"key", hex(key.public_key)},
                       {"size", num(head.size)},
                       {"root", hex(head.root)},
                       {"ms", num(static_cast<uint64_t>(head.ms))},
                       {"signature", hex(head.signature)}});
  FixedRandom random("log of keys");
  const SealedMessage told =
      seal_message(alice(), bob().peer(), {random.bytes(16), 1, {}}, SeenHead{head}, kNowMs, random).value();
  add_message(out, "message_head", told, "bob",
              {{"recipient_pkcs8", hex(test_key_pkcs8(1))},
               {"size", num(head.size)},
               {"root", hex(head.root)},
               {"ms", num(static_cast<uint64_t>(head.ms))},
               {"signature", hex(head.signature)}});
  out.add("log_inclusion", {{"leaf", hex(leaf_of(kIndex))},
                            {"index", num(kIndex)},
                            {"size", num(kSize)},
                            {"root", hex(roots[kSize])},
                            {"path", path(merkle::inclusion_places(kIndex, kSize))}});
  out.add("log_consistency", {{"from", num(kFrom)},
                              {"from_root", hex(roots[kFrom])},
                              {"size", num(kSize)},
                              {"root", hex(roots[kSize])},
                              {"path", path(merkle::consistency_places(kFrom, kSize))}});
}

// Prints the parts of suite 2, then two messages: alice's to bob, and one to herself.
void suite_2(Printer& out) {
  FixedRandom random("suite 2");
  out.add("sign_prekey", {{"spki", hex(test_key(0).public_key().spki())},
                          {"m", hex("message")},
                          {"sig", hex(sign(test_key(0), SignType::kPrekey, "message"))}});
  const PrekeyPair bobs = make_prekey(bob(), 7, kNowMs, random).value();
  const PrekeyPair alices = make_prekey(alice(), 3, kNowMs + 1, random).value();
  const auto add_prekey = [&](const char* name, const PrekeyPair& pair, size_t key) {
    out.add(name, {{"prekey", hex(encode_prekey(pair.prekey))},
                   {"realm", hex(kRealmA)},
                   {"user", pair.prekey.user},
                   {"spki", hex(test_key(key).public_key().spki())},
                   {"fpr", hex(pair.prekey.fpr)},
                   {"n", num(pair.prekey.n)},
                   {"secret", hex(pair.secret.view())},
                   {"x25519", hex(pair.prekey.x25519)},
                   {"from_ms", num(static_cast<uint64_t>(pair.prekey.from_ms))},
                   {"until_ms", num(static_cast<uint64_t>(pair.prekey.until_ms))},
                   {"hash", hex(prekey_hash(pair.prekey))}});
  };
  add_prekey("prekey", bobs, 1);
  add_prekey("prekey_sender", alices, 0);
  const Secret eph = random.secret(32), k = random.secret(32);
  const Secret dh = x25519(eph, bobs.prekey.x25519).value();
  const Bytes point = x25519_public(eph), header = "header";
  const Secret kek = wrap2_key(k.view(), dh.view(), point, header);
  out.add("prekey_wrap", {{"eph_secret", hex(eph.view())},
                          {"eph", hex(point)},
                          {"secret", hex(bobs.secret.view())},
                          {"x25519", hex(bobs.prekey.x25519)},
                          {"dh", hex(dh.view())},
                          {"k", hex(k.view())},
                          {"header", hex(header)},
                          {"kek", hex(kek.view())},
                          {"key", hex(kK)},
                          {"box_1", hex(seal(kek.view(), wrap2_context(header, 1), kK, random))},
                          {"box_2", hex(seal(kek.view(), wrap2_context(header, 2), kK, random))}});
  const Secret second = next_vault_key(Secret::copy_of(kVaultKeyBytes));
  out.add("vault_key_ratchet", {{"vault_key", hex(kVaultKeyBytes)},
                                {"second", hex(second.view())},
                                {"third", hex(next_vault_key(second).view())}});
  const auto add = [&](const char* name, const PeerKey& to, const PrekeyPair& to_pair, size_t key, const char* text) {
    const StreamPosition at{random.bytes(16), 1, {}};
    const SealedMessage m =
        seal_message(alice(), to, at, Text{text}, kNowMs, MessagePrekeys{to_pair.prekey, alices.prekey}, random)
            .value();
    const HeaderPrekeys used = parse_envelope(m.envelope).envelope->header.prekeys.value();
    add_message(out, name, m, to.user,
                {{"recipient_pkcs8", hex(test_key_pkcs8(key))},
                 {"recipient_prekey_secret", hex(to_pair.secret.view())},
                 {"sender_pkcs8", hex(test_key_pkcs8(0))},
                 {"sender_prekey_secret", hex(alices.secret.view())},
                 {"eph", hex(used.eph)},
                 {"prekey_n", num(used.n)},
                 {"prekey_hash", hex(used.hash)},
                 {"own_prekey_n", num(used.own_n)},
                 {"own_prekey_hash", hex(used.own_hash)},
                 {"text", text}});
  };
  add("message_suite2", bob().peer(), bobs, 1, "hello bob");
  add("message_suite2_self", alice().peer(), alices, 0, "a note");
}

}  // namespace

int main() {
  Printer out;
  primitives(out);
  password_and_identity(out);
  messages(out);
  groups(out);
  later_kinds(out);
  vault_in_parts(out);
  log_of_keys(out);
  suite_2(out);
  out.end();
}
