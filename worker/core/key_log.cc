#include "worker/core/key_log.h"

#include "common/wire.h"

namespace fastchat::worker {
namespace {

constexpr uint32_t kSince = 5;  // version of the protocol
// A page of leaves counts as the request that is as long, so that a session has few pages under way.
constexpr uint64_t kPageBytes = wire::kMaxLogLeaves * 96;

}  // namespace

bool KeyLog::handle(Session& s, const v1::ClientFrame& frame) {
  using F = v1::ClientFrame;
  const auto body = frame.body_case();
  if (body != F::kGetLogHead && body != F::kGetLogProofs && body != F::kGetLogLeaves) return false;
  if (s.version < kSince) {
    out_.send_error(s, frame.request(), Code::kNotAllowed, "version 5 has this request");
    return true;
  }
  if (!intake_.take(s, frame.request(), body == F::kGetLogLeaves ? kPageBytes : 0)) return true;
  switch (body) {
    case F::kGetLogHead: {
      const auto& from = frame.get_log_head().from();
      st_.lanes.ask(s, ReadLogHead{s.id, frame.request(), {from.begin(), from.end()}});
      break;
    }
    case F::kGetLogProofs: {
      const auto& users = frame.get_log_proofs().users();
      st_.lanes.ask(s, ReadLogProofs{s.id, frame.request(), {users.begin(), users.end()}});
      break;
    }
    default:
      st_.lanes.ask(s, ReadLogLeaves{s.id, frame.request(), frame.get_log_leaves().from()});
  }
  return true;
}

void KeyLog::read(LogRead&& reply) {
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code == Code::kNotAllowed) {
    return out_.send_error(*s, reply.request, reply.code, "this server keeps no log of keys");
  }
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  reply.answer.set_request(reply.request);
  out_.send(*s, reply.answer);
}

}  // namespace fastchat::worker
