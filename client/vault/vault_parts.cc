#include "client/vault/vault_parts.h"

#include <algorithm>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/e2e/strict.h"
#include "client/vault/vault_split.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

std::set<Bytes> hashes_of(const e2e::VaultHead* head) {
  std::set<Bytes> out;
  if (head == nullptr) return out;
  for (const auto& entry : head->parts()) out.insert(entry.hash());
  return out;
}

}  // namespace

Result<std::vector<Bytes>> VaultParts::missing(const e2e::VaultHead& head) const {
  Result<std::set<Bytes>> here = table_.hashes();
  if (!here.ok()) return here.error();
  std::vector<Bytes> out;
  for (const Bytes& hash : hashes_of(&head)) {
    if (!here->contains(hash) && !fresh_.contains(hash) && !lost_.contains(hash)) out.push_back(hash);
  }
  return out;
}

Result<> VaultParts::take(const std::vector<Bytes>& asked, const v1::VaultParts& answer) {
  std::set<Bytes> open(asked.begin(), asked.begin() + std::min<ptrdiff_t>(std::ssize(asked), answer.looked()));
  for (const Bytes& box : answer.parts()) {
    const Bytes hash = e2e::sha256(box);
    if (open.erase(hash) == 0) continue;
    FC_TRY(table_.put(hash, box));
  }
  lost_.insert(open.begin(), open.end());
  return Unit{};
}

Result<VaultParts::Lost> VaultParts::open(const e2e::VaultHead& head, e2e::VaultContent& out) {
  Lost lost;
  for (const e2e::VaultPartEntry& entry : head.parts()) {
    Result<Bytes> box = box_of(entry.hash());
    if (!box.ok() && box.code() != Code::kLocalCrypto) return box.error();
    if (box.ok() && !e2e::known_kind(entry.kind())) continue;
    Result<e2e::VaultPart> part =
        box.ok() ? e2e::open_vault_part(account_.profile().user, entry, *box) : Result<e2e::VaultPart>(box.error());
    if (!part.ok()) {
      ++lost.parts;
      lost.contacts |= entry.kind() == v1::content::VAULT_CONTACTS;
      continue;
    }
    made_[{entry.kind(), entry.bucket(), e2e::sha256(e2e::encode(*part))}] = entry;
    join_vault(std::move(*part), out);
  }
  return lost;
}

void VaultParts::shown(const e2e::VaultHead* head) {
  server_.reset();
  if (head != nullptr) server_ = *head;
  there_.merge(hashes_of(head));
  for (const Bytes& hash : lost_) there_.erase(hash);
}

Result<> VaultParts::adopt(const e2e::VaultHead* head) {
  const std::set<Bytes> kept = hashes_of(head);
  for (const auto& [hash, box] : fresh_) {
    if (!kept.contains(hash)) continue;
    FC_TRY(table_.put(hash, box));
  }
  FC_TRY(table_.keep_only(kept));
  fresh_.clear();
  std::erase_if(lost_, [&](const Bytes& hash) { return !kept.contains(hash); });
  doubts_ = false;
  std::erase_if(made_, [&](const auto& made) { return !kept.contains(made.second.hash()); });
  shown(head);
  head_ = server_;
  return Unit{};
}

Result<e2e::VaultHead> VaultParts::plan(const e2e::VaultContent& content) {
  Result<std::set<Bytes>> on_disk = table_.hashes();
  if (!on_disk.ok()) return on_disk.error();
  // A part of an earlier plan is gone when that plan was not stored.
  std::erase_if(made_, [&](const auto& made) {
    const Bytes& hash = made.second.hash();
    return lost_.contains(hash) || (!on_disk->contains(hash) && !fresh_.contains(hash));
  });
  e2e::VaultHead head;
  e2e::take_numbers(content, head);
  for (VaultPiece& piece : split_vault(content)) {
    const Made made{piece.kind, piece.bucket, e2e::sha256(e2e::encode(piece.part))};
    auto it = made_.find(made);
    if (it == made_.end()) {
      auto sealed = e2e::seal_vault_part(account_.profile().user, piece.kind, piece.bucket, piece.part);
      if (!sealed.ok()) return sealed.error();
      fresh_[sealed->entry.hash()] = std::move(sealed->box);
      it = made_.emplace(made, std::move(sealed->entry)).first;
    }
    *head.add_parts() = it->second;
  }
  add_unknown(head_, head);
  add_unknown(server_, head);
  if (head.parts_size() > e2e::kMaxVaultParts) return err(Code::kTooLarge, "the vault has too many parts");
  const std::set<Bytes> named = hashes_of(&head);
  std::erase_if(fresh_, [&](const auto& box) { return !named.contains(box.first); });
  to_put_.clear();
  std::set_difference(named.begin(), named.end(), there_.begin(), there_.end(), std::back_inserter(to_put_));
  return head;
}

bool VaultParts::changes(e2e::VaultHead head) const {
  if (!server_ || !to_put_.empty()) return true;
  head.set_version(server_->version());
  return e2e::encode(head) != e2e::encode(*server_);
}

// Adds the parts of kinds that this version does not know. They follow those of the known kinds.
void VaultParts::add_unknown(const std::optional<e2e::VaultHead>& from, e2e::VaultHead& to) const {
  if (!from) return;
  const auto place = [](const e2e::VaultPartEntry& entry) { return std::pair(entry.kind(), entry.bucket()); };
  for (const e2e::VaultPartEntry& entry : from->parts()) {
    const auto same = [&](const e2e::VaultPartEntry& other) { return place(other) == place(entry); };
    if (e2e::known_kind(entry.kind()) || lost_.contains(entry.hash())) continue;
    if (std::none_of(to.parts().begin(), to.parts().end(), same)) *to.add_parts() = entry;
  }
  std::sort(to.mutable_parts()->begin(), to.mutable_parts()->end(),
            [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

// Fails with kLocalCrypto when the part is not here.
Result<Bytes> VaultParts::box_of(const Bytes& hash) const {
  if (const auto it = fresh_.find(hash); it != fresh_.end()) return it->second;
  Result<std::optional<Bytes>> box = table_.get(hash);
  if (!box.ok()) return box.error();
  if (!*box) return err(Code::kLocalCrypto, "a part of the vault is not here");
  return std::move(**box);
}

bool VaultParts::doubt() {
  there_.clear();
  return !std::exchange(doubts_, true);
}

}  // namespace fastchat::client
