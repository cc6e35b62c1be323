#include "client/e2e/vault.h"

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

bool valid(const pb::Vault& v) {
  if (v.version() == 0 || !count_or_zero(v.version()) || !count_or_zero(v.rekey_counter())) return false;
  if (v.lists_contacts() > 1 || v.strangers_ms() < 0 || v.strangers_ms() >= kMaxTimeMs) return false;
  for (const pb::VaultContact& c : v.contacts()) {
    if (!valid(c)) return false;
  }
  if (v.cards_size() > kMaxVaultCards) return false;
  for (const pb::VaultCard& c : v.cards()) {
    if (!valid(c)) return false;
  }
  for (const pb::Pin& p : v.pins()) {
    if (!valid(p)) return false;
  }
  for (const pb::VaultGroup& g : v.groups()) {
    if (!valid(g)) return false;
  }
  for (const pb::ReplayMark& m : v.marks()) {
    if (!valid(m)) return false;
  }
  return true;
}

Bytes vault_context(std::string_view user, uint64_t version) {
  Bytes context = concat({"vault", lp(user)});
  put_u64(context, version);
  return context;
}

Error refused(std::string text) {
  return err(Code::kLocalCrypto, std::move(text));
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

Result<VaultContent> open_vault(const Secret& vault_key, std::string_view user, uint64_t version, uint64_t last_seen,
                                ByteView box) {
  if (version == 0 || !count_or_zero(version)) return refused("the server names no valid version of the vault");
  if (version < last_seen) {
    return refused("the server offers an old vault: version " + std::to_string(version) +
                   ", but this device has seen " + std::to_string(last_seen));
  }
  if (box.size() > kMaxVault) return refused("the vault is too large");
  const Result<Secret> plain = open(vault_key.view(), vault_context(user, version), box);
  if (!plain.ok()) return refused("the vault does not open: the server changed it or its version");
  VaultContent content;
  if (!parse_strict(plain->view(), kMaxVault, content).ok() || content.version() != version || !valid(content)) {
    return refused("the vault is damaged");
  }
  return content;
}

Secret next_vault_key(const Secret& vault_key) {
  FC_CHECK(vault_key.size() == kKey);
  return hkdf_expand(vault_key.view(), label("ratchet"), kKey);
}

}  // namespace fastchat::e2e
