#include "worker/core/lanes.h"

#include <utility>

namespace fastchat::worker {
namespace {

// Returns the session whose request a reply answers; 0: the worker itself.
template <class Reply>
SessionId session_of(const Reply& reply) {
  return std::visit(
      [](const auto& r) -> SessionId {
        if constexpr (requires { r.session; }) {
          return r.session;
        } else if constexpr (requires { r.ask.session; }) {
          return r.ask.session;
        } else {
          return 0;
        }
      },
      reply);
}

}  // namespace

void Lanes::own(StoreRequest request) {
  const Lane lane = lane_of(request);
  store_lane(lane).own(std::move(request));
  pump_store(lane);
}

void Lanes::own(FileRequest request) {
  const Lane lane = lane_of(request);
  file_lane(lane).own(std::move(request));
  pump_files(lane);
}

void Lanes::ask(const Session& s, StoreRequest request) {
  const Lane lane = lane_of(request);
  store_lane(lane).ask({s.uid, s.id}, std::move(request));
  pump_store(lane);
}

void Lanes::ask(const Session& s, FileRequest request) {
  const Lane lane = lane_of(request);
  file_lane(lane).ask({s.uid, s.id}, std::move(request));
  pump_files(lane);
}

Lanes::Answered Lanes::of(const StoreReply& reply) {
  return {lane_of(reply), session_of(reply), false};
}

Lanes::Answered Lanes::of(const FileReply& reply) {
  return {lane_of(reply), session_of(reply), true};
}

void Lanes::replied(const Answered& answered) {
  if (answered.file) {
    file_lane(answered.lane).replied(answered.session);
    pump_files(answered.lane);
  } else {
    store_lane(answered.lane).replied(answered.session);
    pump_store(answered.lane);
  }
}

void Lanes::session_ended(SessionId id) {
  reader_.drop(id);
  file_reader_.drop(id);
}

bool Lanes::room(SessionId id, uint64_t most) const {
  const Session* s = sessions_.get(id);
  return s == nullptr || (s->backlog.empty() && ports_.unsent(s->rid) <= most);
}

bool Lanes::any_full() const {
  return writer_.any_full() || reader_.any_full() || sweeper_.any_full() || file_writer_.any_full() ||
         file_reader_.any_full();
}

void Lanes::look_again() {
  if (!any_full()) return;
  for (auto* lane : {&writer_, &reader_, &sweeper_}) lane->look_again(config_.store_requests_a_session);
  for (auto* lane : {&file_writer_, &file_reader_}) lane->look_again(config_.store_requests_a_session);
  for (const Lane lane : {Lane::kWriter, Lane::kReader}) {
    pump_store(lane);
    pump_files(lane);
  }
  pump_store(Lane::kSweeper);
}

size_t Lanes::waiting() const {
  return writer_.waiting() + reader_.waiting() + sweeper_.waiting() + file_writer_.waiting() + file_reader_.waiting();
}

void Lanes::pump_store(Lane lane) {
  const auto room_here = [this](SessionId id) { return room(id, config_.max_link_bytes); };
  while (auto request =
             store_lane(lane).take({config_.max_store_requests, config_.store_requests_a_session}, room_here)) {
    ports_.store(std::move(*request));
  }
}

void Lanes::pump_files(Lane lane) {
  const auto room_here = [this](SessionId id) { return room(id, config_.max_file_link_bytes); };
  while (auto request =
             file_lane(lane).take({config_.max_store_requests, config_.store_requests_a_session}, room_here)) {
    ports_.files(std::move(*request));
  }
}

}  // namespace fastchat::worker
