#include "client/vault/vault_keeper.h"

#include <algorithm>
#include <map>
#include <utility>

namespace fastchat::client {
namespace {

constexpr size_t kMaxMarks = 4'096;

}  // namespace

void VaultKeeper::before_login() {
  known_ = content_;
  if (content_ || !account_.unlocked() || account_.profile().vault_version == 0) return;
  const store::Profile& p = account_.profile();
  auto content = e2e::open_vault(account_.secrets().vault_key, p.user, p.vault_version, 0, p.vault);
  if (content.ok()) known_ = std::move(*content);
}

Result<> VaultKeeper::on_logged_in(const core::LoggedIn& in) {
  versions_.ask();
  if (in.by_password) {
    Result<> taken = take(in.vault_version, in.vault, std::nullopt);
    // A new device waits for its worker for seconds, and hears of no vault that another device stores meanwhile.
    versions_.doubt();
    return taken;
  }
  // A login by the device's secret brings no vault key. The profile may be a copy from before a change of the password.
  return take(in.vault_version, in.vault, err(Code::kPasswordNeeded, "the vault is sealed under another password"));
}

// `foreign`: the error when no key of this device opens the vault; nullopt: the error of the box.
Result<> VaultKeeper::take(uint64_t version, ByteView box, const std::optional<Error>& foreign) {
  Result<e2e::VaultContent> content = change_.open_vault(version, box);
  if (!content.ok()) return foreign && content.code() == Code::kLocalCrypto ? *foreign : content.error();
  const uint64_t seen = account_.profile().vault_version;
  Result<bool> more = pins_.merge(*content);
  if (!more.ok()) return more.error();
  Result<bool> groups = groups_.merge(*content);
  if (!groups.ok()) return groups.error();
  if (*more || *groups) pins_.set_dirty();
  versions_.show(version);
  if (version < seen) {
    keep_older(std::move(*content));
    return Unit{};
  }
  // Marks keep a server from showing old messages to a new device. An older device gets its own copy of each message
  // that another device took in, so it ignores the marks of others.
  for (const auto& mark : content->marks()) {
    if (seen != 0) break;
    auto merged = streams_.merge_replay_mark({mark.from_fpr(), mark.stream(), mark.seq(), mark.hash()});
    if (!merged.ok()) return merged;
  }
  content_ = std::move(*content);
  versions_.take_shown();
  return account_.put_vault(version, box);
}

// Merges an older vault of the server into this terminal's content. The profile keeps the newer vault until the merged
// vault is stored, so that an interruption loses nothing of it.
void VaultKeeper::keep_older(e2e::VaultContent&& content) {
  if (!known_ && !content_) before_login();
  e2e::VaultContent ours = content_ ? *content_ : known_ ? *known_ : content;
  ours.set_rekey_counter(std::max(ours.rekey_counter(), content.rekey_counter()));
  std::map<std::pair<Bytes, Bytes>, v1::content::ReplayMark*> by_stream;
  for (auto& mark : *ours.mutable_marks()) by_stream[{mark.from_fpr(), mark.stream()}] = &mark;
  for (const auto& mark : content.marks()) {
    auto found = by_stream.find({mark.from_fpr(), mark.stream()});
    if (found == by_stream.end()) {
      *ours.add_marks() = mark;
    } else if (found->second->seq() < mark.seq()) {
      *found->second = mark;
    }
  }
  content_ = std::move(ours);
  versions_.replace_shown();
  pins_.set_dirty();
}

Result<e2e::VaultContent> VaultKeeper::next_content(LeftOut* left_out) const {
  e2e::VaultContent next = *content_;
  next.set_version(versions_.next());
  pins_.write(next);
  groups_.write(next);
  auto marks_now = marks();
  if (!marks_now.ok()) return marks_now.error();
  next.mutable_marks()->Swap(&marks_now->all);
  const LeftOut out = fit_vault(next);
  if (left_out != nullptr) *left_out = out;
  return next;
}

void VaultKeeper::on_changed(const e2e::VaultContent& content) {
  content_ = content;
  versions_.store(content.version());
  pins_.take_dirty();
}

void VaultKeeper::on_version(uint64_t version) {
  versions_.offer(version);
}

void VaultKeeper::on_link_lost() {
  busy_ = storing_ = false;
  retry_at_ = kNever;
}

// Returns the marks of this device and of other devices: the higher mark of each stream, at most kMaxMarks, this
// device's marks first.
Result<VaultKeeper::Marks> VaultKeeper::marks() const {
  auto ours = streams_.replay_marks(kMaxMarks);
  if (!ours.ok()) return ours.error();
  std::map<std::pair<ByteView, ByteView>, const v1::content::ReplayMark*> stored;
  for (const auto& mark : content_->marks()) stored[{mark.from_fpr(), mark.stream()}] = &mark;
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
  if (!content_ || broken_) return true;
  return !busy_ && !pins_.dirty() && !(closing && marks_moved());
}

void VaultKeeper::turn(int64_t now_ms, bool closing) {
  if (retry_at_ == kRetryLater) retry_at_ = now_ms + kRetryMs;
  if (!content_ || busy_ || broken_ || (retry_at_ != kNever && now_ms < retry_at_)) return;
  retry_at_ = kNever;
  if (versions_.newer()) {
    fetch();
  } else if (pins_.dirty() || (closing && marks_moved())) {
    store();
  }
}

void VaultKeeper::fetch() {
  busy_ = true;
  v1::ClientFrame frame;
  frame.mutable_get_vault();
  ask_(std::move(frame), [this, named = versions_.ask()](const Result<v1::ServerFrame*>& answer) {
    busy_ = false;
    if (!answer.ok() || !(*answer)->has_vault()) {
      versions_.offer(named);
      retry_at_ = kRetryLater;
      return;
    }
    const v1::Vault& vault = (*answer)->vault();
    versions_.offer(vault.version());
    const Error foreign = err(Code::kLocalCrypto, "another device may have changed the password: logging in again");
    if (auto taken = take(vault.version(), vault.blob(), foreign); !taken.ok()) broken_ = taken.error();
  });
}

void VaultKeeper::store() {
  retry_at_ = kRetryLater;  // when this vault cannot be made
  LeftOut left_out;
  Result<e2e::VaultContent> next = next_content(&left_out);
  if (!next.ok()) return;
  if (left_out.pins + left_out.groups != 0 && groups_.told && !std::exchange(said_full_, true)) {
    groups_.told("the vault is full: " + std::to_string(left_out.pins) + " keys and " +
                 std::to_string(left_out.groups) + " groups of this device are not in it for your other devices");
  }
  const uint64_t version = next->version();
  Result<Bytes> box = e2e::seal_vault(account_.secrets().vault_key, account_.profile().user, *next);
  if (!box.ok()) return;
  retry_at_ = kNever;
  pins_.take_dirty();
  busy_ = storing_ = true;
  content_ = std::move(*next);
  v1::ClientFrame frame;
  frame.mutable_put_vault()->set_version(version);
  frame.mutable_put_vault()->set_blob(*box);
  ask_(std::move(frame),
       [this, version, sealed = std::move(*box)](const auto& answer) { on_stored(version, sealed, answer); });
}

void VaultKeeper::on_stored(uint64_t version, const Bytes& box, const Result<v1::ServerFrame*>& answer) {
  busy_ = storing_ = false;
  if (answer.ok()) {
    const uint64_t ours = account_.profile().vault_version;
    if (auto kept = account_.put_vault(version, box); !kept.ok()) broken_ = kept.error();
    if (const uint64_t older = versions_.store(version); older != 0 && restored_) restored_(older, ours);
    return;
  }
  pins_.set_dirty();
  // Another device was first, or an answer to this device was lost: fetches the stored vault, merges it and tries
  // again.
  if (answer.code() == Code::kConflict) {
    versions_.offer(version);
  } else {
    retry_at_ = kRetryLater;
  }
}

}  // namespace fastchat::client
