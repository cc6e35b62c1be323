#include "client/vault/vault_keeper.h"

#include <algorithm>
#include <utility>

#include "common/try.h"

namespace fastchat::client {
namespace {

// Parts asked for in one request: a slow line has to bring them within the timeout.
constexpr ptrdiff_t kPartsAtOnce = 8;

}  // namespace

void VaultGroups::lost(const VaultParts::Lost& lost, int of) const {
  const char* blocks = lost.contacts ? ", and the people whom you accepted and blocked" : "";
  tell("the server lacks " + std::to_string(lost.parts) + " of " + std::to_string(of) +
       " parts of your vault, or changed them: compare keys that you verified on other devices" + blocks);
  if (lost.contacts && lacks_contacts) lacks_contacts();
}

void VaultKeeper::before_login() {
  known_.reset();
  if (!account_.has_profile() || !account_.unlocked() || account_.profile().vault_version == 0) return;
  const store::Profile& p = account_.profile();
  auto vault = e2e::open_any_vault(account_.secrets().vault_key, p.user, p.vault_version, 0, p.vault);
  if (!vault.ok()) return;
  if (vault->head && !parts_.open(*vault->head, vault->content).ok()) return;
  known_ = std::move(vault->content);
}

Result<> VaultKeeper::on_logged_in(const core::LoggedIn& in) {
  versions_.ask();
  // A login by the device's secret brings no vault key. The profile may be a copy from before a change of the password.
  std::optional<Error> foreign = err(Code::kPasswordNeeded, "the vault is sealed under another password");
  if (in.by_password) foreign.reset();
  FC_TRY(look_at(in.vault_version, in.vault, foreign));
  if (!offer_ || in.version >= kPartsSince || account_.profile().vault_version == 0) return Unit{};
  // This broker has no parts to give. A device with a vault goes on with it, and a worker gives the parts later.
  if (!content_ && !known_) before_login();
  if (!content_) content_ = known_;
  if (!content_) return Unit{};
  pins_.set_dirty();  // an earlier process may not have stored all
  versions_.pass_by(std::exchange(offer_, std::nullopt)->version);
  return Unit{};
}

std::vector<Bytes> VaultKeeper::wanted_parts() const {
  if (!offer_) return {};
  const auto& missing = offer_->missing;
  return {missing.begin(), missing.begin() + std::min(std::ssize(missing), kPartsAtOnce)};
}

// `foreign`: the error when no key of this device opens the vault; nullopt: a login by password, and the error of the
// box.
Result<> VaultKeeper::look_at(uint64_t version, ByteView box, const std::optional<Error>& foreign) {
  const bool doubts = !foreign || (offer_ && offer_->doubts);
  offer_.reset();
  parts_.begin_look();
  // Before the vault is opened: opening finishes a change that the server made, and then the profile has its vault.
  const bool known = content_ && version == account_.profile().vault_version && box == account_.profile().vault;
  Result<e2e::OpenedVault> vault = change_.open_vault(version, box);
  if (!vault.ok()) return foreign && vault.code() == Code::kLocalCrypto ? *foreign : vault.error();
  offer_ = Offer{version, Bytes(box), std::move(*vault), doubts, known};
  return go_on();
}

Result<> VaultKeeper::on_parts(const v1::VaultParts& answer) {
  if (!offer_) return Unit{};
  FC_TRY(parts_.take(wanted_parts(), answer));
  return go_on();
}

// Takes the offered vault once nothing is missing.
Result<> VaultKeeper::go_on() {
  if (offer_->vault.head) {
    Result<std::vector<Bytes>> missing = parts_.missing(*offer_->vault.head);
    if (!missing.ok()) return missing.error();
    offer_->missing = std::move(*missing);
    if (!offer_->missing.empty()) return Unit{};
  }
  const bool doubts = offer_->doubts;
  FC_TRY(take(*std::exchange(offer_, std::nullopt)));
  // A new device waits for its worker for seconds, and hears of no vault that another device stores meanwhile.
  if (doubts) versions_.doubt();
  return Unit{};
}

Result<> VaultKeeper::take(Offer offer) {
  e2e::VaultContent& content = offer.vault.content;
  const e2e::VaultHead* head = offer.vault.head ? &*offer.vault.head : nullptr;
  const uint64_t seen = account_.profile().vault_version;
  if (head != nullptr && offer.known) {
    parts_.shown(head);
    versions_.show(offer.version, true);
    versions_.take_shown();
    return Unit{};
  }
  VaultParts::Lost lost;
  if (head != nullptr) {
    Result<VaultParts::Lost> opened = parts_.open(*head, content);
    if (!opened.ok()) return opened.error();
    lost = *opened;
  }
  parts_.shown(head);
  Result<bool> more = pins_.merge(content);
  if (!more.ok()) return more.error();
  Result<bool> groups = groups_.merge(content);
  if (!groups.ok()) return groups.error();
  if (*more || *groups) pins_.set_dirty();
  versions_.show(offer.version, lost.parts == 0);
  if (lost.parts != 0) groups_.lost(lost, head->parts_size());
  // Marks keep a server from showing old messages to a new device. An older device gets its own copy of each message
  // that another device took in, so it ignores the marks of others.
  if (seen == 0) {
    FC_TRY(marks_.take(content));
  }
  if (offer.version < seen || lost.parts != 0) {
    keep_older(std::move(content));
    if (offer.version < seen) versions_.replace_shown();
    return Unit{};
  }
  content_ = std::move(content);
  versions_.take_shown();
  FC_TRY(parts_.adopt(head));
  return account_.put_vault(offer.version, offer.box);
}

// Merges an older vault of the server, or one that lacks parts, into this terminal's content. The profile keeps its
// vault until the merged vault is stored, so that an interruption loses nothing of it.
void VaultKeeper::keep_older(e2e::VaultContent&& content) {
  if (!known_ && !content_) before_login();
  e2e::VaultContent ours = content_ ? *content_ : known_ ? *known_ : content;
  ours.set_rekey_counter(std::max(ours.rekey_counter(), content.rekey_counter()));
  VaultMarks::raise(content, ours);
  content_ = std::move(ours);
  pins_.set_dirty();
}

Result<e2e::VaultContent> VaultKeeper::next_content(size_t room, bool with_marks, LeftOut* left_out) const {
  e2e::VaultContent next = *content_;
  next.set_version(versions_.next());
  pins_.write(next);
  groups_.write(next);
  if (with_marks) {
    auto joined = marks_.join(*content_);
    if (!joined.ok()) return joined.error();
    next.mutable_marks()->Swap(&joined->all);
  }
  const LeftOut out = fit_vault(next, room);
  if (left_out != nullptr) *left_out = out;
  return next;
}

Result<e2e::OpenedVault> VaultKeeper::next_vault() const {
  e2e::OpenedVault out;
  out.head = parts_.server_head();
  if (versions_.passed()) {
    return err(Code::kNotAllowed,
               "this server is older than the one that keeps your vault: try again after its update");
  }
  if (out.head && versions_.replaces()) {
    return err(Code::kNotAllowed,
               "the server was restored, or lacks parts of your vault: connect until your vault is stored there again, "
               "then change the password");
  }
  if (out.head) {
    out.head->set_version(versions_.next());
    out.head->set_rekey_counter(content_->rekey_counter());
    e2e::take_numbers(*out.head, out.content);
    return out;
  }
  Result<e2e::VaultContent> content = next_content(vault_room(), true, nullptr);
  if (!content.ok()) return content.error();
  out.content = std::move(*content);
  return out;
}

Result<> VaultKeeper::on_changed(const e2e::OpenedVault& vault) {
  versions_.store(vault.content.version());
  if (vault.head) {
    content_->set_rekey_counter(vault.content.rekey_counter());
    return parts_.adopt(&*vault.head);
  }
  content_ = vault.content;
  pins_.take_dirty();
  return Unit{};
}

void VaultKeeper::on_version(uint64_t version) {
  versions_.offer(version);
}

void VaultKeeper::on_link_lost() {
  work_ = Work::kNone;
  offer_.reset();
  retry_at_ = kNever;
}

// A worker of before version 5 cannot keep a vault in parts: this device waits for another one.
bool VaultKeeper::may_store() const {
  if (room_.refused || (groups_.waits && groups_.waits())) return false;
  if (versions_.passed()) return server_.version() >= kPartsSince;
  return server_.version() >= kPartsSince || !parts_.server_head();
}

bool VaultKeeper::settled(bool closing) const {
  if (!content_ || broken_) return true;
  if (work_ != Work::kNone) return false;
  return !may_store() || (!pins_.dirty() && !(closing && marks_.moved(*content_)));
}

void VaultKeeper::turn(int64_t now_ms, bool closing) {
  if (retry_at_ == kRetryLater) retry_at_ = now_ms + kRetryMs;
  if (!content_ || work_ != Work::kNone || broken_ || (retry_at_ != kNever && now_ms < retry_at_)) return;
  retry_at_ = kNever;
  if (versions_.newer()) {
    if (!versions_.passed() || server_.version() >= kPartsSince) fetch();
  } else if (may_store() && (pins_.dirty() || (closing && marks_.moved(*content_)))) {
    store(closing);
  }
}

void VaultKeeper::fetch() {
  work_ = Work::kFetches;
  v1::ClientFrame frame;
  frame.mutable_get_vault();
  server_.ask(std::move(frame), [this, named = versions_.ask()](const Result<v1::ServerFrame*>& answer) {
    work_ = Work::kNone;
    if (!answer.ok() || !(*answer)->has_vault()) {
      versions_.offer(named);
      retry_at_ = kRetryLater;
      return;
    }
    const v1::Vault& vault = (*answer)->vault();
    versions_.offer(vault.version());
    const Error foreign = err(Code::kLocalCrypto, "another device may have changed the password: logging in again");
    if (auto seen = look_at(vault.version(), vault.blob(), foreign); !seen.ok()) broken_ = seen.error();
    if (offer_ && !broken_) fetch_parts(std::max(named, vault.version()));
  });
}

// Asks for the parts of the offered vault that are not here. `named`: the newest version that the server named.
void VaultKeeper::fetch_parts(uint64_t named) {
  if (server_.version() < kPartsSince) {
    offer_.reset();
    broken_ =
        err(Code::kUnsupportedVersion, "this worker is older than the one that keeps your vault: logging in again");
    return;
  }
  work_ = Work::kFetches;
  v1::ClientFrame frame;
  for (Bytes& hash : wanted_parts()) frame.mutable_get_vault_parts()->add_hashes(std::move(hash));
  server_.ask(std::move(frame), [this, named](const Result<v1::ServerFrame*>& answer) {
    work_ = Work::kNone;
    if (!answer.ok() || !(*answer)->has_vault_parts()) {
      offer_.reset();
      versions_.offer(named);
      retry_at_ = kRetryLater;
      return;
    }
    if (auto taken = on_parts((*answer)->vault_parts()); !taken.ok()) broken_ = taken.error();
    if (offer_ && !broken_) fetch_parts(named);
  });
}

void VaultKeeper::store(bool closing) {
  retry_at_ = kRetryLater;  // when this vault cannot be made
  const auto tell_once = [this](const std::string& text) {
    if (!std::exchange(room_.said_full, true)) groups_.tell(text);
  };
  const bool in_parts = server_.version() >= kPartsSince;
  // Marks move with every message: a vault of several parts of them gets new ones at the end of a session.
  const bool with_marks = closing || !in_parts || !parts_.server_head() || content_->marks_size() <= kFewMarks;
  LeftOut left_out;
  Result<e2e::VaultContent> next = next_content(in_parts ? room_.bytes : vault_room(), with_marks, &left_out);
  if (!next.ok()) return;
  const auto keep = [&] {
    retry_at_ = kNever;
    pins_.take_dirty();
    content_ = std::move(*next);
  };
  if (left_out.pins + left_out.groups != 0) {
    tell_once("the vault is full: " + std::to_string(left_out.pins) + " keys and " + std::to_string(left_out.groups) +
              " groups of this device are not in it for your other devices");
  }
  VaultParts::Vault vault{next->version(), {}};
  if (in_parts) {
    Result<e2e::VaultHead> head = parts_.plan(*next);
    if (!head.ok()) return tell_once("the vault cannot be stored: " + head.error().text);
    // Content without room is missing in the vault, and no reason to store the same vault again.
    if (!versions_.replaces() && !parts_.changes(*head)) return keep();
    vault.head = std::move(*head);
  }
  const e2e::Secret& key = account_.secrets().vault_key;
  const std::string& user = account_.profile().user;
  Result<Bytes> box = vault.head ? e2e::seal_vault_head(key, user, *vault.head) : e2e::seal_vault(key, user, *next);
  if (!box.ok()) return;
  vault.box = std::move(*box);
  keep();
  work_ = Work::kStores;
  parts_.upload(std::move(vault), [this](const VaultParts::Vault& sent, Code code) { on_put(sent, code); });
}

void VaultKeeper::on_put(const VaultParts::Vault& vault, Code code) {
  work_ = Work::kNone;
  if (code == Code::kOk) {
    const uint64_t ours = account_.profile().vault_version;
    Result<> kept = parts_.adopt(vault.head ? &*vault.head : nullptr);
    if (kept.ok()) kept = account_.put_vault(vault.version, vault.box);
    if (!kept.ok()) broken_ = kept.error();
    const uint64_t older = versions_.store(vault.version);
    if (older != 0 && server_.restored) server_.restored(older, ours);
    return;
  }
  pins_.set_dirty();
  // Another device was first, or an answer to this device was lost: fetches the stored vault, merges it and tries
  // again.
  if (code == Code::kConflict) return versions_.offer(vault.version);
  // A server drops the oldest parts when a new vault has too many of them.
  const bool dropped = code == Code::kMissingPart && !parts_.doubt();
  if (code == Code::kStorageFull || dropped) room_.shrink();
  if (room_.refused)
    groups_.tell("the server has no room for your vault: what this device learns stays on this device");
  retry_at_ = kRetryLater;
}

}  // namespace fastchat::client
