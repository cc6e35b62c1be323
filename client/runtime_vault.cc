#include "client/runtime_vault.h"

#include <algorithm>
#include <map>
#include <utility>

namespace fastchat::client {
namespace {

constexpr size_t kMaxMarks = 4'096;

}  // namespace

Result<> VaultKeeper::on_logged_in(const core::LoggedIn& in) {
  return take(in.vault_version, in.vault);
}

Result<> VaultKeeper::take(uint64_t version, ByteView box) {
  const store::Profile& profile = account_.profile();
  Result<e2e::VaultContent> content =
      e2e::open_vault(account_.secrets().vault_key, profile.user, version, profile.vault_version, box);
  if (!content.ok()) return content.error();
  Result<bool> more = pins_.merge(*content);
  if (!more.ok()) return more.error();
  Result<bool> groups = groups_.merge(*content);
  if (!groups.ok()) return groups.error();
  if (*more || *groups) pins_.set_dirty();
  // Marks keep a server from showing old messages to a new device. A device that was there gets its own copy of what
  // another took in, so for it the marks of others say nothing.
  const bool new_device = profile.vault_version == 0;
  for (const auto& mark : content->marks()) {
    if (!new_device) break;
    auto merged = store_.merge_replay_mark({mark.from_fpr(), mark.stream(), mark.seq(), mark.hash()});
    if (!merged.ok()) return merged;
  }
  content_ = std::move(*content);
  opened_ = true;
  return account_.put_vault(version, box);
}

void VaultKeeper::on_version(uint64_t version) {
  offered_ = std::max(offered_, version);
}

void VaultKeeper::on_link_lost() {
  busy_ = false;
  retry_at_ = kNever;
}

// Ours and those of other devices, the higher of each stream; ours first, should they be too many.
Result<VaultKeeper::Marks> VaultKeeper::marks() const {
  auto ours = store_.replay_marks(kMaxMarks);
  if (!ours.ok()) return ours.error();
  std::map<std::pair<ByteView, ByteView>, const v1::content::ReplayMark*> stored;
  for (const auto& mark : content_.marks()) stored[{mark.from_fpr(), mark.stream()}] = &mark;
  Marks out;
  for (const store::ReplayMark& mark : *ours) {
    auto node = stored.extract({mark.from_fpr, mark.stream});
    const bool behind = !node.empty() && node.mapped()->seq() >= mark.seq;
    out.moved = out.moved || !behind;
    v1::content::ReplayMark& m = *out.all.Add();
    if (behind) {
      m = *node.mapped();
      continue;
    }
    m.set_from_fpr(mark.from_fpr);
    m.set_stream(mark.stream);
    m.set_seq(mark.seq);
    m.set_hash(mark.hash);
  }
  for (const auto& [stream, mark] : stored) {
    if (out.all.size() == static_cast<int>(kMaxMarks)) break;
    *out.all.Add() = *mark;
  }
  return out;
}

bool VaultKeeper::marks_moved() const {
  auto now = marks();
  return now.ok() && now->moved;
}

bool VaultKeeper::settled(bool closing) const {
  if (!opened_ || broken_) return true;
  return !busy_ && !pins_.dirty() && !(closing && marks_moved());
}

void VaultKeeper::turn(int64_t now_ms, bool closing) {
  if (!opened_ || busy_ || broken_ || (retry_at_ != kNever && now_ms < retry_at_)) return;
  retry_at_ = kNever;
  if (offered_ > account_.profile().vault_version) {
    fetch(now_ms);
  } else if (pins_.dirty() || (closing && marks_moved())) {
    store(now_ms);
  }
}

void VaultKeeper::retry_later(int64_t now_ms) {
  retry_at_ = now_ms + kRetryMs;
}

void VaultKeeper::fetch(int64_t now_ms) {
  busy_ = true;
  v1::ClientFrame frame;
  frame.mutable_get_vault();
  ask_(std::move(frame), [this, now_ms](const Result<v1::ServerFrame*>& answer) {
    busy_ = false;
    if (!answer.ok()) return retry_later(now_ms);
    if (!(*answer)->has_vault()) return retry_later(now_ms);
    const v1::Vault& vault = (*answer)->vault();
    offered_ = vault.version();
    if (auto taken = take(vault.version(), vault.blob()); !taken.ok()) broken_ = taken.error();
  });
}

void VaultKeeper::store(int64_t now_ms) {
  const uint64_t version = account_.profile().vault_version + 1;
  e2e::VaultContent next = content_;
  next.set_version(version);
  pins_.write(next);
  groups_.write(next);
  auto marks_now = marks();
  if (!marks_now.ok()) return retry_later(now_ms);
  next.mutable_marks()->Swap(&marks_now->all);
  Result<Bytes> box = e2e::seal_vault(account_.secrets().vault_key, account_.profile().user, next);
  if (!box.ok()) return retry_later(now_ms);
  pins_.take_dirty();
  busy_ = true;
  content_ = std::move(next);
  v1::ClientFrame frame;
  frame.mutable_put_vault()->set_version(version);
  frame.mutable_put_vault()->set_blob(*box);
  ask_(std::move(frame), [this, now_ms, version, sealed = std::move(*box)](const auto& answer) {
    on_stored(now_ms, version, sealed, answer);
  });
}

void VaultKeeper::on_stored(int64_t now_ms, uint64_t version, const Bytes& box,
                            const Result<v1::ServerFrame*>& answer) {
  busy_ = false;
  if (answer.ok()) {
    (void)account_.put_vault(version, box);
    offered_ = std::max(offered_, version);
    return;
  }
  pins_.set_dirty();
  // Another device was first, or an answer of ours was lost: fetch what is there, merge, try again.
  if (answer.code() == Code::kConflict) {
    offered_ = std::max(offered_, version);
  } else {
    retry_later(now_ms);
  }
}

}  // namespace fastchat::client
