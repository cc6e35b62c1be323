// Files of others: from the message that speaks of one to a file in a folder.
#include <unistd.h>

#include <utility>

#include "client/runtime_body.h"
#include "client/runtime_files.h"

namespace fastchat::client {
namespace {

constexpr size_t kId = 16;
constexpr int64_t kChunkTimeoutMs = 60'000;

bool exists(const std::string& path) {
  return !path.empty() && access(path.c_str(), F_OK) == 0;
}

}  // namespace

std::string Session::Impl::Files::part_name(ByteView message) {
  return ".fastchat-" + to_hex(message) + ".part";
}

std::string Session::Impl::Files::downloads() const {
  return s_.options_.downloads.empty() ? s_.store_->directory() + "/downloads" : s_.options_.downloads;
}

std::optional<e2e::FileInfo> Session::Impl::Files::open_info(const store::FileRow& row) const {
  const auto bytes = s_.account_.box().open(LocalPlace::file_info(row.id), row.info);
  return bytes.ok() ? unpack_info(bytes->view()) : std::nullopt;
}

std::string Session::Impl::Files::open_path(const store::FileRow& row) const {
  if (row.place.empty()) return "";
  const auto bytes = s_.account_.box().open(LocalPlace::file_path(row.id), row.place);
  return bytes.ok() ? std::string(bytes->view()) : "";
}

bool Session::Impl::Files::keep(ByteView hash, const e2e::FileInfo& info, const std::string& path) {
  const LocalBox box = s_.account_.box();
  store::FileRow row;
  row.id = hash.substr(0, kId);
  row.info = box.seal(LocalPlace::file_info(row.id), pack(info).view());
  if (!path.empty()) {
    row.state = store::FileState::kHere;
    row.place = box.seal(LocalPlace::file_path(row.id), path);
  }
  return s_.check(table_.put(row));
}

bool Session::Impl::Files::move(ByteView from, ByteView to) {
  auto row = table_.find(from.substr(0, kId));
  if (!s_.check(row)) return false;
  if (!row->has_value()) return true;
  const std::optional<e2e::FileInfo> info = open_info(**row);
  return !info || (keep(to, *info, (*row)->state == store::FileState::kHere ? open_path(**row) : "") &&
                   s_.check(table_.drop((*row)->id)));
}

std::optional<FileView> Session::Impl::Files::view(ByteView hash) const {
  const auto row = table_.find(hash.substr(0, kId));
  if (!row.ok() || !row->has_value()) return std::nullopt;
  const std::optional<e2e::FileInfo> info = open_info(**row);
  if (!info) return std::nullopt;
  FileView out;
  out.name = info->name;
  out.media_type = info->media_type;
  out.size = info->size;
  const std::string place = open_path(**row);
  const bool fetching = (*row)->state == store::FileState::kFetching;
  if ((*row)->state == store::FileState::kHere && exists(place)) {
    out.state = FileView::State::kHere;
    out.path = place;
  } else if ((*row)->state == store::FileState::kGone) {
    out.state = FileView::State::kGone;
  } else if (exists((fetching ? place : downloads()) + "/" + part_name((*row)->id))) {
    out.state = FileView::State::kPartial;
  }
  return out;
}

void Session::Impl::Files::fetch(const std::string& message_id, const std::string& directory, Fetched done) {
  auto refuse = [&](Code code, const char* why) { s_.turn_.soon([done, e = err(code, why)] { done(e); }); };
  if (!s_.account_.unlocked()) return refuse(Code::kNotLoggedIn, "not logged in");
  const std::optional<Bytes> id = from_hex(message_id);
  if (!id || id->size() != kId) return refuse(Code::kLocalUsage, "a message is named by 32 hex digits");
  const auto row = table_.find(*id);
  if (!row.ok()) return s_.turn_.soon([done, e = row.error()] { done(e); });
  std::optional<e2e::FileInfo> info;
  if (row->has_value()) info = open_info(**row);
  if (!info) return refuse(Code::kLocalUsage, "no message with this id brought a file");
  const std::string here = (*row)->state == store::FileState::kHere ? open_path(**row) : "";
  if (exists(here)) return s_.turn_.soon([done, here] { done(here); });
  if (auto r = restore(); !r.ok()) return s_.turn_.soon([done, e = r.error()] { done(e); });
  Item* item = find_id(to_hex(*id));
  if (item == nullptr) {
    item = &make_download(*id, std::move(*info), directory.empty() ? downloads() : directory);
    keep_fetching(*id, item->directory);
  } else if (!directory.empty() && directory != item->directory) {
    move_download(*item, directory);
  }
  item->fetched.push_back(std::move(done));
}

Session::Impl::Files::Item& Session::Impl::Files::make_download(ByteView message, e2e::FileInfo info,
                                                                const std::string& directory) {
  auto owned = std::make_unique<Item>();
  Item& item = *owned;
  item.key = next_key_++;
  item.id = to_hex(message);
  item.name = info.name;
  item.seal = {info.file_id, std::move(info.key), info.size};
  item.message = message;
  item.sha256 = info.sha256;
  item.directory = directory;
  if (const auto row = s_.find_shown(item.id); row.ok()) item.peer = row->peer;
  items_[item.key] = std::move(owned);
  return item;
}

// To another folder than it was asked for first: once more from the beginning.
void Session::Impl::Files::move_download(Item& item, const std::string& directory) {
  worker_.post({item.key, 0, FileJob::Close{}});
  (void)unlink((item.directory + "/" + part_name(item.message)).c_str());
  auto moved = items_.extract(item.key);
  moved.key() = item.key = next_key_++;
  item.directory = directory;
  item.disk = Item::Disk::kClosed;
  item.transfer.reset();
  item.attached = false;
  item.resumed = false;
  items_.insert(std::move(moved));
  keep_fetching(item.message, directory);
}

void Session::Impl::Files::keep_fetching(ByteView message, const std::string& directory) {
  if (!s_.check(s_.store_->begin())) return;
  auto row = table_.find(message);
  if (!s_.check(row) || !row->has_value()) return;
  (*row)->state = store::FileState::kFetching;
  (*row)->place = s_.account_.box().seal(LocalPlace::file_path(message), directory);
  s_.check(table_.put(**row));
}

void Session::Impl::Files::stop_fetching(const Item& item) {
  if (!s_.check(s_.store_->begin())) return;
  auto row = table_.find(item.message);
  if (!s_.check(row) || !row->has_value() || (*row)->state != store::FileState::kFetching) return;
  (*row)->state = store::FileState::kNone;
  (*row)->place.clear();
  s_.check(table_.put(**row));
}

Result<> Session::Impl::Files::restore_downloads() {
  Result<std::vector<store::FileRow>> rows = table_.fetching();
  if (!rows.ok()) return rows.error();
  for (const store::FileRow& row : *rows) {
    std::optional<e2e::FileInfo> info = open_info(row);
    const std::string directory = open_path(row);
    if (info && !directory.empty()) make_download(row.id, std::move(*info), directory).resumed = true;
  }
  return Unit{};
}

void Session::Impl::Files::get_chunk(Item& item, uint64_t index) {
  v1::ClientFrame frame;
  frame.mutable_get_chunk()->set_file_id(item.seal.file_id);
  frame.mutable_get_chunk()->set_index(index);
  const uint64_t generation = item.transfer->generation();
  s_.server_.ask(
      std::move(frame),
      [this, key = item.key, generation, index](const Result<v1::ServerFrame*>& answer) {
        Item* it = find(key, generation);
        if (it == nullptr) return;
        if (!answer.ok()) return refused(*it, answer.error());
        HeldBytes box = s_.server_.transport().keep(s_.server_.engine().chunk_data());
        worker_.post({key, generation, FileJob::WriteChunk{static_cast<uint32_t>(index), std::move(box)}});
      },
      kChunkTimeoutMs);
}

// The file is in its place. Its row is written before the server hears that this device needs it no more.
void Session::Impl::Files::fetched(Item& item, const std::string& path) {
  tell(item, TransferInfo::State::kDone, "", path);
  if (!s_.check(s_.store_->begin())) return;
  auto row = table_.find(item.message);
  if (s_.check(row) && row->has_value()) {
    (*row)->state = store::FileState::kHere;
    (*row)->place = s_.account_.box().seal(LocalPlace::file_path(item.message), path);
    (*row)->release = true;
    s_.check(table_.put(**row));
  }
  s_.turn_.after_commit([this, message = item.message, file_id = item.seal.file_id] { release(message, file_id); });
  for (auto& call : item.fetched) s_.turn_.soon([call, path] { call(path); });
  erase(item);
}

void Session::Impl::Files::release(const Bytes& message, const Bytes& file_id) {
  if (!attached_) return;
  v1::ClientFrame frame;
  frame.mutable_file_done()->set_file_id(file_id);
  ++releasing_;
  s_.server_.ask(std::move(frame), [this, message](const Result<v1::ServerFrame*>& answer) {
    --releasing_;
    if (!answer.ok() || !s_.check(s_.store_->begin())) return;
    auto row = table_.find(message);
    if (!s_.check(row) || !row->has_value()) return;
    (*row)->release = false;
    s_.check(table_.put(**row));
  });
}

// What earlier sessions could not say any more.
void Session::Impl::Files::release_all() {
  auto rows = table_.to_release();
  if (!s_.check(rows)) return;
  for (const store::FileRow& row : *rows) {
    if (const auto info = open_info(row)) release(row.id, info->file_id);
  }
}

void Session::Impl::Files::gone(Item& item) {
  (void)unlink((item.directory + "/" + part_name(item.message)).c_str());
  if (!s_.check(s_.store_->begin())) return;
  auto row = table_.find(item.message);
  if (!s_.check(row) || !row->has_value()) return;
  (*row)->state = store::FileState::kGone;
  (*row)->place.clear();
  s_.check(table_.put(**row));
}

}  // namespace fastchat::client
