#include "bench/fastchat_driver.h"

#include <set>

#include "bench/meter.h"
#include "common/clock.h"
#include "common/random.h"

namespace fastchat::bench {
namespace {

constexpr char kAgent[] = "fastchat-bench";
constexpr size_t kFullFrame = 512 * 1024;  // leaves room for one more envelope below the limit of 1 MiB
constexpr int kByeLingerMs = 500;
constexpr uint64_t kAsked = 2;                     // the number of every ask(); the driver's own requests have 1
constexpr uint32_t kGroupStream = 1u << 31;        // above every user's number
constexpr uint64_t kPingAfterNs = 10'000'000'000;  // PROTOCOL.md section 4
constexpr uint64_t kDeadAfterNs = 30'000'000'000;

// Sizes of a real identity, in bytes: an RSA-3072 public key, a sealed private key, a small vault.
constexpr size_t kPublicKey = 422, kIdentityBlob = 2000, kVault = 600;

}  // namespace

FastchatDriver::FastchatDriver(Hub& hub, Events& events, const Accounts& accounts, Config config)
    : hub_(hub),
      events_(events),
      accounts_(accounts),
      config_(std::move(config)),
      broker_endpoint_(config_.broker.endpoint()),
      run_(random_bytes(8)) {
  for (int user = 0; user < config_.users; ++user) {
    identities_.push_back({accounts_.name(user), accounts_.auth(user), accounts_.device(user), {}, {}, {}});
  }
  sessions_.resize(identities_.size());
}

void FastchatDriver::request(Link& link, v1::ClientFrame frame) {
  frame.set_request(1);
  hub_.send(link, frame.SerializeAsString());
}

void FastchatDriver::ask(Link& link, v1::ClientFrame frame) {
  frame.set_request(kAsked);
  hub_.send(link, frame.SerializeAsString());
}

void FastchatDriver::login(Link& link) {
  Session& s = session(link);
  s = Session{};
  s.stage = Stage::kHello;
  link.keys = make_curve_pair();
  hub_.open(link, broker_endpoint_, config_.broker.key);
  v1::ClientFrame frame;
  frame.mutable_hello()->set_version_min(wire::kMinVersion);
  frame.mutable_hello()->set_version_max(wire::kVersion);
  frame.mutable_hello()->set_agent(kAgent);
  request(link, std::move(frame));
}

void FastchatDriver::logout(Link& link) {
  Session& s = session(link);
  if (!config_.sign_up && (s.stage == Stage::kLive || s.stage == Stage::kDraining)) {
    send_traffic(link, s);
    v1::ClientFrame frame;
    frame.mutable_bye();
    hub_.send(link, frame.SerializeAsString());
  }
  s.stage = Stage::kClosed;
  hub_.close(link, kByeLingerMs);
}

void FastchatDriver::lose(Link& link, const std::string& why) {
  session(link).stage = Stage::kClosed;
  hub_.close(link, 0);
  events_.on_lost(link, why);
}

void FastchatDriver::on_gone(Link& link) {
  lose(link, "the server closed the connection");
}

void FastchatDriver::on_frame(Link& link, ByteView frame) {
  Session& s = session(link);
  const auto parsed = parser_.parse(frame);
  if (!parsed) return lose(link, "a frame that the protocol does not allow: " + parsed.error().text);
  const wire::ServerIn& in = **parsed;
  if (!in.is_traffic) return on_cold(link, s, in.cold);
  if (s.stage != Stage::kDraining && s.stage != Stage::kLive) return lose(link, "traffic before attached");
  on_traffic(link, s, in.traffic);
}

void FastchatDriver::on_cold(Link& link, Session& s, const v1::ServerFrame& frame) {
  using F = v1::ServerFrame;
  const F::BodyCase body = frame.body_case();
  const bool taken = s.stage == Stage::kSignUp && body == F::kError && frame.error().code() == v1::NAME_TAKEN;
  if (answers_ != nullptr && frame.request() == kAsked) return answers_->on_answer(link, frame);
  if (body == F::kPong || body == F::kVaultChanged || body == F::kGroupChanged || body == F::kDevicesChanged) return;
  if (s.stage == Stage::kHello && body == F::kHello) return on_hello(link, s, frame.hello());
  if (s.stage == Stage::kSignUp && (body == F::kSignedUp || taken)) {
    s.stage = Stage::kLive;
    return events_.on_ready(link);
  }
  if (s.stage == Stage::kLogIn && body == F::kLoggedIn) {
    s.stage = Stage::kAssigned;
    return;
  }
  if (s.stage == Stage::kAssigned && body == F::kAssignment) return attach(link, s, frame.assignment());
  if (s.stage == Stage::kAttach && body == F::kAttached) {
    s.stage = Stage::kDraining;
    return;
  }
  if (body == F::kDrained && s.stage == Stage::kLive) return;  // the link was a slow consumer for a while
  if (body == F::kDrained && s.stage == Stage::kDraining) {
    s.stage = Stage::kLive;
    return events_.on_ready(link);
  }
  if (s.stage == Stage::kLive && body == F::kGroupStored) return events_.on_group(link);
  if (body == F::kError) return lose(link, v1::ErrorCode_Name(frame.error().code()) + " " + frame.error().text());
  lose(link, "an answer that fits no request");
}

void FastchatDriver::on_hello(Link& link, Session& s, const v1::HelloReply& hello) {
  if (hello.realm() != config_.broker.realm) return lose(link, "the server is of another realm");
  if (config_.sign_up) return sign_up(link, s);
  s.stage = Stage::kLogIn;
  v1::ClientFrame frame;
  v1::LogIn& in = *frame.mutable_log_in();
  const Identity& who = identity(link.id);
  in.set_user(who.name);
  in.set_auth(who.auth);
  in.set_device(who.device);
  in.set_device_name(kAgent);
  request(link, std::move(frame));
}

void FastchatDriver::sign_up(Link& link, Session& s) {
  s.stage = Stage::kSignUp;
  v1::ClientFrame frame;
  v1::SignUp& up = *frame.mutable_sign_up();
  const Identity& who = identity(link.id);
  const auto or_random = [](const Bytes& own, size_t size) { return own.empty() ? random_bytes(size) : own; };
  up.set_user(who.name);
  up.set_public_key(or_random(who.public_key, kPublicKey));
  up.set_identity_blob(or_random(who.blob, kIdentityBlob));
  up.set_vault(or_random(who.vault, kVault));
  up.set_verifier(verifier_of(who.auth));
  request(link, std::move(frame));
}

void FastchatDriver::attach(Link& link, Session& s, const v1::Assignment& assignment) {
  if (assignment.key().size() != wire::kCurveKey) return lose(link, "an assignment without a key");
  const std::string endpoint = assignment.endpoint(), key = assignment.key();
  s.stage = Stage::kAttach;
  hub_.open(link, endpoint, key);
  v1::ClientFrame frame;
  v1::Attach& attach = *frame.mutable_attach();
  attach.set_version_min(wire::kMinVersion);
  attach.set_version_max(wire::kVersion);
  attach.set_session_epoch(assignment.session_epoch());
  attach.set_device(identity(link.id).device);
  attach.set_agent(kAgent);
  request(link, std::move(frame));
}

void FastchatDriver::on_traffic(Link& link, Session& s, const wire::DownstreamView& in) {
  for (const wire::DeliveryView& d : in.deliveries) {
    if (d.tag != s.last_tag + 1) return lose(link, "tags of deliveries are not consecutive");
    s.last_tag = d.tag;
    events_.on_message(link, d.envelope);
  }
  for (const wire::StoredReceiptView& r : in.stored) s.out.receipt_ack(r.id);
  if (!in.deliveries.empty() || !in.stored.empty()) hub_.touch(link);
  uint32_t confirmed = confirm(s, in.delivered) + confirm_groups(s, in.group);
  if (confirm_queued_) {
    confirmed += confirm(s, in.queued);
  } else {
    queued_ += in.queued.size();
  }
  if (confirmed != 0) events_.on_confirm(link, confirmed);
  report(link, in.queued, Events::Receipt::kQueued);
  report(link, in.delivered, Events::Receipt::kDelivered);
  for (const wire::RejectionView& r : in.rejected) {
    events_.on_receipt(link, r.ref, Events::Receipt::kRejected);
    events_.on_rejected(link, v1::ErrorCode_Name(r.code));
  }
}

void FastchatDriver::report(Link& link, const std::vector<uint64_t>& refs, Events::Receipt receipt) {
  for (const uint64_t ref : refs) events_.on_receipt(link, ref, receipt);
}

// Counts a message once, since `delivered` may follow `queued`. Ignores receipts of earlier sessions.
bool FastchatDriver::close(Session& s, uint64_t ref) {
  if (s.open.empty() || ref < s.first_ref || ref >= s.next_ref) return false;
  const size_t slot = ref % s.open.size();
  const bool was_open = s.open[slot];
  s.open[slot] = false;
  return was_open;
}

uint32_t FastchatDriver::confirm(Session& s, const std::vector<uint64_t>& refs) {
  uint32_t count = 0;
  for (const uint64_t ref : refs) count += close(s, ref) ? 1 : 0;
  return count;
}

uint32_t FastchatDriver::confirm_groups(Session& s, const std::vector<wire::GroupReceiptView>& receipts) {
  uint64_t count = 0;
  for (const wire::GroupReceiptView& r : receipts) {
    if (!close(s, r.ref)) continue;
    count += r.delivered;
    (confirm_queued_ ? count : queued_) += r.queued;
  }
  return static_cast<uint32_t>(count);
}

void FastchatDriver::message(Link& from, int to, ByteView body) {
  send_to(from, to, body);
}

uint64_t FastchatDriver::send_to(Link& from, int to, ByteView body) {
  return send(from, {.user = identity(to).name}, static_cast<uint32_t>(to), body);
}

void FastchatDriver::group_message(Link& from, Members members, ByteView body) {
  send(from, {.user = {}, .group = session(from).group, .epoch = 1},
       kGroupStream | static_cast<uint32_t>(members.first), body);
}

// `target`: makes the stream different from the sender's other streams.
uint64_t FastchatDriver::send(Link& from, const Addressee& to, uint32_t target, ByteView body) {
  Session& s = session(from);
  if (s.open.empty()) {
    s.open.resize(2 * wire::kMaxInFlight);
    // Refs of a device always rise. Microseconds of wall time are above the refs of any earlier run.
    s.first_ref = s.next_ref = static_cast<uint64_t>(Clock::wall_ms()) * 1000;
  }
  stream_ = run_;
  put_u32(stream_, static_cast<uint32_t>(from.id));
  put_u32(stream_, target);
  const uint64_t ref = s.next_ref++;
  s.open[ref % s.open.size()] = true;
  s.out.send(ref, to, stream_, ref - s.first_ref + 1, body);
  if (++s.sends >= config_.batch || s.out.bytes() >= kFullFrame) send_traffic(from, s);
  hub_.touch(from);
  return ref;
}

// Sends epoch 1 with the same state in every run. A server that has the group already accepts it again.
void FastchatDriver::make_group(Link& admin, Members members) {
  v1::ClientFrame frame;
  v1::PutGroup& put = *frame.mutable_put_group();
  put.set_group_id(session(admin).group = accounts_.group_id(members));
  put.set_epoch(1);
  put.set_name(accounts_.group_name(members));
  put.set_admin(identity(members.first).name);
  std::set<std::string> sorted;  // names of five and of six digits do not sort by number
  for (int i = 0; i < members.count; ++i) sorted.insert(identity(members.first + i).name);
  for (const std::string& name : sorted) put.add_members(name);
  put.set_state(accounts_.group_state(members));
  request(admin, std::move(frame));
}

void FastchatDriver::send_traffic(Link& link, Session& s) {
  if (s.acked_tag != s.last_tag) {
    s.out.ack_upto(s.last_tag);
    s.acked_tag = s.last_tag;
  }
  if (s.out.empty()) return;
  s.sends = 0;
  hub_.send(link, s.out.take());
}

void FastchatDriver::on_flush(Link& link) {
  send_traffic(link, session(link));
}

void FastchatDriver::keep_alive(Link& link, uint64_t now) {
  if (!hub_.is_open(link)) return;
  if (link.last_sent_ns + kPingAfterNs <= now) {
    v1::ClientFrame frame;
    frame.mutable_ping();
    hub_.send(link, frame.SerializeAsString());
  }
  if (link.last_heard_ns + kDeadAfterNs <= now) return lose(link, "silent for 30 s");
  hub_.check(link);
}

}  // namespace fastchat::bench
