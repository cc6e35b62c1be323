#include "common/zap.h"

#include <cerrno>

namespace fastchat {
namespace {

constexpr int kBudget = 256;
constexpr size_t kKeySize = 32;
constexpr size_t kCurveFrames = 7;  // version, request id, domain, address, routing id, mechanism, key
constexpr size_t kMaxFrames = 16;

// One request; empty when none is there. Frames beyond the most that a request can have are read and forgotten.
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

}  // namespace

Result<std::unique_ptr<ZapHandler>> ZapHandler::open(zmq::context_t& ctx) {
  try {
    zmq::socket_t socket(ctx, zmq::socket_type::rep);
    socket.set(zmq::sockopt::linger, 0);
    socket.bind("inproc://zeromq.zap.01");
    return std::unique_ptr<ZapHandler>(new ZapHandler(std::move(socket)));
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

bool ZapHandler::serve() {
  for (int i = 0; i < kBudget; ++i) {
    const std::vector<std::string> frames = receive_request(socket_);
    if (frames.empty()) return false;
    send_reply(socket_, decide(frames));
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
