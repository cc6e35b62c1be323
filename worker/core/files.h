// Handles uploads and downloads of files, and bounds the memory of both (PROTOCOL.md, "Files"). Chunks wait here only
// for the next batch of the writer lane, which takes from the sessions in turn. Over the limits a client gets BUSY and
// comes again. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "proto/client.pb.h"
#include "worker/core/file_store.h"
#include "worker/core/outbound.h"
#include "worker/core/state.h"

namespace fastchat::worker {

class Files {
 public:
  Files(State& state, Outbound& out) : st_(state), out_(out) {}

  // Returns true when the frame is about files; the frame then gets exactly one answer. `data`: of a chunk, in place.
  bool handle(Session& s, const v1::ClientFrame& frame, ByteView data);
  void on_reply(FileReply reply);
  void session_ended(SessionId id) { sessions_.erase(id); }
  // Returns true when the session has an upload open, or a request without an answer.
  bool busy(SessionId id) const {
    const auto it = sessions_.find(id);
    return it != sessions_.end() && (it->second.asked > 0 || !it->second.uploads.empty());
  }
  // Asks the store for a sweep of files; called on the engine's own schedule.
  void reap();
  // Hands the writer the waiting chunks when they are enough for a commit, or have waited for it.
  void flush();
  // Returns the time of the next flush() that needs no event, in us.
  int64_t wake_at() const { return waiting_.empty() || puts_under_way_ > 0 ? INT64_MAX : batch_at_; }
  // Returns the bytes of uploaded chunks that are at the store or on their way there.
  uint64_t in_hand() const { return in_hand_; }

 private:
  struct Upload {  // open in its session
    uint64_t fid = 0, size = 0, chunks = 0;
    uint64_t next = 0;  // the next chunk of the upload
  };
  struct PerSession {
    unsigned asked = 0;  // requests without an answer
    std::map<Bytes, Upload> uploads;
  };
  void open(Session& s, const v1::ClientFrame& frame);
  void put(Session& s, const v1::ClientFrame& frame, ByteView data);
  void get(Session& s, const v1::ClientFrame& frame);
  bool room_for(Session& s, uint64_t request, uint64_t bytes);
  void hold(uint64_t uid, uint64_t bytes);
  void let_go(uint64_t uid, uint64_t bytes);
  Session* answered(const FileAsk& ask);
  void refuse(Session& s, uint64_t request, Code code);
  void on(const FileOpened& r);
  void on(const ChunksPut& r);
  void on(const FileWasDone& r);
  void on(const FilesReaped& r);
  void on(ChunkRead& r);

  State& st_;
  Outbound& out_;
  std::unordered_map<SessionId, PerSession> sessions_;
  FairQueue<PutChunks::Item> waiting_;
  int64_t batch_at_ = 0;  // time when the waiting chunks go at the latest
  int puts_under_way_ = 0;
  bool reaping_ = false;
  uint64_t in_hand_ = 0;
  std::unordered_map<uint64_t, uint64_t> in_hand_of_;  // by user
};

}  // namespace fastchat::worker
