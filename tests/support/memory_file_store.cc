#include "tests/support/memory_file_store.h"

#include <utility>

#include "common/frames.h"

namespace fastchat::test {

using worker::ChunkRead;
using worker::ChunksPut;
using worker::FileOpened;

worker::FileReply MemoryFileStore::run(const worker::FileRequest& request) {
  return std::visit([this](const auto& r) -> worker::FileReply { return serve(r); }, request);
}

Code MemoryFileStore::recipient(const worker::OpenFile& r, int64_t* to_uid) const {
  const auto uid = static_cast<int64_t>(r.uid);
  if (!r.group.empty()) {
    const auto group = db_.groups.find(r.group);
    if (group == db_.groups.end() || group->second.name.empty() || !group->second.members.contains(uid))
      return Code::kUnknownGroup;
    const MemoryDb::Group& g = group->second;
    const auto epoch = static_cast<int64_t>(r.epoch);
    const bool in_it = g.has(uid) && g.members.at(uid).back().since <= epoch && epoch <= g.epoch;
    return in_it ? Code::kOk : Code::kNotAllowed;
  }
  const MemoryDb::User* user = db_.user_of(r.to);
  if (user == nullptr) return Code::kUnknownUser;
  *to_uid = user->uid;
  if (user->uid == static_cast<int64_t>(r.uid)) return Code::kOk;
  return worker::admission(static_cast<v1::Strangers>(user->strangers),
                           static_cast<v1::Standing>(db_.standing_of(user->uid, static_cast<int64_t>(r.uid))));
}

FileOpened MemoryFileStore::serve(const worker::OpenFile& r) {
  FileOpened out{r.ask, r.file_id, r.size, r.chunks, Code::kOk, 0, 0};
  int64_t to_uid = 0;
  const auto found = files_.find(r.file_id);
  if (found == files_.end()) {
    out.code = recipient(r, &to_uid);
    if (out.code != Code::kOk) return out;
    File& file = files_[r.file_id];
    file.fid = ++last_fid_;
    file.uid = r.uid;
    file.did = r.did;
    file.size = r.size;
    file.chunks = r.chunks;
    file.epoch = r.epoch;
    file.to_uid = to_uid;
    file.group = r.group;
    out.fid = file.fid;
    return out;
  }
  const File& file = found->second;
  if (r.group.empty()) (void)recipient(r, &to_uid);
  const bool same = file.uid == r.uid && file.size == r.size && file.chunks == r.chunks && file.group == r.group &&
                    file.epoch == r.epoch && file.to_uid == to_uid;
  out.code = same ? Code::kOk : Code::kConflict;
  out.fid = file.fid;
  out.next = file.stored.size();
  return out;
}

ChunksPut MemoryFileStore::serve(const worker::PutChunks& r) {
  ChunksPut out;
  for (const auto& item : r.items) {
    ChunksPut::Outcome done{item.ask, item.file_id, item.place, item.data.size(), Code::kConflict};
    const auto found = files_.find(item.file_id);
    if (found != files_.end() && found->second.fid == item.fid && found->second.stored.size() == item.place &&
        item.place < found->second.chunks) {
      found->second.stored[item.place] = Bytes(item.data.view());
      done.code = Code::kOk;
      if (item.last) want(found->second);
    }
    out.outcomes.push_back(std::move(done));
  }
  return out;
}

// Records the devices that have to fetch the file: each device of the recipient, or of the users who were in the epoch
// of the group and still are; and each device of the sender.
void MemoryFileStore::want(File& file) const {
  std::set<int64_t> people{static_cast<int64_t>(file.uid)};
  if (file.to_uid != 0) people.insert(file.to_uid);
  if (const auto group = db_.groups.find(file.group); group != db_.groups.end()) {
    for (const auto& [uid, spans] : group->second.members) {
      if (spans.back().left == 0 && spans.back().since <= static_cast<int64_t>(file.epoch)) people.insert(uid);
    }
  }
  for (const int64_t uid : people) {
    auto devices = db_.devices_of(uid);
    if (devices.empty()) devices.push_back(db_.mailbox_of(uid));
    for (const int64_t did : devices) {
      const bool own = static_cast<uint64_t>(did) == file.did && file.to_uid != static_cast<int64_t>(file.uid);
      if (!own) file.wants.insert(did);
    }
  }
}

worker::FileWasDone MemoryFileStore::serve(const worker::DoneFile& r) {
  const auto found = files_.find(r.file_id);
  if (found == files_.end()) return {r.ask, Code::kOk};
  File& file = found->second;
  file.wants.erase(static_cast<int64_t>(r.did));
  const bool ends = file.complete() ? file.wants.empty() : file.uid == r.uid;
  if (ends) files_.erase(found);
  return {r.ask, Code::kOk};
}

worker::FilesReaped MemoryFileStore::serve(const worker::ReapFiles&) {
  for (auto& [id, file] : files_) std::erase_if(file.wants, [this](int64_t did) { return !db_.devices.contains(did); });
  std::erase_if(files_, [](const auto& e) { return e.second.complete() && e.second.wants.empty(); });
  return {};
}

ChunkRead MemoryFileStore::serve(const worker::ReadChunk& r) {
  ChunkRead out{r.ask, Code::kUnknownFile, {}};
  const auto found = files_.find(r.file_id);
  if (found == files_.end() || !found->second.complete() || !found->second.stored.contains(r.place)) return out;
  const Bytes& chunk = found->second.stored.at(r.place);
  out.code = Code::kOk;
  out.frame = chunk_head(r.ask.request, chunk.size()) + chunk;
  return out;
}

}  // namespace fastchat::test
