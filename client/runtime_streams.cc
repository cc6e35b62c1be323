// The streams of our messages: which one goes on, and a message that gets a place in another one. A profile that was
// put back from a copy begins new ones (client/core/continuity.h).
#include <utility>

#include "client/e2e/limits.h"
#include "client/e2e/sanitise.h"
#include "client/runtime_body.h"
#include "client/runtime_files.h"
#include "client/runtime_impl.h"
#include "common/clock.h"
#include "common/random.h"

namespace fastchat::client {
namespace {

// For so long a device that logged in counts as new: what others wrote before was for the user's other devices.
constexpr int64_t kNewDeviceMs = 86'400'000;
// Refs of a run that does not go on are above those of the run before by a random number up to this.
constexpr uint64_t kRefGap = uint64_t{1} << 32;

}  // namespace

int64_t Session::Impl::new_device_until() const {
  const int64_t age = Clock::wall_ms() - since_ms_;
  return since_ms_ == 0 || age < 0 || age >= kNewDeviceMs ? 0 : now_ms() + kNewDeviceMs - age;
}

void Session::Impl::on_session_epoch(uint64_t epoch) {
  if (continuity_.logged_in(epoch)) forget_streams_ = true;
  run_dirty_ = true;
  keep_run();
}

// With the first message and with each log-in: a copy of this profile that is made from now on is one of a run in use.
bool Session::Impl::keep_run() {
  if (!run_dirty_) return true;
  const auto& now = continuity_.stored();
  if (!check(store_->begin()) || !check(store_->put_run({now.session_epoch, now.open, since_ms_}))) return false;
  if (forget_streams_ && !check(store_->forget_out_streams())) return false;
  turn_.after_rollback([this, forget = forget_streams_](const Error&) {
    run_dirty_ = true;
    forget_streams_ = forget;
  });
  run_used_ = true;
  run_dirty_ = forget_streams_ = false;
  return true;
}

// At the end of the program, in order. What cannot be written leaves the run open: new streams, nothing worse.
void Session::Impl::close_run() {
  if (!run_used_ || run_dirty_ || !store_->begin().ok()) return;
  const auto closed = continuity_.closed();
  if (store_->put_run({closed.session_epoch, closed.open, since_ms_}).ok()) {
    (void)store_->commit();
  } else {
    store_->rollback();
  }
}

// The stream of the next message of a conversation, in place of the one on disk where that does not go on.
bool Session::Impl::follow_stream(store::OutStream& stream) {
  run_dirty_ |= continuity_.sealing();
  if (!keep_run()) return false;
  if (!stream.stream.empty() && continuity_.may_follow(stream.stream)) return true;
  stream = {random_bytes(e2e::kStream), 1, {}};
  continuity_.began(stream.stream);
  if (continuity_.goes_on() || std::exchange(refs_skipped_, true)) return true;
  return check(store_->begin()) && check(store_->skip_refs(random_u64() % kRefGap));
}

Result<e2e::Content> Session::Impl::reopen_own(const store::OutboxEntry& entry, ByteView envelope) {
  if (entry.group.empty()) return e2e::reopen_own_message(envelope, account_.secrets().identity);
  const e2e::EpochView epoch = groups_.epoch(entry.group, entry.epoch);
  if (epoch.key == nullptr || groups_.standing(entry.group) != Standing::kMember) {
    return err(Code::kUnknownGroup, "its group cannot be written to any more");
  }
  return e2e::reopen_group_message(envelope, *epoch.key);
}

bool Session::Impl::seal_in_new_stream(uint64_t ref) {
  auto entry = store_->outbox_entry(ref);
  auto envelope = store_->outbox_envelope(ref);
  auto row = store_->message_of_ref(ref);
  if (!check(entry) || !check(envelope) || !check(row)) return true;  // the turn is rolled back
  if (!entry->has_value() || !envelope->has_value()) return false;
  const store::OutboxEntry& old = **entry;
  const Pin* pin = old.to == account_.profile().user ? nullptr : pins_.get(old.to);
  if (old.group.empty() && pin == nullptr && old.to != account_.profile().user) return false;
  Result<e2e::Content> content = reopen_own(old, **envelope);
  if (!content.ok()) return false;
  // Follows a message that this one speaks of to the place that it got just now.
  std::visit(
      [&](auto& c) {
        [[maybe_unused]] const auto follow = [&](e2e::MessageId& id) {
          auto it = moved_.find(store::identity_bytes(id.from_fpr, id.stream, id.seq));
          if (it != moved_.end()) id = it->second;
        };
        if constexpr (requires { c.of; }) follow(c.of);
        if constexpr (requires { c.reply_to; }) {
          if (c.reply_to) follow(*c.reply_to);
        }
      },
      *content);
  const Target target{old.group.empty() ? old.to : group_peer(old.group), pin, old.group};
  auto stream = store_->out_stream(target.peer);
  if (!check(stream)) return true;
  if (stream->stream == old.stream) *stream = store::OutStream();
  Result<e2e::SealedMessage> sealed = seal_for(target, *content, *stream, Clock::wall_ms());
  if (!sealed.ok()) return turn_.error().has_value();
  const auto& [from_fpr, stream_id, seq] = sealed->id;
  Result<uint64_t> next = add_outbox(target, *stream, seq, sealed->envelope);
  const bool well = check(next) && check(store_->outbox_done(ref)) &&
                    check(store_->put_out_stream(target.peer, *stream)) &&
                    check(store_->add_mark(from_fpr, stream_id, seq, sealed->hash));
  if (!well || (row->has_value() && !move_own(**row, *sealed, *next))) return true;
  moved_[store::identity_bytes(from_fpr, old.stream, old.seq)] = sealed->id;
  core::Outgoing out{.ref = *next, .stream = stream_id, .seq = seq, .envelope = std::move(sealed->envelope)};
  if (target.group.empty()) {
    out.to = target.peer;
  } else {
    const e2e::GroupState& state = *groups_.current(target.group);
    out.group = target.group;
    out.epoch = state.epoch;
    out.members = state.members.size() - 1;
  }
  to_submit_.push_back(std::move(out));
  return true;
}

// The line of a message goes over to its new identity, with what is kept by its hash.
bool Session::Impl::move_own(const store::Message& row, const e2e::SealedMessage& sealed, uint64_t ref) {
  const LocalBox box = account_.box();
  Result<e2e::Secret> text = box.open(LocalPlace::message_body(row.hash, row.kind), row.body);
  if (!check(text)) return false;
  const Bytes body = box.seal(LocalPlace::message_body(sealed.hash, row.kind), text->view());
  if (!check(store_->set_identity(row.id, sealed.id.stream, sealed.id.seq, sealed.hash, body)) ||
      !check(store_->set_ref(row.id, ref)) || !files_->move(row.hash, sealed.hash)) {
    return false;
  }
  turn_.after_commit([this, id = row.id] {
    auto changed = store_->message(id);
    if (changed.ok() && changed->has_value()) listener_.on_changed(view(**changed));
  });
  return true;
}

}  // namespace fastchat::client
