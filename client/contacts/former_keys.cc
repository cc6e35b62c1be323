#include "client/contacts/former_keys.h"

#include <utility>

namespace fastchat::client {

Result<> FormerKeys::load(ByteView realm) {
  Result<std::vector<store::FormerKeyRow>> rows = table_.former();
  if (!rows.ok()) return rows.error();
  by_user_.clear();
  for (const store::FormerKeyRow& row : *rows) {
    Result<e2e::PeerKey> key = e2e::peer_key(realm, row.user, row.spki);
    if (!key.ok()) return err(Code::kLocalDisk, "the local database is damaged: a former key of " + row.user);
    by_user_[row.user].push_back({std::move(*key), row.until_ms});
  }
  return Unit{};
}

const FormerKeys::Former* FormerKeys::get(std::string_view user, ByteView fpr) const {
  const auto it = by_user_.find(user);
  if (it == by_user_.end()) return nullptr;
  for (const Former& f : it->second) {
    if (f.key.fpr == fpr) return &f;
  }
  return nullptr;
}

const e2e::PeerKey* FormerKeys::find(std::string_view user, ByteView fpr) const {
  const Former* f = get(user, fpr);
  return f != nullptr && now_ms_ < f->until_ms ? &f->key : nullptr;
}

bool FormerKeys::had(std::string_view user, ByteView fpr) const {
  return get(user, fpr) != nullptr;
}

std::vector<Bytes> FormerKeys::fprs(std::string_view user) const {
  std::vector<Bytes> out;
  if (const auto it = by_user_.find(user); it != by_user_.end()) {
    for (const Former& f : it->second) out.push_back(f.key.fpr);
  }
  return out;
}

Result<> FormerKeys::add(const e2e::PeerKey& key, int64_t until_ms) {
  const Former* known = get(key.user, key.fpr);
  if (known != nullptr && known->until_ms >= until_ms) return Unit{};
  std::vector<Former>& all = by_user_[key.user];
  if (known == nullptr) {
    all.push_back({key, until_ms});
  } else {
    all[static_cast<size_t>(known - all.data())].until_ms = until_ms;
  }
  return table_.put_former({key.user, key.fpr, key.key.spki(), until_ms});
}

}  // namespace fastchat::client
