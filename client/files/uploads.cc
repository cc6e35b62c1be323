#include "client/files/uploads.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/e2e/seal.h"
#include "client/files/media_type.h"
#include "client/messages/message_text.h"
#include "common/frames.h"
#include "common/names.h"
#include "common/random.h"

namespace fastchat::client {
namespace {

std::string name_of(const std::string& path) {
  const std::string last = std::filesystem::path(path).filename().string();
  std::string name = e2e::sanitise_line(last);
  return name.empty() || name.size() > e2e::kMaxFileName ? e2e::safe_file_name(last) : name;
}

}  // namespace

void Uploads::Upload::describe(TransferInfo& out) const {
  out.upload = true;
  out.path = path;
}

void Uploads::send(const PeerName& to, const std::string& path, const SendOptions& options, Outbox::Done done,
                   Kept kept) {
  auto refuse = [&](Error error) { turn_.before_commit([done, error = std::move(error)] { done(error); }); };
  if (!account_.unlocked()) return refuse(err(Code::kNotLoggedIn, "not logged in"));
  // The message of this name may be sent, and its file gone since, or the message that it answers.
  const Bytes name_hash = sender_.name_hash(options.name);
  if (sender_.answers_as_sent(name_hash, done)) return;
  auto answered = timeline_.answered_by(to, options.reply_to);
  if (!answered.ok()) return refuse(answered.error());
  std::error_code error;
  const std::string whole = std::filesystem::absolute(path, error).lexically_normal().string();
  if (error) return refuse(err(Code::kLocalUsage, "cannot read " + e2e::sanitise_line(path)));
  sender_.resolve(to, [this, whole, reply_to = *answered, name_hash, done, kept](const Result<Target>& target) {
    if (!target.ok()) return turn_.before_commit([done, e = target.error()] { done(e); });
    const uint64_t key = worker_.new_transfer();
    looking_[key] = {target->conversation, whole, reply_to, name_hash, done, kept};
    worker_.post({key, 0, FileJob::Look{whole}});
  });
}

bool Uploads::cancel(const std::string& id) {
  Upload* upload = line_.find_id(id);
  if (upload != nullptr) fail(*upload, err(Code::kLocalUsage, "cancelled"));
  return upload != nullptr;
}

void Uploads::looked(Looking asked, FileAnswer& answer) {
  // The upload of this name may have ended while the worker looked.
  if (sender_.answers_as_sent(asked.name_hash, asked.done)) return;
  const auto* file = std::get_if<FileAnswer::Looked>(&answer.what);
  Result<Upload*> upload = file == nullptr ? Result<Upload*>(std::get<Error>(answer.what)) : add(asked, *file);
  if (!upload.ok()) return turn_.before_commit([done = std::move(asked.done), e = upload.error()] { done(e); });
  (*upload)->sent.push_back(std::move(asked.done));
  if (asked.kept) turn_.after_commit(std::move(asked.kept));
}

bool Uploads::is_same(const Upload& upload, const Looking& asked) const {
  if (upload.name_hash != asked.name_hash) return false;
  if (!asked.name_hash.empty()) return true;
  return upload.conversation == asked.conversation && upload.path == asked.path && upload.reply_to == asked.reply_to;
}

// Returns the upload under way that is the same, or adds one. A file that changed since then ends the old upload and is
// added anew.
Result<Uploads::Upload*> Uploads::add(const Looking& asked, const FileAnswer::Looked& file) {
  if (!account_.unlocked()) return err(Code::kNotLoggedIn, "not logged in");
  Upload* same = line_.find_if([&](const Upload& it) { return is_same(it, asked); });
  if (same != nullptr) {
    if (same->conversation != asked.conversation) {
      return err(Code::kLocalUsage,
                 "this name is of a file that goes to " + timeline_.shown(same->conversation).text());
    }
    if (!asked.name_hash.empty() || same->stamp() == file.stamp) return same;
    fail(*same, err(Code::kLocalUsage, e2e::sanitise_line(asked.path) + " changed while it was being sent"));
  }
  store::UploadRow row;
  row.conversation = asked.conversation;
  row.file_id = random_bytes(e2e::kFileId);
  row.size = file.stamp.size;
  row.mtime_ns = file.stamp.mtime_ns;
  row.inode = file.stamp.inode;
  row.device = file.stamp.device;
  UploadSecret secret{e2e::system_random().secret(e2e::kKey), asked.path,     name_of(asked.path),
                      media_type(asked.path, file.head),      asked.reply_to, asked.name_hash};
  row.secret = account_.box().seal(LocalPlace::upload(row.file_id), pack(secret).view());
  if (auto r = turn_.try_begin(); !r.ok()) return r.error();
  Result<int64_t> id = table_.add_upload(row);
  if (!id.ok()) return id.error();
  row.id = *id;
  Upload& made = make(row, std::move(secret));
  // A row that the disk refused leaves no upload, because the next row gets its number.
  turn_.after_rollback([this, key = made.key](const Error& e) { announced(key, e); });
  return &made;
}

Uploads::Upload& Uploads::make(const store::UploadRow& row, UploadSecret secret) {
  auto upload = std::make_unique<Upload>();
  upload->id = "upload-" + std::to_string(row.id);
  upload->conversation = row.conversation;
  upload->name = std::move(secret.name);
  upload->path = std::move(secret.path);
  upload->media_type = std::move(secret.media_type);
  upload->reply_to = std::move(secret.reply_to);
  upload->name_hash = std::move(secret.name_hash);
  upload->seal = {row.file_id, std::move(secret.key), row.size};
  upload->row = row;
  upload->transfer.emplace(core::Direction::kUp, row.size, upload->chunks(), 0);
  return line_.add(std::move(upload));
}

Result<> Uploads::restore() {
  Result<std::vector<store::UploadRow>> rows = table_.uploads();
  if (!rows.ok()) return rows.error();
  for (const store::UploadRow& row : *rows) {
    const auto bytes = account_.box().open(LocalPlace::upload(row.file_id), row.secret);
    std::optional<UploadSecret> secret;
    if (bytes.ok()) secret = unpack_upload(bytes->view());
    if (secret && secret->key.size() == e2e::kKey && e2e::chunk_count(row.size)) make(row, std::move(*secret));
  }
  return Unit{};
}

void Uploads::work(bool attached) {
  Upload* upload = line_.first();
  if (upload == nullptr) return;
  if (upload->disk == TransferItem::Disk::kClosed) return open(*upload);
  line_.move(*upload, attached, [this](Upload& it, core::Transfer::Step step) { begin(it, step); });
}

void Uploads::open(Upload& upload) {
  upload.disk = TransferItem::Disk::kOpening;
  worker_.post({upload.key, 0, FileJob::OpenSource{upload.path, upload.stamp(), upload.seal.clone()}});
}

void Uploads::begin(Upload& upload, core::Transfer::Step step) {
  using Kind = core::Transfer::Step::Kind;
  if (step.kind == Kind::kOpen) return ask_open(upload);
  if (step.kind == Kind::kChunk) return read_chunk(upload, static_cast<uint32_t>(step.index));
  worker_.post({upload.key, upload.transfer->generation(), FileJob::Digest{}});
}

bool Uploads::on_answer(FileAnswer& answer) {
  if (auto node = looking_.extract(answer.transfer); !node.empty()) {
    looked(std::move(node.mapped()), answer);
    return true;
  }
  Upload* upload = line_.find(answer.transfer);
  if (upload == nullptr) return false;
  if (const auto* error = std::get_if<Error>(&answer.what)) {
    fail(*upload, *error);
  } else if (std::holds_alternative<FileAnswer::Opened>(answer.what)) {
    upload->disk = TransferItem::Disk::kOpen;
  } else if (upload->transfer->generation() != answer.generation) {
    return true;
  } else if (auto* sealed = std::get_if<FileAnswer::Sealed>(&answer.what)) {
    put_chunk(*upload, sealed->request, std::move(sealed->frame));
  } else if (auto* digest = std::get_if<FileAnswer::Digested>(&answer.what)) {
    uploaded(*upload, std::move(digest->sha256));
  }
  return true;
}

void Uploads::ask_open(Upload& upload) {
  v1::ClientFrame frame;
  v1::OpenUpload& m = *frame.mutable_open_upload();
  m.set_file_id(upload.seal.file_id);
  m.set_chunks(upload.chunks());
  m.set_size(upload.seal.size + upload.chunks() * e2e::kSealOverhead);
  if (const e2e::GroupState* group = timeline_.group_of(upload.conversation); group != nullptr) {
    m.set_group(group->group_id);
    m.set_epoch(group->epoch);
  } else {
    m.set_to(upload.conversation.stored());  // the server refuses a group that is not held here
  }
  server_.ask(std::move(frame), [this, key = upload.key,
                                 generation = upload.transfer->generation()](const Result<v1::ServerFrame*>& answer) {
    Upload* it = line_.find(key, generation);
    if (it == nullptr) return;
    // The server has the upload for another epoch of the group, or for another account of this name, and does not
    // change that.
    if (answer.code() == Code::kConflict && timeline_.group_of(it->conversation)) {
      return fail(*it, err(Code::kStaleEpoch, "the group changed meanwhile: send the file again"));
    }
    if (answer.code() == Code::kConflict) {
      return fail(*it, err(Code::kConflict, "the recipient has a new account: send the file again"));
    }
    if (!answer.ok()) return refused(*it, answer.error());
    if (!it->transfer->opened((*answer)->upload_open().next_chunk())) {
      fail(*it, err(Code::kMalformed, "the server broke the protocol"));
    }
  });
}

// Seals the chunk into the frame that carries it, which saves a copy of every byte of the file.
void Uploads::read_chunk(Upload& upload, uint32_t index) {
  const uint64_t request = server_.reserve_request();
  const size_t sealed = e2e::chunk_size(upload.seal.size, index) + e2e::kSealOverhead;
  worker_.post({upload.key, upload.transfer->generation(),
                FileJob::ReadChunk{index, request, put_chunk_head(request, upload.seal.file_id, index, sealed)}});
}

void Uploads::put_chunk(Upload& upload, uint64_t request, Bytes&& frame) {
  server_.ask(
      request, std::move(frame),
      [this, key = upload.key, generation = upload.transfer->generation()](const Result<v1::ServerFrame*>& answer) {
        Upload* it = line_.find(key, generation);
        if (it == nullptr) return;
        if (!answer.ok()) return refused(*it, answer.error());
        it->transfer->moved(turn_.now_ms(), (*answer)->chunk_stored().upto());
      },
      kChunkTimeoutMs);
}

// Sends the message, because the server has every chunk.
void Uploads::uploaded(Upload& upload, Bytes sha256) {
  sender_.resolve(timeline_.shown(upload.conversation),
                  [this, key = upload.key, sha256 = std::move(sha256)](const Result<Target>& target) {
                    announce(key, sha256, target);
                  });
}

void Uploads::announce(uint64_t key, const Bytes& sha256, const Result<Target>& target) {
  Upload* upload = line_.find(key);
  if (upload == nullptr) return;
  if (!target.ok()) {
    const bool final = target.code() == Code::kLocalUntrustedKey || target.code() == Code::kUnknownUser ||
                       target.code() == Code::kUnknownGroup || target.code() == Code::kNotAllowed;
    if (final) return fail(*upload, target.error());
    upload->disk = TransferItem::Disk::kClosed;
    return refused(*upload, target.error());
  }
  // A text of the same name may have been sent meanwhile.
  const auto before = sender_.sent_under(upload->name_hash);
  if (!before.ok()) return refused(*upload, before.error());
  if (turn_.begin()) turn_.check(table_.drop_upload(upload->row.id));
  if (*before) {
    releases_.release(upload->seal.file_id, [] {});
    turn_.after_rollback([this, key](const Error& e) { announced(key, e); });
    return turn_.after_commit([this, key, is = **before] { announced(key, is); });
  }
  e2e::FileInfo info;
  info.file_id = upload->seal.file_id;
  info.key = upload->seal.key.clone();
  info.sha256 = sha256;
  info.size = upload->seal.size;
  info.name = upload->name;
  info.media_type = upload->media_type;
  info.reply_to = upload->reply_to;
  outbox_.put_shown(*target, std::move(info), {upload->path, upload->name_hash},
                    [this, key](const Result<SentMessage>& sent) { announced(key, sent); });
}

// Ends an announced upload. Either the message is in the outbox and the upload's row is gone, or neither. In the second
// case the next start continues from here. Also ends an upload whose row the disk refused.
void Uploads::announced(uint64_t key, const Result<SentMessage>& sent) {
  Upload* upload = line_.find(key);
  if (upload == nullptr) return;
  reports_.tell(*upload, sent.ok() ? TransferInfo::State::kDone : TransferInfo::State::kFailed,
                sent.ok() ? "" : sent.error().text);
  const std::vector<Outbox::Done> calls = std::move(upload->sent);
  line_.erase(*upload);
  for (const auto& call : calls) call(sent);
}

void Uploads::refused(Upload& upload, const Error& error) {
  const bool out = error.code == Code::kNotAllowed || error.code == Code::kUnknownGroup;
  if (!line_.refused(upload, error)) return;
  fail(upload, out ? err(error.code, failure_text(error.code, timeline_.shown(upload.conversation))) : error);
}

// Ends an upload with an error. A server that does not learn of the end drops the upload after a while without
// progress.
void Uploads::fail(Upload& upload, const Error& error) {
  reports_.tell_failed(upload, error);
  if (turn_.begin()) turn_.check(table_.drop_upload(upload.row.id));
  releases_.release(upload.seal.file_id, [] {});
  for (auto& call : upload.sent) turn_.before_commit([call, error] { call(error); });
  line_.erase(upload);
}

}  // namespace fastchat::client
