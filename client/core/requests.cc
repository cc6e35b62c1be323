#include "client/core/requests.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace fastchat::core {

namespace {

bool about_a_file(const v1::ClientFrame& frame) {
  return frame.has_open_upload() || frame.has_put_chunk() || frame.has_get_chunk() || frame.has_file_done();
}

}  // namespace

uint64_t Requests::add(int64_t now, v1::ClientFrame&& frame, int64_t timeout_ms) {
  const uint64_t request = reserve();
  frame.set_request(request);
  put(now, request, frame.SerializeAsString(), timeout_ms, about_a_file(frame));
  return request;
}

void Requests::add(int64_t now, uint64_t reserved, Bytes&& frame, int64_t timeout_ms) {
  put(now, reserved, std::move(frame), timeout_ms, true);
}

void Requests::put(int64_t now, uint64_t request, Bytes&& frame, int64_t timeout_ms, bool file) {
  const auto units = file ? 0 : static_cast<uint32_t>(1 + frame.size() / kUnit);
  open_[request] = {now + (timeout_ms == 0 ? config_.answer_timeout_ms : timeout_ms), std::move(frame), units};
  ++unsent_;
}

bool Requests::flush() {
  if (unsent_ == 0) return false;
  bool sent = false, full = false;
  for (auto& [request, open] : open_) {
    if (open.unsent.empty()) continue;
    // Requests keep their order: small ones do not overtake a large one. Requests about a file are exempt.
    full |= open.units > 0 && units_ + open.units > kMaxUnits;
    if (full && open.units > 0) continue;
    units_ += open.units;
    --unsent_;
    sent = true;
    ports_.send(std::exchange(open.unsent, Bytes()));
  }
  return sent;
}

void Requests::answered(const Open& open) {
  if (open.unsent.empty()) {
    units_ -= open.units;
  } else {
    --unsent_;
  }
}

bool Requests::on_reply(uint64_t request, v1::ServerFrame& frame) {
  auto it = open_.find(request);
  if (it == open_.end()) return false;
  if (!it->second.unsent.empty()) return false;
  answered(it->second);
  open_.erase(it);
  if (frame.has_error()) {
    const v1::Error& error = frame.error();
    ports_.reply(request, err(static_cast<Code>(error.code()), error.text()));
  } else {
    ports_.reply(request, &frame);
  }
  return true;
}

void Requests::fail(uint64_t request, Code code, const char* text) {
  auto it = open_.find(request);
  answered(it->second);
  open_.erase(it);
  ports_.reply(request, err(code, text));
}

void Requests::detached() {
  std::vector<uint64_t> lost;
  for (const auto& [request, open] : open_) {
    if (open.unsent.empty()) lost.push_back(request);
  }
  for (uint64_t request : lost) fail(request, Code::kLocalUnreachable, "the connection broke before the answer");
}

void Requests::advance(int64_t now) {
  std::vector<uint64_t> late;
  for (const auto& [request, open] : open_) {
    if (now >= open.deadline) late.push_back(request);
  }
  for (uint64_t request : late) fail(request, Code::kLocalTimeout, "the server did not answer in time");
}

int64_t Requests::next_wake() const {
  int64_t next = Link::kNever;
  for (const auto& [request, open] : open_) next = std::min(next, open.deadline);
  return next;
}

}  // namespace fastchat::core
