// Files of others: from the message that speaks of one to a file in a folder.
#include <unistd.h>

#include <utility>

#include "client/files/transfers.h"

namespace fastchat::client {
namespace {

constexpr int64_t kGetChunkTimeoutMs = 60'000;

}  // namespace

void Transfers::fetch(const std::string& message_id, const std::string& directory, Fetched done) {
  auto refuse = [&](Code code, const char* why) { turn_.next_turn([done, e = err(code, why)] { done(e); }); };
  if (!account_.unlocked()) return refuse(Code::kNotLoggedIn, "not logged in");
  const std::optional<Bytes> id = from_hex(message_id);
  if (!id || id->size() != FileRecords::kId) return refuse(Code::kLocalUsage, "a message is named by 32 hex digits");
  auto record = records_.find(*id);
  if (!record.ok()) return turn_.next_turn([done, e = record.error()] { done(e); });
  if (!record->has_value()) return refuse(Code::kLocalUsage, "no message with this id brought a file");
  FileRecords::Record& file = **record;
  if (file.is_here()) {
    return turn_.next_turn([done, path = file.place] { done(path); });
  }
  if (auto r = restore(); !r.ok()) return turn_.next_turn([done, e = r.error()] { done(e); });
  Item* item = find_id(to_hex(*id));
  if (item == nullptr) {
    item = &make_download(*id, std::move(file.info), directory.empty() ? records_.downloads() : directory);
    records_.set_fetching(*id, item->directory);
  } else if (!directory.empty() && directory != item->directory) {
    move_download(*item, directory);
  }
  item->fetched.push_back(std::move(done));
}

Transfers::Item& Transfers::make_download(ByteView message, e2e::FileInfo info, const std::string& directory) {
  auto owned = std::make_unique<Item>();
  Item& item = *owned;
  item.key = next_key_++;
  item.id = to_hex(message);
  item.name = info.name;
  item.seal = {info.file_id, std::move(info.key), info.size};
  item.message = message;
  item.sha256 = info.sha256;
  item.directory = directory;
  if (const auto row = timeline_.find(item.id); row.ok()) item.peer = row->peer;
  items_[item.key] = std::move(owned);
  return item;
}

// To another folder than it was asked for first: once more from the beginning.
void Transfers::move_download(Item& item, const std::string& directory) {
  worker_.post({item.key, 0, FileJob::Close{}});
  (void)unlink((item.directory + "/" + FileRecords::part_name(item.message)).c_str());
  auto moved = items_.extract(item.key);
  moved.key() = item.key = next_key_++;
  item.directory = directory;
  item.disk = Item::Disk::kClosed;
  item.transfer.reset();
  item.attached = false;
  item.resumed = false;
  items_.insert(std::move(moved));
  records_.set_fetching(item.message, directory);
}

Result<> Transfers::restore_downloads() {
  auto files = records_.fetching();
  if (!files.ok()) return files.error();
  for (FileRecords::Record& file : *files) {
    if (!file.place.empty()) make_download(file.id, std::move(file.info), file.place).resumed = true;
  }
  return Unit{};
}

void Transfers::get_chunk(Item& item, uint64_t index) {
  v1::ClientFrame frame;
  frame.mutable_get_chunk()->set_file_id(item.seal.file_id);
  frame.mutable_get_chunk()->set_index(index);
  const uint64_t generation = item.transfer->generation();
  server_.ask(
      std::move(frame),
      [this, key = item.key, generation, index](const Result<v1::ServerFrame*>& answer) {
        Item* it = find(key, generation);
        if (it == nullptr) return;
        if (!answer.ok()) return refused(*it, answer.error());
        HeldBytes box = server_.transport().keep(server_.engine().chunk_data());
        worker_.post({key, generation, FileJob::WriteChunk{static_cast<uint32_t>(index), std::move(box)}});
      },
      kGetChunkTimeoutMs);
}

// The file is in its place. Its row is written before the server hears that this device needs it no more.
void Transfers::fetched(Item& item, const std::string& path) {
  tell(item, TransferInfo::State::kDone, "", path);
  if (!records_.set_here(item.message, path)) return;
  turn_.after_commit([this, message = item.message, file_id = item.seal.file_id] { release(message, file_id); });
  for (auto& call : item.fetched) turn_.next_turn([call, path] { call(path); });
  erase(item);
}

void Transfers::release(const Bytes& message, const Bytes& file_id) {
  if (!attached_) return;
  v1::ClientFrame frame;
  frame.mutable_file_done()->set_file_id(file_id);
  ++releasing_;
  server_.ask(std::move(frame), [this, message](const Result<v1::ServerFrame*>& answer) {
    --releasing_;
    if (answer.ok()) records_.set_released(message);
  });
}

// Reports the finished downloads that earlier sessions could not report to the server.
void Transfers::release_all() {
  auto files = records_.to_release();
  if (!turn_.check(files)) return;
  for (const FileRecords::Record& file : *files) release(file.id, file.info.file_id);
}

void Transfers::gone(Item& item) {
  (void)unlink((item.directory + "/" + FileRecords::part_name(item.message)).c_str());
  records_.set_gone(item.message);
}

}  // namespace fastchat::client
