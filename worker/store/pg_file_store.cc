#include "worker/store/pg_file_store.h"

#include <algorithm>
#include <utility>

#include "common/clock.h"
#include "common/frames.h"
#include "common/log.h"
#include "common/wire.h"
#include "worker/store/file_statements.h"

namespace fastchat::worker {
namespace {

constexpr uint64_t kReapChunks = 128;     // 32 MiB in a transaction
constexpr size_t kRememberedFiles = 256;  // with more, all are forgotten at once

int64_t i64(uint64_t v) {
  return static_cast<int64_t>(v);
}

uint64_t u64(const pg::Rows& rows, int row, int column) {
  return static_cast<uint64_t>(rows.bigint(row, column));
}

Code code_of(const pg::PgFailure& failure) {
  return failure.kind == pg::PgError::kDiskFull ? Code::kStorageFull : Code::kBusy;
}

// Logs the error for the person who runs the worker, and returns the failure for the client.
pg::PgFailure of_directory(const Error& error) {
  log::warn("file_directory", {{"error", error.text}});
  return {error.code == Code::kStorageFull ? pg::PgError::kDiskFull : pg::PgError::kOther, "", error.text};
}

pg::PgResult<> of_directory(const Result<>& result) {
  if (result) return Unit{};
  return of_directory(result.error());
}

}  // namespace

PgFileStore::PgFileStore(const PgFileStoreOptions& options)
    : options_(options),
      session_({.conninfo = options.conninfo, .application = "fastchat-files"}, options.deadline_ms) {
  if (options_.directory.empty()) return;
  bodies_.emplace(options_.directory);
  boot_ = FileBodies::boot();
}

FileReply PgFileStore::run(FileRequest request) {
  return std::visit([this](auto& r) -> FileReply { return serve(std::move(r)); }, request);
}

pg::PgResult<> PgFileStore::connected() {
  if (session_.is_open()) return Unit{};
  if (auto opened = session_.open(); !opened) return opened;
  if (auto recognised = pg::recognise(session_, &identity_); !recognised) {
    session_.close();
    return recognised;
  }
  complete_.clear();  // fids of the database that was there before
  auto planned = session_.read(sql::kPlanWell, pg::Params());
  if (!planned) return planned.failure();
  return Unit{};
}

FileOpened PgFileStore::serve(OpenFile request) {
  FileOpened out{request.ask, std::move(request.file_id), request.size, request.chunks, Code::kOk, 0, 0};
  request.file_id = out.file_id;
  auto done = connected();
  if (done) done = session_.begin();
  if (done) done = open(request, &out);
  if (done && out.code == Code::kOk) {
    done = session_.commit();
  } else {
    session_.rollback();
  }
  if (!done) out.code = code_of(done.failure());
  return out;
}

pg::PgResult<> PgFileStore::open(const OpenFile& request, FileOpened* out) {
  pg::Params p;
  p.bytea(request.file_id).text(request.to).bytea(request.group).bigint(i64(request.epoch)).text(boot_);
  auto found = session_.write(sql::kFindFile, p);
  if (!found) return found.failure();
  if (found->size() == 0) return begin_new(request, out);
  const bool same = u64(*found, 0, 1) == request.uid && u64(*found, 0, 2) == request.size &&
                    u64(*found, 0, 3) == request.chunks && !found->is_null(0, 6) && found->boolean(0, 6);
  const bool over = found->boolean(0, 5);
  out->code = !same ? Code::kConflict : over ? Code::kUnknownFile : Code::kOk;
  out->fid = u64(*found, 0, 0);
  out->next = u64(*found, 0, 4);
  if (out->code != Code::kOk) return Unit{};
  const bool on_disk = found->boolean(0, 7), unfinished = out->next < request.chunks;
  if (on_disk && unfinished && !bodies_) {
    out->code = Code::kBusy;  // a worker that has the directory goes on with it
    return Unit{};
  }
  const bool again = on_disk && unfinished &&
                     (!found->boolean(0, 8) || !bodies_->holds(request.file_id, out->next * wire::kMaxFileChunk));
  if (again) out->next = 0;
  pg::Params which;
  which.bigint(i64(out->fid));
  auto touched = again ? session_.write(sql::kStartAgain, which.text(boot_)) : session_.write(sql::kTouchFile, which);
  if (!touched) return touched.failure();
  return Unit{};
}

pg::PgResult<uint64_t> PgFileStore::recipient(const OpenFile& request, FileOpened* out) {
  if (!request.group.empty()) {
    auto group = session_.write(sql::kGroupOfFile,
                                pg::Params().bytea(request.group).bigint(i64(request.uid)).bigint(i64(request.epoch)));
    if (!group) return group.failure();
    const bool known = group->size() == 1 && group->boolean(0, 0);
    out->code = !known ? Code::kUnknownGroup : group->boolean(0, 1) ? Code::kOk : Code::kNotAllowed;
    return uint64_t{0};
  }
  auto user = session_.write(sql::kUserByName, pg::Params().text(request.to).bigint(i64(request.uid)));
  if (!user) return user.failure();
  if (user->size() == 0) {
    out->code = Code::kUnknownUser;
    return uint64_t{0};
  }
  const uint64_t uid = u64(*user, 0, 0);
  if (uid != request.uid) {
    out->code =
        admission(static_cast<v1::Strangers>(user->bigint(0, 1)), static_cast<v1::Standing>(user->bigint(0, 2)));
  }
  return uid;
}

pg::PgResult<> PgFileStore::begin_new(const OpenFile& request, FileOpened* out) {
  auto to = recipient(request, out);
  if (!to) return to.failure();
  if (out->code != Code::kOk) return Unit{};
  const auto sender = i64(request.uid);
  if (auto locked = session_.write(sql::kLockSender, pg::Params().bigint(sender)); !locked) return locked.failure();
  auto used = session_.write(sql::kUsedBytes, pg::Params().bigint(sender));
  if (!used) return used.failure();
  if (u64(*used, 0, 0) + request.size > options_.limits.sender_bytes) {
    out->code = Code::kStorageFull;
    return Unit{};
  }
  pg::Params p;
  p.bytea(request.file_id).bigint(sender).bigint(i64(request.did)).bigint(i64(*to)).bytea(request.group);
  p.bigint(i64(request.epoch)).bigint(i64(request.size)).bigint(i64(request.chunks));
  p.bigint(i64(options_.limits.keep_s)).text(boot_);
  auto made = session_.write(sql::kNewFile, p);
  if (!made) return made.failure();
  out->fid = u64(*made, 0, 0);
  return Unit{};
}

ChunksPut PgFileStore::serve(PutChunks request) {
  ChunksPut out;
  for (const auto& item : request.items) {
    out.outcomes.push_back({item.ask, item.file_id, item.place, item.data.size(), Code::kOk});
  }
  auto done = connected();
  if (done) done = session_.begin();
  if (done) done = put(request.items, &out);
  if (done) {
    done = session_.commit();
  } else {
    session_.rollback();
  }
  if (done) return out;
  for (auto& o : out.outcomes) o.code = code_of(done.failure());
  return out;
}

pg::PgResult<> PgFileStore::put(const Items& items, ChunksPut* out) {
  const bool lazily = std::none_of(items.begin(), items.end(), [](const auto& item) { return item.last; });
  for (size_t from = 0, to = 0; from < items.size(); from = to) {
    while (to < items.size() && items[to].fid == items[from].fid &&
           items[to].place == items[from].place + (to - from)) {
      ++to;
    }
    auto stored = put_one(items, from, to, lazily);
    if (!stored) return stored.failure();
    for (size_t i = from; i < to && !*stored; ++i) out->outcomes[i].code = Code::kConflict;
  }
  return Unit{};
}

pg::PgResult<bool> PgFileStore::put_one(const Items& items, size_t from, size_t to, bool lazily) {
  const auto fid = i64(items[from].fid);
  pg::Params p;
  p.bigint(fid).bigint(i64(items[from].place)).bigint(i64(to - from)).boolean(lazily);
  auto advanced = session_.write(sql::kAdvance, p);
  if (!advanced) return advanced.failure();
  if (advanced->size() == 0) return false;
  const bool on_disk = advanced->boolean(0, 0);
  if (on_disk) {
    if (auto stored = put_bodies(items, from, to); !stored) return stored.failure();
  }
  for (size_t i = from; i < to && !on_disk; ++i) {
    if (auto stored = put_pieces(fid, items[i]); !stored) return stored.failure();
  }
  if (!items[to - 1].last) return true;
  if (on_disk) {
    if (auto synced = of_directory(bodies_->sync(items[from].file_id)); !synced) return synced.failure();
  }
  for (const char* step : {sql::kHoldUsers, sql::kHoldDevices, sql::kWantFile}) {
    if (auto done = session_.write(step, pg::Params().bigint(fid)); !done) return done.failure();
  }
  return true;
}

pg::PgResult<> PgFileStore::put_pieces(int64_t fid, const PutChunks::Item& item) {
  pg::Params p;
  p.bigint(fid).integer(static_cast<int32_t>(item.place));
  size_t pieces = 0;
  for (ByteView rest = item.data.view(); !rest.empty(); ++pieces) {
    const ByteView piece = rest.substr(0, sql::kPieceBytes);
    p.bytea_view(piece);
    rest.remove_prefix(piece.size());
  }
  auto stored = session_.write(sql::put_pieces(pieces), p);
  if (!stored) return stored.failure();
  return Unit{};
}

pg::PgResult<> PgFileStore::put_bodies(const Items& items, size_t from, size_t to) {
  if (!bodies_) return of_directory(err(Code::kLocalDisk, "this worker has no directory for files"));
  std::vector<ByteView> pieces;
  for (size_t i = from; i < to; ++i) pieces.push_back(items[i].data.view());
  return of_directory(bodies_->write(items[from].file_id, items[from].place * wire::kMaxFileChunk, pieces));
}

FileWasDone PgFileStore::serve(const DoneFile& request) {
  auto ready = connected();
  if (!ready) return {request.ask, Code::kBusy};
  const auto done = session_.write(
      sql::kDoneFile, pg::Params().bytea(request.file_id).bigint(i64(request.uid)).bigint(i64(request.did)));
  return {request.ask, done ? Code::kOk : Code::kBusy};
}

FilesReaped PgFileStore::serve(const ReapFiles&) {
  if (!connected() || !session_.write(sql::kEndFiles, pg::Params()) || !session_.begin()) return {};
  bool more = false;
  if (auto done = reap(&more); !done || !session_.commit()) {
    session_.rollback();
    return {};
  }
  // The next sweep finds the rows that this statement fails to remove.
  if (!more) (void)session_.write(sql::kDropWants, pg::Params());
  return {more};
}

pg::PgResult<> PgFileStore::reap(bool* more) {
  auto found = session_.write(sql::kExpiredFile, pg::Params().boolean(bodies_.has_value()));
  if (!found) return found.failure();
  *more = found->size() > 0;
  if (!*more) return Unit{};
  const int64_t fid = found->bigint(0, 0);
  const bool on_disk = found->boolean(0, 2);
  const uint64_t stored = u64(*found, 0, 1), left = on_disk ? 0 : stored - std::min(stored, kReapChunks);
  if (on_disk) {
    if (auto gone = of_directory(bodies_->remove(found->bytes(0, 3))); !gone) return gone;
  }
  const auto to_place = [](uint64_t place) { return static_cast<int32_t>(place); };
  auto dropped =
      session_.write(sql::kDropPieces, pg::Params().bigint(fid).integer(to_place(left)).integer(to_place(stored)));
  if (!dropped) return dropped.failure();
  if (left > 0) {
    auto shorter = session_.write(sql::kShorten, pg::Params().bigint(fid).bigint(i64(left)));
    if (!shorter) return shorter.failure();
    return Unit{};
  }
  for (const char* step : {sql::kDropWantsOf, sql::kDropFile}) {
    if (auto done = session_.write(step, pg::Params().bigint(fid)); !done) return done.failure();
  }
  return Unit{};
}

pg::PgResult<const PgFileStore::Complete*> PgFileStore::find_complete(const Bytes& file_id) {
  const int64_t now = Clock::monotonic_us();
  if (const auto it = complete_.find(file_id); it != complete_.end() && now < it->second.until) return &it->second;
  auto found = session_.read(sql::kFindComplete, pg::Params().bytea(file_id));
  if (!found) return found.failure();
  if (found->size() == 0) {
    complete_.erase(file_id);
    return nullptr;
  }
  if (complete_.size() >= kRememberedFiles) complete_.clear();
  Complete& file = complete_[file_id];
  file = {found->bigint(0, 0), u64(*found, 0, 1), found->boolean(0, 2), now + options_.remember_us};
  return &file;
}

ChunkRead PgFileStore::serve(const ReadChunk& request) {
  ChunkRead out{request.ask, Code::kBusy, {}};
  if (!connected()) return out;
  auto file = find_complete(request.file_id);
  // A connection that the server ended meanwhile is noticed only now; a read may be repeated.
  if (!file && !session_.is_open() && connected()) file = find_complete(request.file_id);
  if (!file) return out;
  if (*file == nullptr) {
    out.code = Code::kUnknownFile;
  } else if ((*file)->on_disk) {
    read_body(**file, request, &out);
  } else {
    read_pieces(**file, request, &out);
  }
  return out;
}

void PgFileStore::read_pieces(const Complete& file, const ReadChunk& request, ChunkRead* out) {
  const auto read = [&] {
    return session_.read(sql::kReadChunk, pg::Params().bigint(file.fid).integer(static_cast<int32_t>(request.place)));
  };
  auto rows = read();
  if (!rows && !session_.is_open() && connected()) rows = read();
  if (!rows) return;
  out->code = rows->size() > 0 ? Code::kOk : Code::kUnknownFile;
  size_t size = 0;
  for (int i = 0; i < rows->size(); ++i) size += rows->bytes(i, 0).size();
  out->frame = chunk_head(request.ask.request, size);
  out->frame.reserve(out->frame.size() + size);
  for (int i = 0; i < rows->size(); ++i) out->frame.append(rows->bytes(i, 0));
}

void PgFileStore::read_body(const Complete& file, const ReadChunk& request, ChunkRead* out) {
  const uint64_t offset = request.place * wire::kMaxFileChunk;
  if (!bodies_ || offset >= file.size) {
    out->code = bodies_ ? Code::kUnknownFile : Code::kBusy;
    return;
  }
  const uint64_t size = std::min<uint64_t>(wire::kMaxFileChunk, file.size - offset);
  auto frame = bodies_->read(request.file_id, offset, size, chunk_head(request.ask.request, size));
  if (frame) {
    out->code = Code::kOk;
    out->frame = std::move(*frame);
  } else {
    out->code = frame.code() == Code::kUnknownFile ? Code::kUnknownFile : Code::kBusy;
    (void)of_directory(frame.error());
  }
}

}  // namespace fastchat::worker
