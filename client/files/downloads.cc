#include "client/files/downloads.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace fastchat::client {

void Downloads::Download::describe(TransferInfo& out) const {
  if (transfer) return;
  // The download has not begun in this session, but an earlier session may have written a part of the file.
  struct stat part {};
  if (stat(part_path().c_str(), &part) == 0) out.done = std::min(static_cast<uint64_t>(part.st_size), out.size);
}

void Downloads::fetch(const std::string& message_id, const std::string& directory, Fetched done) {
  auto refuse = [&](Code code, const char* why) { turn_.before_commit([done, e = err(code, why)] { done(e); }); };
  if (!account_.unlocked()) return refuse(Code::kNotLoggedIn, "not logged in");
  const std::optional<Bytes> id = from_hex(message_id);
  if (!id || id->size() != FileRecords::kId) return refuse(Code::kLocalUsage, "a message id has 32 hex digits");
  auto record = records_.find(*id);
  if (!record.ok()) return turn_.before_commit([done, e = record.error()] { done(e); });
  if (!record->has_value()) return refuse(Code::kLocalUsage, "no message with this id has a file");
  FileRecords::Record& file = **record;
  if (file.is_here()) {
    return turn_.before_commit([done, path = file.place] { done(path); });
  }
  Download* download = line_.find_id(to_hex(*id));
  if (download == nullptr) {
    download = &make(*id, std::move(file.info), directory.empty() ? records_.downloads() : directory);
    records_.set_fetching(*id, download->directory);
  } else if (!directory.empty() && directory != download->directory) {
    move(*download, directory);
  }
  download->fetched.push_back(std::move(done));
}

bool Downloads::cancel(const std::string& id) {
  Download* download = line_.find_id(id);
  if (download != nullptr) fail(*download, err(Code::kLocalUsage, "cancelled"));
  return download != nullptr;
}

Result<> Downloads::restore() {
  auto files = records_.fetching();
  if (!files.ok()) return files.error();
  for (FileRecords::Record& file : *files) {
    if (!file.place.empty()) make(file.id, std::move(file.info), file.place).resumed = true;
  }
  return Unit{};
}

Downloads::Download& Downloads::make(ByteView message, e2e::FileInfo info, const std::string& directory) {
  auto download = std::make_unique<Download>();
  download->id = to_hex(message);
  download->name = info.name;
  download->seal = {info.file_id, std::move(info.key), info.size};
  download->message = message;
  download->sha256 = info.sha256;
  download->directory = directory;
  if (const auto row = timeline_.find(download->id); row.ok()) download->conversation = row->conversation;
  return line_.add(std::move(download));
}

// Moves a download to another folder than its first request named. Begins again with the first chunk.
void Downloads::move(Download& download, const std::string& directory) {
  line_.restart(download);
  (void)unlink(download.part_path().c_str());
  line_.renumber(download);
  download.directory = directory;
  download.resumed = false;
  records_.set_fetching(download.message, directory);
}

void Downloads::work(bool attached) {
  Download* download = line_.first();
  if (download == nullptr) return;
  if (download->disk == TransferItem::Disk::kClosed) return open(*download);
  line_.move(*download, attached, [this](Download& it, core::Transfer::Step step) { begin(it, step); });
}

void Downloads::open(Download& download) {
  download.disk = TransferItem::Disk::kOpening;
  worker_.post({download.key, 0,
                FileJob::OpenTarget{download.directory, FileRecords::part_name(download.message), download.seal.clone(),
                                    download.resumed ? download.sha256 : Bytes(), download.name}});
}

void Downloads::begin(Download& download, core::Transfer::Step step) {
  if (step.kind == core::Transfer::Step::Kind::kChunk) return get_chunk(download, step.index);
  worker_.post({download.key, download.transfer->generation(), FileJob::Finish{download.sha256, download.name}});
}

void Downloads::on_answer(FileAnswer& answer) {
  Download* download = line_.find(answer.transfer);
  if (download == nullptr) return;
  if (const auto* error = std::get_if<Error>(&answer.what)) return failed_on_disk(*download, *error);
  if (const auto* opened = std::get_if<FileAnswer::Opened>(&answer.what)) {
    download->disk = TransferItem::Disk::kOpen;
    download->went_on = opened->done > 0;
    download->transfer.emplace(core::Direction::kDown, download->seal.size, download->chunks(), opened->done);
  } else if (const auto* finished = std::get_if<FileAnswer::Finished>(&answer.what)) {
    fetched(*download, finished->path);
  } else if (const auto* written = std::get_if<FileAnswer::Written>(&answer.what)) {
    if (download->transfer->generation() != answer.generation) return;
    download->transfer->moved(turn_.now_ms(), uint64_t{written->index} + 1);
  }
}

// Handles a disk error. A part file may lack bytes that a crash of the machine took. Such a download begins again with
// the first chunk, once.
void Downloads::failed_on_disk(Download& download, const Error& error) {
  const bool torn = error.code == Code::kLocalCrypto && std::exchange(download.went_on, false);
  if (!torn) return fail(download, error);
  line_.restart(download);
}

void Downloads::get_chunk(Download& download, uint64_t index) {
  v1::ClientFrame frame;
  frame.mutable_get_chunk()->set_file_id(download.seal.file_id);
  frame.mutable_get_chunk()->set_index(index);
  const uint64_t generation = download.transfer->generation();
  server_.ask(
      std::move(frame),
      [this, key = download.key, generation, index](const Result<v1::ServerFrame*>& answer) {
        Download* it = line_.find(key, generation);
        if (it == nullptr) return;
        if (!answer.ok()) return refused(*it, answer.error());
        HeldBytes box = server_.transport().keep(server_.engine().chunk_data());
        worker_.post({key, generation, FileJob::WriteChunk{static_cast<uint32_t>(index), std::move(box)}});
      },
      kChunkTimeoutMs);
}

// Ends a download whose file is in its place. The file's row is written before the server learns that this device no
// longer needs the file.
void Downloads::fetched(Download& download, const std::string& path) {
  reports_.tell(download, TransferInfo::State::kDone, "", path);
  if (!records_.set_here(download.message, path)) return;
  turn_.after_commit(
      [this, message = download.message, file_id = download.seal.file_id] { release(message, file_id); });
  for (auto& call : download.fetched) turn_.before_commit([call, path] { call(path); });
  line_.erase(download);
}

void Downloads::release(const Bytes& message, const Bytes& file_id) {
  releases_.release(file_id, [this, message] { records_.set_released(message); });
}

void Downloads::release_all() {
  auto files = records_.to_release();
  if (!turn_.check(files)) return;
  for (const FileRecords::Record& file : *files) release(file.id, file.info.file_id);
}

void Downloads::refused(Download& download, const Error& error) {
  if (line_.refused(download, error)) fail(download, error);
}

void Downloads::fail(Download& download, const Error& error) {
  reports_.tell_failed(download, error);
  if (error.code == Code::kUnknownFile) {
    (void)unlink(download.part_path().c_str());
    records_.set_gone(download.message);
  } else {
    records_.stop_fetching(download.message);
  }
  for (auto& call : download.fetched) turn_.before_commit([call, error] { call(error); });
  line_.erase(download);
}

}  // namespace fastchat::client
