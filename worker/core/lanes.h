// The lines before the store: five lanes (messages and files, writer and reader; the sweeper), each with a few requests
// at the store and the others in line here. The worker's own requests (commits, look-ups of many) take every second
// turn, the sessions' go round robin. A session whose link is full has no turn until the peer has read. Pure.
#pragma once

#include <deque>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "worker/core/config.h"
#include "worker/core/fair_queue.h"
#include "worker/core/ports.h"
#include "worker/core/session.h"

namespace fastchat::worker {

// One lane: its order and its counts. Lanes hands the requests of take() to the store.
template <class Request>
class StoreLane {
 public:
  // Requests at the store at a time: of all, and of one session.
  struct Bounds {
    size_t all = 4, session = 2;
  };

  void own(Request request) { own_.push_back(std::move(request)); }
  void ask(const Asker& by, Request request) { waiting_.push(by, std::move(request)); }

  // Returns the next request for the store; nullopt when nothing may go. `room(session)`: true when the session may
  // have an answer now.
  template <class Room>
  std::optional<Request> take(const Bounds& bounds, Room&& room) {
    if (at_store_ >= bounds.all) return std::nullopt;
    std::optional<SessionId> session = waiting_.next();
    while (session && !room(*session)) {
      waiting_.hold(*session);
      full_.insert(*session);
      session = waiting_.next();
    }
    if (!own_.empty() && (!session || !own_was_last_)) {
      own_was_last_ = true;
      ++at_store_;
      Request request = std::move(own_.front());
      own_.pop_front();
      return request;
    }
    if (!session) return std::nullopt;
    own_was_last_ = false;
    ++at_store_;
    Request request = waiting_.take();
    if (++asked_[*session] >= bounds.session) waiting_.hold(*session);
    return request;
  }
  // Counts a reply. `session` 0: the request was the worker's own.
  void replied(SessionId session) {
    if (at_store_ > 0) --at_store_;
    const auto it = asked_.find(session);
    if (it == asked_.end()) return;
    if (--it->second == 0) asked_.erase(it);
    if (!full_.contains(session)) waiting_.release(session);
  }
  // Drops the session's waiting requests: the answers would reach nobody.
  void drop(SessionId session) {
    waiting_.drop(session);
    full_.erase(session);
  }
  // Releases the sessions whose links were full; take() asks for their room again when their turn comes.
  void look_again(size_t session_bound) {
    for (const SessionId session : full_) {
      const auto it = asked_.find(session);
      if (it == asked_.end() || it->second < session_bound) waiting_.release(session);
    }
    full_.clear();
  }
  bool any_full() const { return !full_.empty(); }
  size_t waiting() const { return waiting_.size() + own_.size(); }
  size_t at_store() const { return at_store_; }

 private:
  FairQueue<Request> waiting_;
  std::deque<Request> own_;
  std::unordered_map<SessionId, size_t> asked_;  // at the store
  std::unordered_set<SessionId> full_;           // held back until look_again()
  size_t at_store_ = 0;
  bool own_was_last_ = false;
};

class Lanes {
 public:
  Lanes(const EngineConfig& config, Ports& ports, Sessions& sessions)
      : config_(config), ports_(ports), sessions_(sessions) {}

  // Sends one of the worker's own requests.
  void own(StoreRequest request);
  void own(FileRequest request);
  // Sends a session's request, which is answered once. Waiting requests that only read are dropped when the session
  // ends.
  void ask(const Session& s, StoreRequest request);
  void ask(const Session& s, FileRequest request);

  // The request that a reply answers. of() reads it before the reply is taken apart; replied() counts it once the
  // answer is on its way.
  struct Answered {
    Lane lane = Lane::kReader;
    SessionId session = 0;
    bool file = false;
  };
  static Answered of(const StoreReply& reply);
  static Answered of(const FileReply& reply);
  void replied(const Answered& answered);
  void session_ended(SessionId id);

  // Returns true when the session may have an answer now: its link has taken everything sent, except at most `most`
  // bytes.
  bool room(SessionId id, uint64_t most) const;
  // Returns true while a session waits for its link; look_again() is to be called soon.
  bool any_full() const;
  void look_again();
  // Returns the requests in line, of all lanes.
  size_t waiting() const;

 private:
  void pump_store(Lane lane);
  void pump_files(Lane lane);
  StoreLane<StoreRequest>& store_lane(Lane lane) {
    return lane == Lane::kWriter ? writer_ : lane == Lane::kReader ? reader_ : sweeper_;
  }
  StoreLane<FileRequest>& file_lane(Lane lane) { return lane == Lane::kWriter ? file_writer_ : file_reader_; }

  const EngineConfig& config_;
  Ports& ports_;
  Sessions& sessions_;
  StoreLane<StoreRequest> writer_, reader_, sweeper_;
  StoreLane<FileRequest> file_writer_, file_reader_;
};

}  // namespace fastchat::worker
