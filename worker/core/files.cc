#include "worker/core/files.h"

#include <algorithm>
#include <utility>

#include "common/names.h"

namespace fastchat::worker {
namespace {

constexpr uint64_t kBusyMs = 1'000, kFullMs = 200;
// One batch at work and one on its way, so that the writer never waits for a turn of the loop.
constexpr int kPutsUnderWay = 2;

const char* text_of(Code code) {
  switch (code) {
    case Code::kTooLarge:
      return "the file is larger than this server takes";
    case Code::kStorageFull:
      return "your share of this server's file storage is used up";
    case Code::kUnknownFile:
      return "the server does not have this file: the file expired, or all recipients have fetched it";
    case Code::kUnknownUser:
      return "no such user";
    case Code::kUnknownGroup:
      return "no such group";
    case Code::kConflict:
      return "the upload is at another position: open it again";
    case Code::kNotAllowed:
      return "the server does not allow this file";
    case Code::kRefused:
      return "this person takes nothing from you";
    case Code::kNotAcceptedYet:
      return "this person has not accepted you yet, and takes no files until then";
    default:
      return "the database does not answer; try again in a moment";
  }
}

}  // namespace

bool Files::handle(Session& s, const v1::ClientFrame& frame, ByteView data) {
  switch (frame.body_case()) {
    case v1::ClientFrame::kOpenUpload:
      open(s, frame);
      return true;
    case v1::ClientFrame::kPutChunk:
      put(s, frame, data);
      return true;
    case v1::ClientFrame::kGetChunk:
      get(s, frame);
      return true;
    case v1::ClientFrame::kFileDone:
      if (room_for(s, frame.request(), 0)) {
        sessions_[s.id].uploads.erase(frame.file_done().file_id());
        st_.lanes.ask(s, DoneFile{{s.id, frame.request(), s.uid}, s.uid, s.did, frame.file_done().file_id()});
      }
      return true;
    default:
      return false;
  }
}

// Tells a client that does not know kNotAcceptedYet a code that ends its upload: with RECIPIENT_FULL the client would
// ask again and again.
void Files::refuse(Session& s, uint64_t request, Code code) {
  if (code == Code::kNotAcceptedYet && s.version < 4) code = Code::kNotAllowed;
  out_.send_error(s, request, code, text_of(code), code == Code::kBusy ? kBusyMs : 0);
}

// Counts the request in, or answers BUSY and returns false. `bytes`: memory that the request holds until its answer. A
// user may have a part of the free memory, so that nobody has all of it.
bool Files::room_for(Session& s, uint64_t request, uint64_t bytes) {
  PerSession& mine = sessions_[s.id];
  const auto it = in_hand_of_.find(s.uid);
  const uint64_t has = it == in_hand_of_.end() ? 0 : it->second;
  const uint64_t most = st_.config.file_bytes_in_hand, free = most > in_hand_ ? most - in_hand_ : 0;
  const bool over = bytes > 0 && has + bytes > free / st_.config.file_share;
  if (!s.backlog.empty() || mine.asked >= st_.config.max_file_requests || over) {
    ++st_.counters.file_busy;
    if (mine.asked >= st_.config.max_file_requests) out_.refused(s);
    out_.send_error(s, request, Code::kBusy, "too many transfers are under way; try again in a moment", kFullMs);
    return false;
  }
  ++mine.asked;
  if (bytes > 0) hold(s.uid, bytes);
  return true;
}

void Files::hold(uint64_t uid, uint64_t bytes) {
  in_hand_ += bytes;
  in_hand_of_[uid] += bytes;
}

void Files::let_go(uint64_t uid, uint64_t bytes) {
  in_hand_ -= bytes;
  const auto it = in_hand_of_.find(uid);
  if (it != in_hand_of_.end() && (it->second -= bytes) == 0) in_hand_of_.erase(it);
}

Session* Files::answered(const FileAsk& ask) {
  if (const auto it = sessions_.find(ask.session); it != sessions_.end()) --it->second.asked;
  return st_.sessions.get(ask.session);
}

void Files::open(Session& s, const v1::ClientFrame& frame) {
  const auto& m = frame.open_upload();
  const uint64_t request = frame.request();
  if (m.size() - m.chunks() * wire::kFileChunkOverhead > st_.config.max_file_bytes) {
    return refuse(s, request, Code::kTooLarge);
  }
  if (m.group().empty() && !valid_user_name(m.to())) return refuse(s, request, Code::kUnknownUser);
  if (!room_for(s, request, 0)) return;
  st_.lanes.ask(
      s,
      OpenFile{{s.id, request, s.uid}, s.uid, s.did, m.file_id(), m.size(), m.chunks(), m.to(), m.group(), m.epoch()});
}

void Files::on(const FileOpened& r) {
  Session* s = answered(r.ask);
  if (s == nullptr) return;
  if (r.code != Code::kOk) return refuse(*s, r.ask.request, r.code);
  auto& uploads = sessions_[s->id].uploads;
  if (r.next < r.chunks) {
    // FastChat's clients have one or two uploads open. Over the limit, one of the earlier uploads is forgotten, and the
    // new one stays.
    if (uploads.size() >= st_.config.max_file_uploads) uploads.erase(uploads.begin());
    uploads[r.file_id] = {r.fid, r.size, r.chunks, r.next};
  }
  v1::ServerFrame reply;
  reply.set_request(r.ask.request);
  reply.mutable_upload_open()->set_next_chunk(r.next);
  out_.send(*s, reply);
}

void Files::put(Session& s, const v1::ClientFrame& frame, ByteView data) {
  const v1::PutChunk& m = frame.put_chunk();
  const uint64_t request = frame.request();
  PerSession& mine = sessions_[s.id];
  const auto it = mine.uploads.find(m.file_id());
  if (it == mine.uploads.end() || it->second.next != m.index()) return refuse(s, request, Code::kConflict);
  Upload& upload = it->second;
  const bool last = m.index() + 1 == upload.chunks;
  const uint64_t length = last ? upload.size - (upload.chunks - 1) * wire::kMaxFileChunk : wire::kMaxFileChunk;
  if (data.size() != length) return refuse(s, request, Code::kNotAllowed);
  if (!room_for(s, request, length)) {
    // Ends the upload: the chunks that the client sent after this one would leave a hole.
    mine.uploads.erase(it);
    return;
  }
  if (waiting_.empty()) batch_at_ = st_.now + st_.config.file_batch_wait;
  if (last || m.index() < st_.config.file_chunks_worth) batch_at_ = st_.now;
  waiting_.push({s.uid, s.id},
                {{s.id, request, s.uid}, m.file_id(), upload.fid, m.index(), last, st_.ports.keep(data)});
  ++upload.next;
  if (last) mine.uploads.erase(it);
}

void Files::on(const ChunksPut& r) {
  --puts_under_way_;
  for (const auto& o : r.outcomes) {
    let_go(o.ask.uid, o.bytes);
    Session* s = answered(o.ask);
    if (o.code == Code::kOk) ++st_.counters.file_puts;
    if (s == nullptr) continue;
    if (o.code != Code::kOk) {
      sessions_[s->id].uploads.erase(o.file_id);
      refuse(*s, o.ask.request, o.code);
      continue;
    }
    v1::ServerFrame reply;
    reply.set_request(o.ask.request);
    reply.mutable_chunk_stored()->set_upto(o.place + 1);
    out_.send(*s, reply);
  }
}

void Files::get(Session& s, const v1::ClientFrame& frame) {
  // The store reads a chunk in its session's turn, once the link has taken the earlier chunks.
  if (!room_for(s, frame.request(), 0)) return;
  st_.lanes.ask(s, ReadChunk{{s.id, frame.request(), s.uid}, frame.get_chunk().file_id(), frame.get_chunk().index()});
}

void Files::on(ChunkRead& r) {
  Session* s = answered(r.ask);
  if (s == nullptr) return;
  if (r.code != Code::kOk) return refuse(*s, r.ask.request, r.code);
  ++st_.counters.file_gets;
  out_.send(*s, std::move(r.frame));
}

void Files::on(const FileWasDone& r) {
  Session* s = answered(r.ask);
  if (s == nullptr) return;
  if (r.code != Code::kOk) return refuse(*s, r.ask.request, r.code);
  v1::ServerFrame reply;
  reply.set_request(r.ask.request);
  reply.mutable_file_released();
  out_.send(*s, reply);
}

void Files::on(const FilesReaped& r) {
  reaping_ = false;
  if (r.more) reap();
}

void Files::reap() {
  if (!std::exchange(reaping_, true)) st_.lanes.own(ReapFiles{});
}

void Files::on_reply(FileReply reply) {
  std::visit([this](auto& r) { on(r); }, reply);
}

void Files::flush() {
  while (!waiting_.empty() && puts_under_way_ < kPutsUnderWay &&
         (waiting_.size() >= st_.config.file_chunks_worth || st_.now >= batch_at_)) {
    PutChunks batch;
    while (!waiting_.empty() && batch.items.size() < st_.config.file_chunks_a_commit && waiting_.next()) {
      batch.items.push_back(waiting_.take());
    }
    // Makes the chunks of an upload neighbours, and keeps their order.
    std::stable_sort(batch.items.begin(), batch.items.end(),
                     [](const auto& a, const auto& b) { return a.fid < b.fid; });
    ++puts_under_way_;
    st_.lanes.own(std::move(batch));
  }
}

}  // namespace fastchat::worker
