// The part of the engine that serves clients: PROTOCOL.md section 3. The table in links.cc gives the action for each
// state and frame.
#include <utility>

#include "broker/core/answers.h"
#include "broker/core/engine.h"
#include "common/check.h"
#include "common/guard_core.h"
#include "common/hash.h"
#include "common/names.h"

namespace fastchat::broker {
namespace {

using namespace std::string_view_literals;

constexpr int64_t kHourUs = 3'600 * int64_t{1'000'000};

bool ends_link(Code code) {
  switch (code) {
    case Code::kMalformed:
    case Code::kUnsupportedVersion:
    case Code::kNotLoggedIn:
    case Code::kSuperseded:
    case Code::kWrongRealm:
      return true;
    default:
      return false;
  }
}

}  // namespace

Bytes hash_invite(ByteView token) {
  return sha256({"FastChat/1/invite\0"sv, token});
}

void Engine::on_client_frame(int64_t now_us, Rid rid, ByteView client_key, std::string_view address, ByteView frame) {
  FC_CHECK(client_key.size() == wire::kCurveKey);
  assignments_.runs(now_us);
  const auto parsed = parser_.parse(frame);
  if (!parsed) {
    ports_.event(Event::kMalformed, address);
    return answer_error(rid, 0, Code::kMalformed, parsed.error().text);
  }
  const wire::ClientIn& in = **parsed;
  links_.heard(now_us, rid);
  Link* link = links_.find(rid);
  const auto body = in.is_traffic ? v1::ClientFrame::kTraffic : in.cold.body_case();
  const Act act = act_on(link == nullptr ? LinkState::kNew : link->state, input_of(body));
  if (act == Act::kGreet) return greet(now_us, rid, client_key, address, in.cold);
  if (act == Act::kForget) {
    if (link != nullptr) close(rid);
    return;
  }
  if (act == Act::kNotLoggedIn) {
    ports_.event(Event::kRefused, address);
    return answer_error(rid, in.request, Code::kNotLoggedIn, "log in first");
  }
  FC_CHECK(link != nullptr);
  on_open_link(now_us, *link, act, body, in);
}

void Engine::on_open_link(int64_t now_us, Link& link, Act act, v1::ClientFrame::BodyCase body,
                          const wire::ClientIn& in) {
  switch (act) {
    case Act::kPong: {
      v1::ServerFrame out;
      out.set_request(in.request);
      out.mutable_pong();
      return ports_.send_client(link.rid, out.SerializeAsString());
    }
    case Act::kBusy:
      ports_.event(Event::kRefused, link.address);
      return answer_error(link.rid, in.request, Code::kBusy, "one request at a time: wait for the answer",
                          kBusyRetryMs);
    case Act::kNotAllowed:
      ports_.event(Event::kRefused, link.address);
      return answer_error(link.rid, in.request, Code::kNotAllowed, "this request is not allowed at this point");
    default:
      break;
  }
  if (mode_ == Mode::kShuttingDown) {
    return answer_error(link.rid, in.request, Code::kShuttingDown, "the broker is shutting down");
  }
  if (pending_.size() >= kMaxPending || pending_bytes_ >= kMaxPendingBytes) {
    ports_.event(Event::kStoreBusy, link.address);
    return answer_error(link.rid, in.request, Code::kBusy, kBusyText, kBusyRetryMs);
  }
  switch (body) {
    case v1::ClientFrame::kSignUp:
      return sign_up(now_us, link, in.cold);
    case v1::ClientFrame::kLogIn:
      return log_in(link, in.cold);
    case v1::ClientFrame::kGetVaultParts:
      return read_parts(link, in.cold);
    case v1::ClientFrame::kDeleteAccount:
      return delete_account(now_us, link, in.cold);
    default:
      return change_password(now_us, link, in.cold);
  }
}

void Engine::greet(int64_t now_us, Rid rid, ByteView client_key, std::string_view address, const v1::ClientFrame& in) {
  if (mode_ == Mode::kShuttingDown) {
    return answer_error(rid, in.request(), Code::kShuttingDown, "the broker is shutting down");
  }
  const uint32_t version = wire::common_version(in.hello().version_min(), in.hello().version_max());
  if (version == 0) return answer_error(rid, in.request(), Code::kUnsupportedVersion, wire::kVersionsText);
  std::vector<Rid> forgotten;
  Link& link = links_.open(now_us, rid, &forgotten);
  for (const Rid other : forgotten) ports_.close_client(other);
  link.state = LinkState::kReady;
  link.version = version;
  link.client_key = client_key;
  link.address = address_key(std::string(address));
  // The throttle's key of an IPv4 address is the address itself, in one form however it was written.
  link.peer = link.address.ends_with("/64") ? std::string(address) : link.address;
  ports_.event(Event::kLinkOpened, address);

  v1::ServerFrame out;
  out.set_request(in.request());
  out.mutable_hello()->set_version(version);
  out.mutable_hello()->set_realm(config_.realm);
  out.mutable_hello()->set_agent(config_.agent);
  out.mutable_hello()->set_registration(config_.registration);
  if (version >= 5) out.mutable_hello()->set_log_key(config_.log_key);
  ports_.send_client(rid, out.SerializeAsString());
}

void Engine::sign_up(int64_t now_us, Link& link, const v1::ClientFrame& in) {
  const auto& asked = in.sign_up();
  const auto no = [&](Code code, std::string_view text) {
    ports_.event(Event::kSignUpRefused, link.address);
    answer_error(link.rid, in.request(), code, text);
  };
  if (config_.registration == v1::CLOSED) return no(Code::kRegistrationClosed, "registration is closed on this server");
  const bool by_invite = config_.registration == v1::INVITE;
  if (by_invite && asked.invite().empty()) return no(Code::kBadInvite, "this server asks for an invite token");
  if (!valid_user_name(asked.user())) {
    return no(Code::kNameNotAllowed,
              "a name has 3 to 32 characters of a-z, 0-9, - and _, and begins with a letter or a digit");
  }
  if (reserved_user_name(asked.user())) return no(Code::kNameNotAllowed, "this name is reserved");
  link.state = LinkState::kSigningUp;
  link.request = in.request();
  if (asked.vault().size() > kMaxFirstVault) {
    ports_.event(Event::kSignUpRefused, link.address);
    return refuse_later(now_us, &link, Code::kTooLarge, "the vault of a sign-up has at most 16 KiB");
  }
  // Each sign-up that reaches the look-up of its name counts, so that nobody can try names one after the other to learn
  // which are taken.
  const int64_t most = max_sign_ups(many_behind(link));
  const int64_t wait_us = sign_ups_.take(now_us, link.address, most, kHourUs / most);
  if (wait_us > 0) {
    ports_.event(Event::kSignUpThrottled, link.address);
    return refuse_later(now_us, &link, Code::kThrottled, "too many sign-ups from your address: wait and try again",
                        retry_ms(wait_us));
  }
  Pending pending;
  pending.asked = Asked::kSignUp;
  pending.client = {link.rid, link.serial};
  pending.who.name = asked.user();
  pending.who.address = link.address;
  pending.who.many_behind = many_behind(link);
  pending.bytes = asked.ByteSizeLong();
  ask_store(
      link.address, kShare * (many_behind(link) ? Throttle::kManyBehind : 1), std::move(pending),
      NewUser{asked.user(), asked.public_key(), asked.identity_blob(), asked.vault(), asked.verifier(),
              by_invite ? hash_invite(asked.invite()) : Bytes(), link.version >= 4 ? config_.strangers : v1::TAKE});
}

void Engine::on_signed_up(Link* link, const Pending& pending, const StoreBody& body) {
  if (!body.ok()) {
    const bool busy = body.code() == Code::kBusy;
    // Gives the attempt back, because the answer revealed nothing: a crowd that signs up while the database is away
    // does not use up its rate.
    if (busy) sign_ups_.give_back(pending.who.address, kHourUs / max_sign_ups(pending.who.many_behind));
    ports_.event(busy ? Event::kStoreBusy : Event::kSignUpRefused, pending.who.name);
    return refuse(link, body.code(), busy ? kBusyText : body.error().text, busy ? kBusyRetryMs : 0);
  }
  ports_.event(Event::kSignedUp, pending.who.name);
  v1::ServerFrame out;
  out.mutable_signed_up();
  answer(link, LinkState::kReady, std::move(out));
}

void Engine::deliver_outcomes() {
  for (Outcome& outcome : assignments_.take_outcomes()) {
    Link* link = links_.find(outcome.client.rid, outcome.client.serial);
    if (outcome.code != Code::kOk) {
      const bool busy = outcome.code == Code::kBusy;
      ports_.event(busy ? Event::kStoreBusy : Event::kNoWorker, {});
      refuse(link, outcome.code, busy ? kBusyText : "no worker is available; try again in a moment", kBusyRetryMs);
      continue;
    }
    ports_.event(Event::kAssigned, outcome.worker);
    v1::ServerFrame out;
    out.mutable_assignment()->set_endpoint(std::move(outcome.endpoint));
    out.mutable_assignment()->set_key(std::move(outcome.key));
    out.mutable_assignment()->set_session_epoch(outcome.session_epoch);
    out.mutable_assignment()->set_worker(std::move(outcome.worker));
    answer(link, LinkState::kAssigned, std::move(out));
  }
}

void Engine::on_client_gone(int64_t, Rid rid) {
  if (const Link* link = links_.find(rid)) {
    assignments_.on_client_gone({rid, link->serial});
    links_.close(rid);
  }
}

void Engine::on_store_reply(int64_t now_us, StoreReply&& reply) {
  lanes_.answered(reply.id);
  if ((reply.id & Assignments::kAdoptBit) != 0) {
    const bool more = reply.body.ok() && std::get<Adopted>(*reply.body).more;
    assignments_.on_adopted(now_us, reply.id, reply.body.ok(), more);
    return deliver_outcomes();
  }
  const auto it = pending_.find(reply.id);
  if (it == pending_.end()) return;
  Pending pending = std::move(it->second);
  pending_.erase(it);
  pending_bytes_ -= pending.bytes;
  Link* link = links_.find(pending.client.rid, pending.client.serial);
  switch (pending.asked) {
    case Asked::kSignUp:
      on_signed_up(link, pending, reply.body);
      break;
    case Asked::kLogin:
      on_login_row(now_us, link, std::move(pending), reply.body);
      break;
    case Asked::kLogInDevice:
      on_logged_in(now_us, link, pending, std::move(reply.body));
      break;
    case Asked::kPassword:
      on_password(now_us, link, pending, reply.body);
      break;
    case Asked::kDelete:
      on_deleted(now_us, link, pending, reply.body);
      break;
    case Asked::kParts:
      on_parts(link, std::move(reply.body));
      break;
  }
  deliver_outcomes();
}

void Engine::answer(Link* link, LinkState next, v1::ServerFrame&& out) {
  if (link == nullptr) return;
  link->state = next;
  out.set_request(link->request);
  ports_.send_client(link->rid, out.SerializeAsString());
}

void Engine::refuse(Link* link, Code code, std::string_view text, uint64_t retry_after_ms) {
  if (link == nullptr) return;
  // A link that changes the account, or reads parts of the vault, has an assignment already.
  const bool assigned = link->state == LinkState::kChanging || link->state == LinkState::kReading;
  link->state = assigned ? LinkState::kAssigned : LinkState::kReady;
  answer_error(link->rid, link->request, wire::code_for(link->version, code), text, retry_after_ms);
}

void Engine::refuse_later(int64_t now_us, Link* link, Code code, std::string_view text, uint64_t retry_after_ms) {
  if (link == nullptr) return;
  const bool waits = mode_ == Mode::kServing &&
                     refusals_.add(now_us, {link->rid, link->serial, code, std::string(text), retry_after_ms});
  if (!waits) refuse(link, code, text, retry_after_ms);
}

void Engine::say_refusals(int64_t now_us) {
  while (const auto due = refusals_.take(now_us)) {
    refuse(links_.find(due->rid, due->serial), due->code, due->text, due->retry_after_ms);
  }
}

void Engine::answer_error(Rid rid, uint64_t request, Code code, std::string_view text, uint64_t retry_after_ms) {
  ports_.send_client(rid, wire::error_frame(request, code, text, retry_after_ms));
  if (ends_link(code)) close(rid);
}

void Engine::close(Rid rid) {
  on_client_gone(0, rid);
  ports_.close_client(rid);
}

void Engine::ask_store(const std::string& key, size_t most, Pending&& pending, decltype(StoreRequest::body)&& body) {
  const uint64_t id = ++last_request_;
  const Waiter client = pending.client;
  const size_t bytes = pending.bytes;
  pending_bytes_ += bytes;
  pending_.emplace(id, std::move(pending));
  if (lanes_.ask(key, most, StoreRequest{id, std::move(body)})) return;
  pending_.erase(id);
  pending_bytes_ -= bytes;
  ports_.event(Event::kStoreShareFull, key);
  refuse(links_.find(client.rid, client.serial), Code::kBusy, kBusyText, kBusyRetryMs);
}

}  // namespace fastchat::broker
