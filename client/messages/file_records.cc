#include "client/messages/file_records.h"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "client/messages/file_secrets.h"

namespace fastchat::client {
namespace {

bool exists(const std::string& path) {
  return !path.empty() && access(path.c_str(), F_OK) == 0;
}

}  // namespace

bool FileRecords::Record::is_here() const {
  struct stat file {};
  if (state != store::FileState::kHere || place.empty() || stat(place.c_str(), &file) != 0) return false;
  // An emptied or truncated copy does not count as the file.
  return static_cast<uint64_t>(file.st_size) >= info.size;
}

std::string FileRecords::part_name(ByteView id) {
  return ".fastchat-" + to_hex(id) + ".part";
}

std::optional<e2e::FileInfo> FileRecords::open_info(const store::FileRow& row) const {
  const auto bytes = account_.box().open(LocalPlace::file_info(row.id), row.info);
  return bytes.ok() ? unpack_info(bytes->view()) : std::nullopt;
}

std::string FileRecords::open_place(const store::FileRow& row) const {
  if (row.place.empty()) return "";
  const auto bytes = account_.box().open(LocalPlace::file_path(row.id), row.place);
  return bytes.ok() ? std::string(bytes->view()) : "";
}

std::optional<FileView> FileRecords::view(ByteView hash) const {
  const auto record = find(hash.substr(0, kId));
  if (!record.ok() || !record->has_value()) return std::nullopt;
  const Record& r = **record;
  FileView out;
  out.name = r.info.name;
  out.media_type = r.info.media_type;
  out.size = r.info.size;
  const bool fetching = r.state == store::FileState::kFetching;
  if (r.is_here()) {
    out.state = FileView::State::kHere;
    out.path = r.place;
  } else if (r.state == store::FileState::kGone) {
    out.state = FileView::State::kGone;
  } else if (exists((fetching ? r.place : downloads_) + "/" + part_name(r.id))) {
    out.state = FileView::State::kPartial;
  }
  return out;
}

bool FileRecords::keep(ByteView hash, const e2e::FileInfo& info, const std::string& path) {
  const LocalBox box = account_.box();
  store::FileRow row;
  row.id = hash.substr(0, kId);
  row.info = box.seal(LocalPlace::file_info(row.id), pack(info).view());
  if (!path.empty()) {
    row.state = store::FileState::kHere;
    row.place = box.seal(LocalPlace::file_path(row.id), path);
  }
  return turn_.check(table_.put(row));
}

bool FileRecords::move(ByteView from, ByteView to) {
  auto record = find(from.substr(0, kId));
  if (!turn_.check(record)) return false;
  if (!record->has_value()) return true;
  const Record& r = **record;
  return keep(to, r.info, r.state == store::FileState::kHere ? r.place : "") && turn_.check(table_.drop(r.id));
}

Result<std::optional<FileRecords::Record>> FileRecords::find(ByteView id) const {
  auto row = table_.find(id);
  if (!row.ok()) return row.error();
  if (!row->has_value()) return std::optional<Record>();
  std::optional<e2e::FileInfo> info = open_info(**row);
  if (!info) return std::optional<Record>();
  return std::optional(Record{(*row)->id, std::move(*info), (*row)->state, open_place(**row)});
}

Result<std::vector<FileRecords::Record>> FileRecords::records(Result<std::vector<store::FileRow>> rows) const {
  if (!rows.ok()) return rows.error();
  std::vector<Record> out;
  for (const store::FileRow& row : *rows) {
    if (auto info = open_info(row)) out.push_back({row.id, std::move(*info), row.state, open_place(row)});
  }
  return out;
}

Result<std::vector<FileRecords::Record>> FileRecords::fetching() const {
  return records(table_.fetching());
}

Result<std::vector<FileRecords::Record>> FileRecords::to_release() const {
  return records(table_.to_release());
}

template <class Change>
bool FileRecords::change(ByteView id, Change change) {
  if (!turn_.begin()) return false;
  auto row = table_.find(id);
  if (!turn_.check(row)) return false;
  return !row->has_value() || !change(**row) || turn_.check(table_.put(**row));
}

bool FileRecords::set_fetching(ByteView id, const std::string& folder) {
  return change(id, [&](store::FileRow& row) {
    row.state = store::FileState::kFetching;
    row.place = account_.box().seal(LocalPlace::file_path(row.id), folder);
    return true;
  });
}

bool FileRecords::stop_fetching(ByteView id) {
  return change(id, [](store::FileRow& row) {
    if (row.state != store::FileState::kFetching) return false;
    row.state = store::FileState::kNone;
    row.place.clear();
    return true;
  });
}

bool FileRecords::set_here(ByteView id, const std::string& path) {
  return change(id, [&](store::FileRow& row) {
    row.state = store::FileState::kHere;
    row.place = account_.box().seal(LocalPlace::file_path(row.id), path);
    row.release = true;
    return true;
  });
}

bool FileRecords::set_released(ByteView id) {
  return change(id, [](store::FileRow& row) {
    row.release = false;
    return true;
  });
}

bool FileRecords::set_gone(ByteView id) {
  return change(id, [](store::FileRow& row) {
    row.state = store::FileState::kGone;
    row.place.clear();
    return true;
  });
}

}  // namespace fastchat::client
