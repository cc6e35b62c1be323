// Fuzzes the contents of boxes: the vault, chunks of files, identity blobs and boxes of the local disk. The first byte
// chooses. Half of the ways seal the rest of the input under the right key and place, as a dishonest terminal of the
// same user could; the other half give it as the box. A box opens to the content that was sealed, and nothing else
// opens.
#include "client/e2e/file_chunk.h"
#include "client/e2e/hash.h"
#include "client/e2e/identity.h"
#include "client/e2e/rekey.h"
#include "client/e2e/seal.h"
#include "client/e2e/strict.h"
#include "client/e2e/vault.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

using namespace e2e;

// Zeros: a sealed box is the same in every run.
class NoRandom final : public Random {
 public:
  void fill(void* p, size_t n) override {
    for (size_t i = 0; i < n; ++i) static_cast<char*>(p)[i] = 7;
  }
};

const Bytes kFile(16, 'f');

void vault_of(ByteView plain) {
  NoRandom random;
  const Secret key(32);
  Bytes context = concat({"vault", lp("alice")});
  put_u64(context, 3);
  const auto got = open_vault(key, "alice", 3, 2, seal(key.view(), context, plain, random));
  if (!got.ok()) {
    FC_CHECK(got.error().code == Code::kLocalCrypto);
    return;
  }
  FC_CHECK(encode(*got) == plain && got->version() == 3);
  const auto again = seal_vault(key, "alice", *got, random);
  FC_CHECK(again.ok() && open_vault(key, "alice", 3, 3, *again).ok());
  FC_CHECK(!open_vault(key, "alice", 4, 3, *again).ok() && !open_vault(key, "bobby", 3, 3, *again).ok());
}

void head_of(ByteView plain) {
  NoRandom random;
  const Secret key(32);
  Bytes context = concat({"vault-head", lp("alice")});
  put_u64(context, 3);
  const auto got = open_any_vault(key, "alice", 3, 2, seal(key.view(), context, plain, random));
  if (!got.ok()) {
    FC_CHECK(got.error().code == Code::kLocalCrypto);
    return;
  }
  FC_CHECK(got->head && encode(*got->head) == plain && got->content.version() == 3);
  const auto again = seal_vault_head(key, "alice", *got->head, random);
  FC_CHECK(again.ok() && open_any_vault(key, "alice", 3, 3, *again).ok() &&
           !open_vault(key, "alice", 3, 3, *again).ok());
}

void part_of(ByteView input) {
  if (input.empty()) return;
  NoRandom random;
  const ByteView plain = input.substr(1);
  VaultPartEntry entry;
  entry.set_kind(static_cast<uint8_t>(input[0]) % 7);
  entry.set_bucket(5);
  entry.set_key(Bytes(32, 'k'));
  Bytes context = concat({"vault-part", lp("alice")});
  put_u32(context, entry.kind());
  put_u32(context, entry.bucket());
  const Bytes box = seal(entry.key(), context, plain, random);
  entry.set_hash(sha256(box));
  const auto got = open_vault_part("alice", entry, box);
  if (!got.ok()) {
    FC_CHECK(got.error().code == Code::kLocalCrypto);
    return;
  }
  FC_CHECK(encode(*got) == plain && known_kind(entry.kind()));
  const auto again = seal_vault_part("alice", entry.kind(), 5, *got, random);
  FC_CHECK(again.ok() && open_vault_part("alice", again->entry, again->box).ok());
  FC_CHECK(!open_vault_part("bobby", again->entry, again->box).ok());
}

void chunk_of(ByteView plain) {
  NoRandom random;
  const Secret key(32);
  Secret room(kFileChunk);
  const Bytes box = seal_chunk(key, kFile, 1, 4, plain, random);
  const auto got = open_chunk(room, key, kFile, 1, 4, box);
  FC_CHECK(got.ok() && *got == plain);
  FC_CHECK(!open_chunk(room, key, kFile, 2, 4, box).ok() && !open_chunk(room, key, kFile, 1, 5, box).ok());
}

void boxes(ByteView box) {
  const Secret key(32);
  Secret room(kFileChunk);
  FC_CHECK(!open_vault(key, "alice", 3, 0, box).ok());
  FC_CHECK(!open_chunk(room, key, kFile, 0, 1, box).ok());
  FC_CHECK(!open_local(key, "messages.body", box).ok());
  FC_CHECK(!open_identity(key, Bytes(16, 'R'), "alice", box).ok());
}

// Fuzzes the inside of an identity blob under the right password: lengths and keys.
void identity_of(ByteView plain) {
  NoRandom random;
  const Secret key(32);
  const Bytes realm(16, 'R'), fpr(32, 'p');
  const Bytes context = concat({"identity", lp(realm), lp("alice"), fpr});
  FC_CHECK(!open_identity(key, realm, "alice", fpr + seal(key.view(), context, plain, random)).ok());
}

void rekey_of(ByteView bytes) {
  const auto got = parse_rekey(bytes);
  if (got.ok()) FC_CHECK(encode_rekey(*got) == bytes);
  const auto key = PublicKey::from_spki(bytes);
  if (key.ok()) FC_CHECK(key->spki() == bytes);
  FC_CHECK(!KeyPair::from_pkcs8(bytes).ok() || bytes.size() > 1'000);
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(sealed) {
  if (input.empty()) return;
  const ByteView rest = input.substr(1);
  switch (input[0] % 7) {
    case 0:
      return vault_of(rest);
    case 1:
      return chunk_of(rest);
    case 2:
      return boxes(rest);
    case 3:
      return identity_of(rest);
    case 4:
      return rekey_of(rest);
    case 5:
      return head_of(rest);
    default:
      return part_of(rest);
  }
}
