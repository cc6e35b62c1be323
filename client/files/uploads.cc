// Files of ours: from the path that a person gave to the message that speaks of it.
#include <algorithm>
#include <filesystem>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/e2e/seal.h"
#include "client/files/media_type.h"
#include "client/files/transfers.h"
#include "common/frames.h"
#include "common/names.h"
#include "common/random.h"

namespace fastchat::client {
namespace {

// A chunk behind seven others on a slow link; then it is sent again.
constexpr int64_t kChunkTimeoutMs = 60'000;

std::string name_of(const std::string& path) {
  const std::string last = std::filesystem::path(path).filename().string();
  std::string name = e2e::sanitise_line(last);
  return name.empty() || name.size() > e2e::kMaxFileName ? e2e::safe_file_name(last) : name;
}

}  // namespace

void Transfers::send(const std::string& to, const std::string& path, const SendOptions& options, Outbox::Done done) {
  auto refuse = [&](Error error) { turn_.next_turn([done, error = std::move(error)] { done(error); }); };
  if (!account_.unlocked()) return refuse(err(Code::kNotLoggedIn, "not logged in"));
  if (auto r = restore(); !r.ok()) return refuse(r.error());
  auto answered = timeline_.answered_by(to, options.reply_to);
  if (!answered.ok()) return refuse(answered.error());
  std::error_code error;
  const std::string whole = std::filesystem::absolute(path, error).lexically_normal().string();
  if (error) return refuse(err(Code::kLocalUsage, "cannot read " + e2e::sanitise_line(path)));
  sender_.resolve(to, [this, whole, reply_to = *answered, done](const Result<Target>& target) {
    if (!target.ok()) return turn_.next_turn([done, e = target.error()] { done(e); });
    const uint64_t key = next_key_++;
    looking_[key] = {target->peer, whole, reply_to, done};
    worker_.post({key, 0, FileJob::Look{whole}});
  });
}

void Transfers::looked(Looking asked, FileAnswer& answer) {
  const auto* file = std::get_if<FileAnswer::Looked>(&answer.what);
  Result<Item*> item = file == nullptr ? Result<Item*>(std::get<Error>(answer.what)) : add_upload(asked, *file);
  if (!item.ok()) return turn_.next_turn([done = std::move(asked.done), e = item.error()] { done(e); });
  (*item)->sent.push_back(std::move(asked.done));
}

// The same file into the same conversation is the upload that is under way; what changed since is another.
Result<Transfers::Item*> Transfers::add_upload(const Looking& asked, const FileAnswer::Looked& file) {
  if (!account_.unlocked()) return err(Code::kNotLoggedIn, "not logged in");
  for (auto& [key, item] : items_) {
    if (!item->up || item->peer != asked.peer || item->path != asked.path || item->reply_to != asked.reply_to) continue;
    const FileStamp then{item->row.size, item->row.mtime_ns, item->row.inode, item->row.device};
    if (then == file.stamp) return item.get();
    fail(*item, err(Code::kLocalUsage, e2e::sanitise_line(asked.path) + " changed while it was being sent"));
    break;
  }
  store::UploadRow row;
  row.peer = asked.peer;
  row.file_id = random_bytes(e2e::kFileId);
  row.size = file.stamp.size;
  row.mtime_ns = file.stamp.mtime_ns;
  row.inode = file.stamp.inode;
  row.device = file.stamp.device;
  UploadSecret secret{e2e::system_random().secret(e2e::kKey), asked.path, name_of(asked.path),
                      media_type(asked.path, file.head), asked.reply_to};
  row.secret = account_.box().seal(LocalPlace::upload(row.file_id), pack(secret).view());
  if (auto r = turn_.try_begin(); !r.ok()) return r.error();
  Result<int64_t> id = table_.add_upload(row);
  if (!id.ok()) return id.error();
  row.id = *id;
  return &make_upload(row, std::move(secret));
}

Transfers::Item& Transfers::make_upload(const store::UploadRow& row, UploadSecret secret) {
  auto owned = std::make_unique<Item>();
  Item& item = *owned;
  item.key = next_key_++;
  item.up = true;
  item.id = "upload-" + std::to_string(row.id);
  item.peer = row.peer;
  item.name = std::move(secret.name);
  item.path = std::move(secret.path);
  item.media_type = std::move(secret.media_type);
  item.reply_to = std::move(secret.reply_to);
  item.seal = {row.file_id, std::move(secret.key), row.size};
  item.row = row;
  item.transfer.emplace(core::Direction::kUp, row.size, chunks_of(item), 0);
  items_[item.key] = std::move(owned);
  return item;
}

Result<> Transfers::restore_uploads() {
  Result<std::vector<store::UploadRow>> rows = table_.uploads();
  if (!rows.ok()) return rows.error();
  for (const store::UploadRow& row : *rows) {
    const auto bytes = account_.box().open(LocalPlace::upload(row.file_id), row.secret);
    std::optional<UploadSecret> secret;
    if (bytes.ok()) secret = unpack_upload(bytes->view());
    if (secret && secret->key.size() == e2e::kKey && e2e::chunk_count(row.size)) make_upload(row, std::move(*secret));
  }
  return Unit{};
}

void Transfers::ask_open(Item& item) {
  v1::ClientFrame frame;
  v1::OpenUpload& m = *frame.mutable_open_upload();
  m.set_file_id(item.seal.file_id);
  m.set_chunks(chunks_of(item));
  m.set_size(item.seal.size + chunks_of(item) * e2e::kSealOverhead);
  if (const e2e::GroupState* group = timeline_.group_of(item.peer); group != nullptr) {
    m.set_group(group->group_id);
    m.set_epoch(group->epoch);
  } else {
    m.set_to(item.peer);
  }
  server_.ask(std::move(frame),
              [this, key = item.key, generation = item.transfer->generation()](const Result<v1::ServerFrame*>& answer) {
                Item* it = find(key, generation);
                if (it == nullptr) return;
                // The server has the upload for another epoch of the group, and keeps that one.
                if (answer.code() == Code::kConflict) {
                  return fail(*it, err(Code::kConflict, "the group changed meanwhile: send the file again"));
                }
                if (!answer.ok()) return refused(*it, answer.error());
                if (!it->transfer->opened((*answer)->upload_open().next_chunk())) {
                  fail(*it, err(Code::kMalformed, "the server broke the protocol"));
                }
              });
}

// The chunk is sealed into the frame that carries it: a copy of every byte of a file is what a transfer can do without.
void Transfers::read_chunk(Item& item, uint32_t index) {
  const uint64_t request = server_.reserve_request();
  const size_t sealed = e2e::chunk_size(item.seal.size, index) + e2e::kSealOverhead;
  worker_.post({item.key, item.transfer->generation(),
                FileJob::ReadChunk{index, request, put_chunk_head(request, item.seal.file_id, index, sealed)}});
}

void Transfers::put_chunk(Item& item, uint64_t request, Bytes&& frame) {
  server_.ask(
      request, std::move(frame),
      [this, key = item.key, generation = item.transfer->generation()](const Result<v1::ServerFrame*>& answer) {
        Item* it = find(key, generation);
        if (it == nullptr) return;
        if (!answer.ok()) return refused(*it, answer.error());
        it->transfer->moved(turn_.now_ms(), (*answer)->chunk_stored().upto());
      },
      kChunkTimeoutMs);
}

// The server has every chunk: now the message.
void Transfers::uploaded(Item& item, Bytes sha256) {
  sender_.resolve(timeline_.shown(item.peer), [this, key = item.key, sha256 = std::move(sha256)](
                                                  const Result<Target>& target) { announce(key, sha256, target); });
}

void Transfers::announce(uint64_t key, const Bytes& sha256, const Result<Target>& target) {
  Item* item = find(key);
  if (item == nullptr) return;
  if (!target.ok()) {
    const bool final = target.code() == Code::kLocalUntrustedKey || target.code() == Code::kUnknownUser ||
                       target.code() == Code::kUnknownGroup || target.code() == Code::kNotAllowed;
    if (final) return fail(*item, target.error());
    item->disk = Item::Disk::kClosed;
    return refused(*item, target.error());
  }
  e2e::FileInfo info;
  info.file_id = item->seal.file_id;
  info.key = item->seal.key.clone();
  info.sha256 = sha256;
  info.size = item->seal.size;
  info.name = item->name;
  info.media_type = item->media_type;
  info.reply_to = item->reply_to;
  if (turn_.begin()) turn_.check(table_.drop_upload(item->row.id));
  outbox_.put_shown(*target, std::move(info), {item->path, {}},
                    [this, key](const Result<SentMessage>& sent) { announced(key, sent); });
}

// The message is in the outbox and the upload's row gone, or neither: then the next start goes on from here.
void Transfers::announced(uint64_t key, const Result<SentMessage>& sent) {
  Item* item = find(key);
  if (item == nullptr) return;
  tell(*item, sent.ok() ? TransferInfo::State::kDone : TransferInfo::State::kFailed,
       sent.ok() ? "" : sent.error().text);
  const std::vector<Outbox::Done> calls = std::move(item->sent);
  erase(*item);
  for (const auto& call : calls) call(sent);
}

// Best effort: the server drops an upload that nobody goes on with.
void Transfers::give_up(const Item& item) {
  if (turn_.begin()) turn_.check(table_.drop_upload(item.row.id));
  if (!attached_) return;
  v1::ClientFrame frame;
  frame.mutable_file_done()->set_file_id(item.seal.file_id);
  ++releasing_;
  server_.ask(std::move(frame), [this](const Result<v1::ServerFrame*>&) { --releasing_; });
}

}  // namespace fastchat::client
