// The engine's actions that are not about one message: the link, marks, requests and receipts.
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/runtime_body.h"
#include "client/runtime_impl.h"

namespace fastchat::client {

std::string failure_text(Code code, const std::string& to) {
  const bool group = to[0] == '#';
  switch (code) {
    case Code::kUnknownUser:
      return "no such user";
    case Code::kTooLarge:
      return "the message is too large";
    case Code::kRecipientFull:
      return "the recipient's queue is full: try again when they were online";
    case Code::kShareFull:
      return "too many messages of yours wait for the recipient: try again when they were online";
    case Code::kNotAllowed:
      return group ? not_a_member(to) : "the server does not allow it";
    case Code::kUnknownGroup:
      return group ? not_a_member(to) : "no such group";
    case Code::kStaleEpoch:
      return "the group has changed too often since; send it again";
    default:
      return "the message could not be sent";
  }
}

std::string describe_live(const ConnectionEvent& event) {
  if (event.latency_ms < 0) return event.worker;
  return event.worker + (event.latency_ms == 0 ? ", <1 ms" : ", " + std::to_string(event.latency_ms) + " ms");
}

// The server's words, but for what a person has to do about this profile.
std::string Session::Impl::account_text(const core::LinkNote& note) const {
  const std::string user = login_ ? login_->fresh.user : account_.has_profile() ? account_.profile().user : "";
  if (note.code == Code::kDeviceEnded) {
    return "this device was removed from the account: `fastchat login " + user + "` uses it again, as a new device";
  }
  if (note.code == Code::kPasswordNeeded) {
    return "the password is needed: `fastchat login " + user + "`; nothing that is here is lost";
  }
  return e2e::sanitise_line(note.text);
}

void Session::Impl::connect(const core::Endpoint& to) {
  // A broker has the pinned key, a worker a key of its own; every login attempt has fresh keys (PROTOCOL.md section 1).
  const Bytes& broker = login_ ? login_->fresh.broker_key : account_.profile().broker_key;
  server_.transport().connect(to, to.server_key == broker);
}

void Session::Impl::link_changed(core::LinkState state, const core::LinkNote& note) {
  if (state == core::LinkState::kEnded && (retry_lost_sign_up(note) || retry_refused(note))) return;
  if (state == core::LinkState::kOffline && login_ && login_->sign_up &&
      connection_.state == core::LinkState::kSigningUp) {
    ++login_->tries;
  }
  const bool was_attached =
      connection_.state == core::LinkState::kDraining || connection_.state == core::LinkState::kLive;
  connection_.state = state;
  connection_.code = note.code;
  connection_.text = account_text(note);
  connection_.retry_after_ms = note.retry_after_ms;
  connection_.worker = e2e::sanitise_line(note.worker);
  connection_.latency_ms = -1;
  if (state == core::LinkState::kAttaching) on_session_epoch(note.session_epoch);
  if (state == core::LinkState::kDraining) {
    look_ups_.attached();
    if (vault_) vault_->on_version(note.vault_version);
    ask_devices_at_ = now_ms();
    on_groups_attached();
  }
  if (was_attached && state != core::LinkState::kLive && vault_) {
    vault_->on_link_lost();
    groups_.detached();
  }
  if (state == core::LinkState::kEnded) {
    device_choices_.clear();
    for (const core::DeviceRecord& d : note.devices) device_choices_.push_back(device_info(d));
    const bool news = note.code == Code::kDeviceEnded && account_.has_profile() && !account_.profile().ended;
    if (news && check(store_->begin())) {
      check(account_.end_device());
    }
    if (login_) end_login(err(note.code, connection_.text));
  }
  turn_.soon([this, event = connection_] { listener_.on_connection(event); });
}

void Session::Impl::latency_changed(int64_t ms) {
  connection_.latency_ms = ms;
  turn_.soon([this, event = connection_] { listener_.on_latency(event); });
}

void Session::Impl::vault_changed(uint64_t version) {
  if (vault_) vault_->on_version(version);
}

void Session::Impl::group_changed(const Bytes& group_id, uint64_t epoch) {
  groups_.changed(group_id, epoch);
  turn_.poke();
}

std::optional<Bytes> Session::Impl::load_envelope(uint64_t ref) {
  Result<std::optional<Bytes>> envelope = store_->outbox_envelope(ref);
  return check(envelope) ? *envelope : std::nullopt;
}

void Session::Impl::receipt(const core::Receipt& receipt) {
  if (!check(store_->begin())) return;
  if (receipt.state == core::ReceiptState::kStale && seal_anew(receipt.ref)) return;
  if (receipt.state == core::ReceiptState::kConflict && seal_in_new_stream(receipt.ref)) return;
  auto row = store_->message_of_ref(receipt.ref);
  if (!check(row)) return;
  MessageState state = MessageState::kQueued;
  const bool counted = receipt.delivered + receipt.waiting.size() != 0;
  if (receipt.state == core::ReceiptState::kQueued) {
    check(store_->outbox_queued(receipt.ref));
    if (counted) check(store_->outbox_counts(receipt.ref, receipt.delivered, receipt.waiting, receipt.member));
  } else {
    state = receipt.state == core::ReceiptState::kDelivered ? MessageState::kDelivered : MessageState::kFailed;
    check(store_->outbox_done(receipt.ref));
  }
  check(store_->set_state(receipt.ref, state, static_cast<int>(receipt.code)));
  if (counted && row->has_value()) {
    check(store_->set_counts(receipt.ref, receipt.delivered + receipt.waiting.size(), receipt.delivered));
    if (row = store_->message_of_ref(receipt.ref); !check(row)) return;
  }
  if (receipt.stored_id != 0) receipts_written_.push_back(receipt.stored_id);
  // No row: a note of ours (a read receipt) that no person waits for.
  if (!row->has_value()) return;
  ReceiptEvent event;
  event.ref = receipt.ref;
  event.id = message_id((*row)->hash);
  event.peer = shown_peer((*row)->peer);
  event.members = static_cast<uint32_t>((*row)->members);
  event.delivered = static_cast<uint32_t>((*row)->delivered);
  event.read = static_cast<uint32_t>((*row)->read_by);
  event.state = state;
  event.failure = receipt.code;
  if (state == MessageState::kFailed) event.text = failure_text(receipt.code, event.peer);
  turn_.after_commit([this, event = std::move(event)] { listener_.on_receipt(event); });
}

std::optional<Bytes> Session::Impl::find_mark(const core::MessageKey& key) {
  Result<std::optional<Bytes>> mark = store_->mark(key.from_fpr, key.stream, key.seq);
  return check(mark) ? *mark : std::nullopt;
}

core::StreamMark Session::Impl::load_stream(const Bytes& from_fpr, const Bytes& stream) {
  Result<store::InStream> row = store_->in_stream(from_fpr, stream);
  core::StreamMark out;
  if (!check(row)) return out;
  // A stream that only the vault speaks of continues after the vault's mark.
  out.shown_upto = row->joined ? row->shown_upto : row->base_upto;
  out.joined = row->joined;
  out.held = std::move(row->held);
  return out;
}

// Asked by end-to-end for a message and for the one before it. What only another device took in is known without hash.
std::optional<e2e::ReplayMarks::Seen> Session::Impl::seen(const e2e::MessageId& id) const {
  const core::MessageKey key{id.from_fpr, id.stream, id.seq};
  if (std::optional<Bytes> hash = server_.engine().mark(key)) return Seen{std::move(*hash)};
  Result<store::InStream> stream = store_->in_stream(id.from_fpr, id.stream);
  if (stream.ok() && id.seq <= stream->base_upto) return Seen{};
  return std::nullopt;
}

}  // namespace fastchat::client
