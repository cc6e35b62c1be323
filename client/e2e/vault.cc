#include "client/e2e/vault.h"

#include <algorithm>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/e2e/seal.h"
#include "client/e2e/strict.h"
#include "common/names.h"

namespace fastchat::e2e {
namespace {

namespace pb = v1::content;

bool count_or_zero(uint64_t n) {
  return n <= kMaxCount;
}
bool size_or_empty(const Bytes& b, size_t n) {
  return b.empty() || b.size() == n;
}

bool valid(const pb::Pin& p) {
  return valid_user_name(p.user()) && p.fpr().size() == kHash && p.spki().size() == kSpki &&
         p.trust() != pb::TRUST_UNSPECIFIED && p.since_ms() >= 0 && p.since_ms() < kMaxTimeMs &&
         count_or_zero(p.rekey_counter()) && size_or_empty(p.offered_spki(), kSpki);
}

bool valid(const pb::VaultGroup& g) {
  return !g.state().empty() && g.state().size() <= kMaxGroupState && g.previous_state().size() <= kMaxGroupState &&
         g.pkcs8().size() <= kMaxPkcs8 && g.previous_pkcs8().size() <= kMaxPkcs8 && g.signer_fpr().size() == kHash;
}

bool valid(const pb::ReplayMark& m) {
  return m.from_fpr().size() == kHash && m.stream().size() == kStream && m.seq() >= 1 && count_or_zero(m.seq()) &&
         m.hash().size() == kHash;
}

bool valid(const pb::VaultContact& c) {
  const bool named = c.group().empty() ? valid_user_name(c.user()) : c.user().empty() && c.group().size() == kHash;
  const bool blocks_a_group = !c.group().empty() && c.standing() == pb::CONTACT_BLOCKED;
  return named && !blocks_a_group && c.changed_ms() >= 0 && c.changed_ms() < kMaxTimeMs;
}

bool valid(const pb::VaultCard& c) {
  return c.hash().size() == kHash && c.until_ms() > 0 && c.until_ms() < kMaxTimeMs;
}

bool valid(const pb::VaultPartEntry& e) {
  return e.kind() != 0 && e.bucket() != 0 && e.hash().size() == kHash && e.key().size() == kKey;
}

template <class Items>
bool all_valid(const Items& items) {
  return std::all_of(items.begin(), items.end(), [](const auto& item) { return valid(item); });
}

template <class V>  // a Vault or a VaultHead
bool valid_numbers(const V& v) {
  return v.version() != 0 && count_or_zero(v.version()) && count_or_zero(v.rekey_counter()) &&
         v.lists_contacts() <= 1 && v.strangers_ms() >= 0 && v.strangers_ms() < kMaxTimeMs;
}

bool valid(const pb::Vault& v) {
  return valid_numbers(v) && v.cards_size() <= kMaxVaultCards && all_valid(v.contacts()) && all_valid(v.cards()) &&
         all_valid(v.pins()) && all_valid(v.groups()) && all_valid(v.marks());
}

// The entries strictly ascend, so that no place is named twice.
bool valid(const pb::VaultHead& h) {
  const auto place = [](const pb::VaultPartEntry& e) { return std::pair(e.kind(), e.bucket()); };
  for (int i = 1; i < h.parts_size(); ++i) {
    if (place(h.parts(i - 1)) >= place(h.parts(i))) return false;
  }
  return valid_numbers(h) && h.parts_size() <= kMaxVaultParts && all_valid(h.parts());
}

// Accepts values of this kind only, at least one.
bool valid(const pb::VaultPart& p, uint32_t kind) {
  const std::pair<uint32_t, int> sizes[] = {{pb::VAULT_PINS, p.pins_size()},
                                            {pb::VAULT_CONTACTS, p.contacts_size()},
                                            {pb::VAULT_GROUPS, p.groups_size()},
                                            {pb::VAULT_MARKS, p.marks_size()},
                                            {pb::VAULT_CARDS, p.cards_size()}};
  for (const auto& [of, size] : sizes) {
    if ((of == kind) != (size > 0)) return false;
  }
  return known_kind(kind) && p.cards_size() <= kMaxVaultCards && all_valid(p.contacts()) && all_valid(p.cards()) &&
         all_valid(p.pins()) && all_valid(p.groups()) && all_valid(p.marks());
}

Bytes vault_context(std::string_view user, uint64_t version) {
  Bytes context = concat({"vault", lp(user)});
  put_u64(context, version);
  return context;
}

Bytes head_context(std::string_view user, uint64_t version) {
  Bytes context = concat({"vault-head", lp(user)});
  put_u64(context, version);
  return context;
}

Bytes part_context(std::string_view user, uint32_t kind, uint32_t bucket) {
  Bytes context = concat({"vault-part", lp(user)});
  put_u32(context, kind);
  put_u32(context, bucket);
  return context;
}

Error refused(std::string text) {
  return err(Code::kLocalCrypto, std::move(text));
}

// Checks the version and the size of a vault that the server offers.
Result<> check_offer(uint64_t version, uint64_t last_seen, ByteView box) {
  if (version == 0 || !count_or_zero(version)) return refused("the server names no valid version of the vault");
  if (version < last_seen) {
    return refused("the server offers an old vault: version " + std::to_string(version) +
                   ", but this device has seen " + std::to_string(last_seen));
  }
  if (box.size() > kMaxVault) return refused("the vault is too large");
  return Unit{};
}

}  // namespace

Result<Bytes> seal_vault(const Secret& vault_key, std::string_view user, const VaultContent& content, Random& random) {
  if (!valid(content)) return err(Code::kMalformed, "a field of the vault is outside its limits");
  Bytes plain = encode(content);
  if (plain.size() + kSealOverhead > kMaxVault) {
    cleanse(plain);
    return err(Code::kTooLarge, "the vault is full");
  }
  Bytes box = seal(vault_key.view(), vault_context(user, content.version()), plain, random);
  cleanse(plain);
  return box;
}

Result<Bytes> seal_vault_head(const Secret& vault_key, std::string_view user, const VaultHead& head, Random& random) {
  if (!valid(head)) return err(Code::kMalformed, "a field of the vault is outside its limits");
  Bytes plain = encode(head);
  if (plain.size() + kSealOverhead > kMaxVault) {
    cleanse(plain);
    return err(Code::kTooLarge, "the vault is full");
  }
  Bytes box = seal(vault_key.view(), head_context(user, head.version()), plain, random);
  cleanse(plain);
  return box;
}

Result<VaultContent> open_vault(const Secret& vault_key, std::string_view user, uint64_t version, uint64_t last_seen,
                                ByteView box) {
  if (Result<> allowed = check_offer(version, last_seen, box); !allowed.ok()) return allowed.error();
  const Result<Secret> plain = open(vault_key.view(), vault_context(user, version), box);
  if (!plain.ok()) return refused("the vault does not open: the server changed it or its version");
  VaultContent content;
  if (!parse_strict(plain->view(), kMaxVault, content).ok() || content.version() != version || !valid(content)) {
    return refused("the vault is damaged");
  }
  return content;
}

Result<OpenedVault> open_any_vault(const Secret& vault_key, std::string_view user, uint64_t version, uint64_t last_seen,
                                   ByteView box) {
  if (Result<> allowed = check_offer(version, last_seen, box); !allowed.ok()) return allowed.error();
  OpenedVault out;
  const Result<Secret> plain = open(vault_key.view(), head_context(user, version), box);
  if (!plain.ok()) {
    Result<VaultContent> whole = open_vault(vault_key, user, version, last_seen, box);
    if (!whole.ok()) return whole.error();
    out.content = std::move(*whole);
    return out;
  }
  VaultHead& head = out.head.emplace();
  if (!parse_strict(plain->view(), kMaxVault, head).ok() || head.version() != version || !valid(head)) {
    return refused("the vault is damaged");
  }
  take_numbers(head, out.content);
  return out;
}

void take_numbers(const VaultHead& head, VaultContent& out) {
  out.set_version(head.version());
  out.set_rekey_counter(head.rekey_counter());
  out.set_lists_contacts(head.lists_contacts());
  out.set_strangers(head.strangers());
  out.set_strangers_ms(head.strangers_ms());
}

void take_numbers(const VaultContent& content, VaultHead& out) {
  out.set_version(content.version());
  out.set_rekey_counter(content.rekey_counter());
  out.set_lists_contacts(content.lists_contacts());
  out.set_strangers(content.strangers());
  out.set_strangers_ms(content.strangers_ms());
}

bool known_kind(uint32_t kind) {
  return kind >= v1::content::VAULT_PINS && kind <= v1::content::VAULT_CARDS;
}

Result<SealedPart> seal_vault_part(std::string_view user, uint32_t kind, uint32_t bucket, const VaultPart& part,
                                   Random& random) {
  if (bucket == 0 || !valid(part, kind)) return err(Code::kMalformed, "a field of the vault is outside its limits");
  Bytes plain = encode(part);
  if (plain.size() + kSealOverhead > kMaxVaultPart) {
    cleanse(plain);
    return err(Code::kTooLarge, "a part of the vault is full");
  }
  SealedPart out;
  const Secret key = random.secret(kKey);
  out.box = seal(key.view(), part_context(user, kind, bucket), plain, random);
  cleanse(plain);
  out.entry.set_kind(kind);
  out.entry.set_bucket(bucket);
  out.entry.set_hash(sha256(out.box));
  out.entry.set_key(Bytes(key.view()));
  return out;
}

Result<VaultPart> open_vault_part(std::string_view user, const VaultPartEntry& entry, ByteView box) {
  if (box.size() > kMaxVaultPart || sha256(box) != entry.hash()) {
    return refused("a part of the vault is not the one that the vault names");
  }
  const Result<Secret> plain = open(entry.key(), part_context(user, entry.kind(), entry.bucket()), box);
  VaultPart part;
  if (!plain.ok() || !parse_strict(plain->view(), kMaxVaultPart, part).ok() || !valid(part, entry.kind())) {
    return refused("a part of the vault is damaged");
  }
  return part;
}

Secret next_vault_key(const Secret& vault_key) {
  FC_CHECK(vault_key.size() == kKey);
  return hkdf_expand(vault_key.view(), label("ratchet"), kKey);
}

}  // namespace fastchat::e2e
