// Messages of ours: whose key, seal, store; the engine sends them once they are on disk.
#include <algorithm>
#include <iterator>
#include <utility>

#include "client/e2e/limits.h"
#include "client/e2e/receipt.h"
#include "client/e2e/sanitise.h"
#include "client/e2e/seal.h"
#include "client/runtime_body.h"
#include "client/runtime_impl.h"
#include "common/clock.h"
#include "common/names.h"
#include "common/random.h"

namespace fastchat::client {
namespace {

constexpr int64_t kLookUpRetryMs = 1'000;

Error key_changed(const std::string& user) {
  return err(Code::kLocalUntrustedKey, "the key of " + user + " changed: compare with `fastchat verify " + user +
                                           "`, then accept it with `fastchat verify " + user + " --accept`");
}

bool worth_retrying(Code code) {
  return code == Code::kBusy || code == Code::kLocalTimeout || code == Code::kLocalUnreachable ||
         code == Code::kThrottled || code == Code::kInternal || code == Code::kShuttingDown;
}

}  // namespace

void Session::Impl::send(const std::string& to, const std::string& text, SendDone done) {
  auto refuse = [&](Code code, std::string why) { soon([done, e = err(code, std::move(why))] { done(e); }); };
  if (!account_.unlocked()) return refuse(Code::kNotLoggedIn, "not logged in");
  if (!valid_user_name(to)) return refuse(Code::kUnknownUser, "no such user: " + e2e::sanitise_line(to));
  if (text.empty()) return refuse(Code::kLocalUsage, "the message is empty");
  if (!valid_utf8(text)) return refuse(Code::kLocalUsage, "the message is not UTF-8 text");
  if (text.size() > e2e::kMaxText) {
    return refuse(Code::kTooLarge,
                  "the message is too large: " + std::to_string(text.size()) + " bytes, at most 16384 (16 KiB) fit");
  }
  resolve(to, [this, to, text, done](const Result<const Pin*>& pin) {
    if (!pin.ok()) return soon([done, e = pin.error()] { done(e); });
    seal_and_store(to, *pin, e2e::Text{text}, true, done);
  });
}

// A null pin stands for this user himself.
void Session::Impl::resolve(const std::string& user, Resolved done) {
  if (user == account_.profile().user) return done(static_cast<const Pin*>(nullptr));
  auto it = look_ups_.find(user);
  const Pin* pin = pins_->get(user);
  const bool live =
      engine_ && (engine_->state() == core::LinkState::kDraining || engine_->state() == core::LinkState::kLive);
  // A pinned key is compared with the server's once a session, and used as it is while there is no session.
  if (it == look_ups_.end() && pin != nullptr && (compared_.contains(user) || !live)) {
    if (!pin->offered_spki.empty()) return done(key_changed(user));
    return done(pin);
  }
  look_ups_[user].waiting.push_back(std::move(done));
  poke();
}

// One question for all the names that are due, every turn.
void Session::Impl::look_up() {
  if (engine_->state() != core::LinkState::kDraining && engine_->state() != core::LinkState::kLive) {
    if (engine_->state() != core::LinkState::kEnded) return;
    const Error gone = err(Code::kLocalUnreachable, "not connected");
    while (!look_ups_.empty()) resolved(std::string(look_ups_.begin()->first), gone);
    return;
  }
  std::vector<std::string> names;
  for (auto& [user, look_up] : look_ups_) {
    if (look_up.asked || look_up.retry_at > now_ms() || names.size() == wire::kMaxNamesPerLookup) continue;
    look_up.asked = true;
    names.push_back(user);
  }
  if (names.empty()) return;
  v1::ClientFrame frame;
  for (const std::string& user : names) frame.mutable_get_users()->add_names(user);
  ask(std::move(frame), [this, names](const Result<const v1::ServerFrame*>& answer) { on_users(names, answer); });
}

void Session::Impl::on_users(const std::vector<std::string>& names, const Result<const v1::ServerFrame*>& answer) {
  for (const std::string& user : names) {
    auto it = look_ups_.find(user);
    if (it == look_ups_.end()) continue;
    if (!answer.ok()) {
      it->second.asked = false;
      it->second.retry_at = now_ms() + kLookUpRetryMs;
      // Persons hear of it now; what was received waits for a better moment.
      for (auto& call : std::exchange(it->second.waiting, {})) call(answer.error());
      if (it->second.arrivals.empty() || !worth_retrying(answer.code())) resolved(user, answer.error());
      continue;
    }
    const auto& users = (*answer)->users().users();
    const auto found = std::find_if(users.begin(), users.end(), [&](const v1::User& u) { return u.name() == user; });
    if (found == users.end()) {
      resolved(user, err(Code::kUnknownUser, "no such user: " + user));
      continue;
    }
    Result<PinBook::Learnt> learnt = pins_->learn(user, found->public_key(), Clock::wall_ms());
    if (!learnt.ok()) {
      resolved(user, err(Code::kLocalUntrustedKey, "the server's key of " + user + " is not valid"));
      continue;
    }
    compared_.insert(user);
    const Pin* pin = pins_->get(user);
    const bool changed = *learnt == PinBook::Learnt::kChanged || !pin->offered_spki.empty();
    if (*learnt == PinBook::Learnt::kChanged) {
      after_commit([this, user] { listener_.on_notice({Notice::Kind::kKeyChanged, user, key_changed(user).text}); });
    }
    if (changed) {
      resolved(user, key_changed(user));
    } else {
      resolved(user, pin);
    }
  }
}

void Session::Impl::resolved(const std::string& user, const Result<const Pin*>& result) {
  auto node = look_ups_.extract(user);
  if (node.empty()) return;
  for (auto& call : node.mapped().waiting) call(result);
  auto& arrivals = node.mapped().arrivals;
  if (pins_->get(user) != nullptr) {
    // Before what came later, and in their order: a stream that is new here waits only a moment for its beginning.
    arrivals_.insert(arrivals_.begin(), std::make_move_iterator(arrivals.begin()),
                     std::make_move_iterator(arrivals.end()));
    return;
  }
  for (Arrival& arrival : arrivals) {
    core::Opened opened;
    opened.reason = "from " + user + ", whom the server does not know";
    Staged& staged = staged_[arrival.id];
    staged.envelope = std::move(arrival.envelope);
    staged.received.header.from_user = user;
    engine_->on_opened(now_ms(), arrival.id, std::move(opened));
  }
}

void Session::Impl::seal_and_store(const std::string& to, const Pin* pin, e2e::Content content, bool visible,
                                   SendDone done, const std::string& path) {
  const e2e::Identity& me = account_.secrets().identity;
  auto fail = [&](const Error& e) { soon([done, e] { done(e); }); };
  if (auto r = store_->begin(); !r.ok()) return fail(r.error());
  Result<store::OutStream> stream = store_->out_stream(to);
  if (!stream.ok()) return fail(stream.error());
  if (stream->stream.empty()) stream->stream = random_bytes(e2e::kStream);
  const int64_t sent_ms = Clock::wall_ms();
  Result<e2e::SealedMessage> sealed =
      e2e::seal_message(me, pin == nullptr ? me.peer() : pin->key,
                        {stream->stream, stream->next_seq, stream->last_hash}, content, sent_ms);
  if (!sealed.ok()) return fail(sealed.error());
  const uint64_t seq = stream->next_seq++;
  stream->last_hash = sealed->hash;
  Result<uint64_t> ref = store_->add_outbox(to, stream->stream, seq, sealed->envelope);
  bool well = check(ref) && check(store_->put_out_stream(to, *stream)) &&
              check(store_->add_mark(me.fpr(), stream->stream, seq, sealed->hash));
  store::Message row;
  if (well && visible) {
    row.peer = to;
    const auto* file = std::get_if<e2e::FileInfo>(&content);
    row.kind = file != nullptr ? v1::content::FILE : v1::content::TEXT;
    row.mine = row.seen = true;
    row.from = me.user();
    row.from_fpr = me.fpr();
    row.stream = stream->stream;
    row.seq = seq;
    row.hash = sealed->hash;
    row.sent_ms = row.received_ms = sent_ms;
    const std::string text = file != nullptr ? file_text(*file) : std::get<e2e::Text>(content).text;
    row.body = e2e::seal_local(account_.secrets().local_key, body_place(row.hash, row.kind), e2e::sanitise(text));
    row.ref = *ref;
    row.state = MessageState::kSending;
    Result<int64_t> id = store_->add_message(row, false);
    well = check(id) && (file == nullptr || store_file(row.hash, *file, path));
  }
  // A half-written message would be committed with the turn: the turn goes, and says why.
  after_rollback_.push_back([done](const Error& e) { done(e); });
  if (!well) return;
  to_submit_.push_back(
      {.ref = *ref, .to = to, .stream = stream->stream, .seq = seq, .envelope = std::move(sealed->envelope)});
  after_commit([this, done, visible, key = row, sent = SentMessage{*ref, message_id(sealed->hash)}] {
    if (visible) {
      auto shown = store_->find_message(key.from_fpr, key.stream, key.seq);
      if (shown.ok() && shown->has_value()) listener_.on_message(view(**shown));
    }
    done(sent);
  });
}

// Looking at messages is what "read" means: the sender is told in a sealed, signed receipt, a hundred at a time.
void Session::Impl::mark_peer_read(const std::string& peer) {
  if (!check(store_->begin())) return;
  const Pin* pin = pins_->get(peer);
  auto rows = store_->unseen_of(peer, e2e::kMaxReceiptEntries);
  if (!check(rows)) return;
  std::vector<e2e::ReadEntry> entries;
  for (const store::Message& row : *rows) {
    if (row.seq != 0) entries.push_back({{row.from_fpr, row.stream, row.seq}, row.hash});
  }
  const bool more = rows->size() == e2e::kMaxReceiptEntries;
  for (const store::Message& row : *rows) check(store_->mark_seen(row.id));
  if (!more) check(store_->mark_peer_seen(peer));
  if (!entries.empty() && pin != nullptr && pin->offered_spki.empty()) {
    e2e::ReadReceipt receipt = e2e::make_receipt(account_.secrets().identity, std::move(entries), Clock::wall_ms());
    seal_and_store(peer, pin, std::move(receipt), false, [](const Result<SentMessage>&) {});
  }
  if (more) soon([this, peer] { mark_peer_read(peer); });
}

}  // namespace fastchat::client
