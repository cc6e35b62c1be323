#include "common/zap.h"

#include <cerrno>
#include <utility>

#include "common/check.h"
#include "common/clock.h"
#include "common/loop.h"
#include "common/process.h"

namespace fastchat {
namespace {

constexpr int kZapBudget = 256;
constexpr const char* kAddress = "inproc://zeromq.zap.01";
constexpr int64_t kRenewEvery = 1'000'000;  // us
constexpr uint64_t kWorthRenewing = 16;     // connections
constexpr size_t kKeySize = 32;
constexpr size_t kCurveFrames = 7;  // version, request id, domain, address, routing id, mechanism, key
constexpr size_t kMaxFrames = 16;

// Receives one request; empty when there is none. Reads and drops frames beyond the most that a request can have.
std::vector<std::string> receive_request(zmq::socket_t& socket) {
  std::vector<std::string> frames;
  zmq::message_t part;
  do {
    if (zmq_msg_recv(part.handle(), socket.handle(), ZMQ_DONTWAIT) < 0) {
      if (zmq_errno() == EINTR && frames.empty()) continue;
      break;
    }
    if (frames.size() < kMaxFrames) frames.emplace_back(static_cast<const char*>(part.data()), part.size());
  } while (part.more());
  return frames;
}

void send_reply(zmq::socket_t& socket, const ZapReply& reply) {
  const std::string* text[] = {&reply.request_id, &reply.status, &reply.user_id};
  const std::string version = "1.0", nothing;
  const std::string* frames[] = {&version, text[0], text[1], &nothing, text[2], &nothing};
  for (size_t i = 0; i < std::size(frames); ++i) {
    const int more = i + 1 < std::size(frames) ? ZMQ_SNDMORE : 0;
    if (zmq_send(socket.handle(), frames[i]->data(), frames[i]->size(), ZMQ_DONTWAIT | more) < 0) return;
  }
}

std::unique_ptr<zmq::socket_t> make_socket(zmq::context_t& ctx) {
  auto socket = std::make_unique<zmq::socket_t>(ctx, zmq::socket_type::rep);
  socket->set(zmq::sockopt::linger, 0);
  return socket;
}

}  // namespace

Result<std::unique_ptr<ZapHandler>> ZapHandler::open(zmq::context_t& ctx) {
  try {
    auto socket = make_socket(ctx);
    socket->bind(kAddress);
    return std::unique_ptr<ZapHandler>(new ZapHandler(ctx, std::move(socket)));
  } catch (const zmq::error_t& e) {
    return err(Code::kInternal, std::string("cannot make the ZAP handler: ") + e.what());
  }
}

void ZapHandler::set_policy(std::string domain, Policy policy) {
  policies_[std::move(domain)] = std::move(policy);
}

ZapHandler::Policy ZapHandler::admit_all() {
  return [](ByteView key, std::string_view) -> std::optional<std::string> { return to_base64url(key); };
}

ZapHandler::Policy ZapHandler::admit_only(Bytes key) {
  return [key = std::move(key)](ByteView client, std::string_view) -> std::optional<std::string> {
    if (client != key) return std::nullopt;
    return "cluster";
  };
}

void ZapHandler::run_on(Loop& loop) {
  loop_ = &loop;
  watch(*socket_);
  renew_later();
}

void ZapHandler::watch(zmq::socket_t& socket) {
  loop_->add_quiet_socket(socket, [this, &socket] { return serve(socket); });
}

void ZapHandler::renew_later() {
  loop_->at(Clock::monotonic_us() + kRenewEvery, [this](int64_t) {
    renew();
    renew_later();
  });
}

void ZapHandler::renew() {
  const bool had_old = old_ != nullptr;
  if (had_old) {
    if (loop_ != nullptr) loop_->remove_socket(*old_);
    old_.reset();
  }
  if (counters_.admitted - admitted_before_ < kWorthRenewing) {
    // libzmq frees the pipes a little later, on its own thread. So the memory of a burst's last pipes is given back
    // now.
    if (std::exchange(trim_, had_old)) give_back_memory();
    return;
  }
  std::unique_ptr<zmq::socket_t> fresh;
  try {
    fresh = make_socket(ctx_);
  } catch (const zmq::error_t&) {
    return;  // out of sockets: keep the old one
  }
  // Between unbind and bind a handshake finds no handler and is refused (ZAP_ENFORCE_DOMAIN). Its client retries.
  if (zmq_unbind(socket_->handle(), kAddress) != 0) return;
  if (zmq_bind(fresh->handle(), kAddress) != 0) {
    FC_CHECK(zmq_bind(socket_->handle(), kAddress) == 0);
    return;
  }
  old_ = std::exchange(socket_, std::move(fresh));
  admitted_before_ = counters_.admitted;
  if (loop_ != nullptr) watch(*socket_);
}

bool ZapHandler::serve(zmq::socket_t& socket) {
  for (int i = 0; i < kZapBudget; ++i) {
    const std::vector<std::string> frames = receive_request(socket);
    if (frames.empty()) return false;
    send_reply(socket, decide(frames));
  }
  return true;
}

ZapReply ZapHandler::decide(const std::vector<std::string>& frames) {
  ZapReply reply;
  if (frames.size() > 1) reply.request_id = frames[1];
  const bool well_formed = frames.size() == kCurveFrames && frames[0] == "1.0" && frames[5] == "CURVE" &&
                           frames[6].size() == kKeySize && frames[2].size() <= 255 && frames[3].size() <= 255;
  if (!well_formed) {
    ++counters_.malformed;
    reply.status = "400";
    return reply;
  }
  const auto policy = policies_.find(frames[2]);
  const auto user_id = policy == policies_.end() ? std::nullopt : policy->second(frames[6], frames[3]);
  const bool usable = user_id && user_id->size() <= 255 && user_id->find('\0') == user_id->npos;
  ++(usable ? counters_.admitted : counters_.refused);
  reply.status = usable ? "200" : "400";
  if (usable) reply.user_id = *user_id;
  return reply;
}

}  // namespace fastchat
