#include "client/store/file_table.h"

#include "client/store/values.h"

namespace fastchat::store {
namespace {

FileRow read_file(const Row& row) {
  return {row.blob(0), row.blob(1), static_cast<FileState>(row.number(2)), row.blob(3), row.number(4) != 0};
}

}  // namespace

Result<int64_t> FileTable::add_upload(const UploadRow& u) {
  auto r = db_.run(
      "INSERT INTO uploads (peer, file_id, size, mtime_ns, inode, device, secret) VALUES (?, ?, ?, ?, ?, ?, ?)",
      {Text{u.conversation.stored()}, Blob{u.file_id}, n(u.size), u.mtime_ns, n(u.inode), n(u.device), Blob{u.secret}});
  if (!r.ok()) return r;
  return db_.last_id();
}

Result<std::vector<UploadRow>> FileTable::uploads() {
  std::vector<UploadRow> out;
  auto r = db_.each("SELECT id, peer, file_id, size, mtime_ns, inode, device, secret FROM uploads ORDER BY id", {},
                    [&](const Row& row) {
                      out.push_back({row.number(0), ConversationId::from_stored(row.text(1)), row.blob(2), row.count(3),
                                     row.number(4), row.count(5), row.count(6), row.blob(7)});
                    });
  if (!r.ok()) return r.error();
  return out;
}

Result<> FileTable::drop_upload(int64_t id) {
  return done(db_.run("DELETE FROM uploads WHERE id = ?", {id}));
}

Result<> FileTable::put(const FileRow& f) {
  return done(db_.run("INSERT OR REPLACE INTO files (id, info, state, place, release) VALUES (?, ?, ?, ?, ?)",
                      {Blob{f.id}, Blob{f.info}, static_cast<int64_t>(f.state), Blob{f.place}, int64_t{f.release}}));
}

Result<std::optional<FileRow>> FileTable::find(ByteView id) {
  std::optional<FileRow> out;
  auto r = db_.each("SELECT id, info, state, place, release FROM files WHERE id = ?", {Blob{id}},
                    [&](const Row& row) { out = read_file(row); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> FileTable::drop(ByteView id) {
  return done(db_.run("DELETE FROM files WHERE id = ?", {Blob{id}}));
}

Result<std::vector<FileRow>> FileTable::all(const char* sql) {
  std::vector<FileRow> out;
  auto r = db_.each(sql, {}, [&](const Row& row) { out.push_back(read_file(row)); });
  if (!r.ok()) return r.error();
  return out;
}

Result<std::vector<FileRow>> FileTable::to_release() {
  return all("SELECT id, info, state, place, release FROM files WHERE release = 1");
}

Result<std::vector<FileRow>> FileTable::fetching() {
  return all("SELECT id, info, state, place, release FROM files WHERE state = 3");
}

}  // namespace fastchat::store
