#include "client/files/transfers.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "client/messages/message_text.h"
#include "common/random.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

constexpr int64_t kTellMs = 100;

}  // namespace

const char* name(FileView::State state) {
  static constexpr const char* kNames[] = {"none", "partial", "here", "gone"};
  return kNames[static_cast<size_t>(state)];
}

const char* name(TransferInfo::State state) {
  static constexpr const char* kNames[] = {"running", "waiting", "done", "failed", "expired"};
  return kNames[static_cast<size_t>(state)];
}

Transfers::Transfers(Machine& machine, Turn& turn, Server& server, store::FileTable& table, const Account& account,
                     FileRecords& records, Timeline& timeline, Sender& sender, Outbox& outbox, Listener& listener)
    : turn_(turn),
      server_(server),
      table_(table),
      account_(account),
      records_(records),
      timeline_(timeline),
      sender_(sender),
      outbox_(outbox),
      listener_(listener),
      worker_(machine, [this](FileAnswer& answer) { on_answer(answer); }) {}

uint64_t Transfers::chunks_of(const Item& item) {
  return *e2e::chunk_count(item.seal.size);
}

Transfers::Item* Transfers::find(uint64_t key) {
  const auto it = items_.find(key);
  return it == items_.end() ? nullptr : it->second.get();
}

Transfers::Item* Transfers::find(uint64_t key, uint64_t generation) {
  Item* item = find(key);
  return item != nullptr && item->transfer && item->transfer->generation() == generation ? item : nullptr;
}

Transfers::Item* Transfers::find_id(const std::string& id) {
  for (auto& [key, item] : items_) {
    if (item->id == id) return item.get();
  }
  return nullptr;
}

Result<> Transfers::restore() {
  if (restored_ || !account_.unlocked()) return Unit{};
  FC_TRY(restore_uploads());
  restored_ = true;
  return restore_downloads();
}

// Returns the first transfer of a direction. One that somebody waits for goes before one that an earlier run left.
Transfers::Item* Transfers::first(bool up) {
  Item* out = nullptr;
  for (auto& [key, item] : items_) {
    if (item->up != up) continue;
    if (!item->sent.empty() || !item->fetched.empty()) return item.get();
    if (out == nullptr) out = item.get();
  }
  return out;
}

void Transfers::work() {
  // A command that only looks opens no file of another run.
  if (!server_.opened()) return;
  const bool attached = server_.attached();
  if (std::exchange(attached_, attached) != attached && attached) release_all();
  // One of each direction; driving it may end it.
  for (const bool up : {true, false}) {
    if (Item* item = first(up); item != nullptr) drive(*item, attached);
  }
}

int64_t Transfers::next_wake() const {
  int64_t next = Loop::kNever;
  for (const auto& [key, item] : items_) {
    if (item->transfer && item->attached) next = std::min(next, item->transfer->next_wake());
  }
  return next;
}

void Transfers::drive(Item& item, bool attached) {
  if (item.disk == Item::Disk::kClosed) return open_disk(item);
  if (item.disk == Item::Disk::kOpening || !item.transfer) return;
  core::Transfer& transfer = *item.transfer;
  if (std::exchange(item.attached, attached) != attached) {
    if (attached) {
      transfer.attached();
    } else {
      transfer.detached();
      tell(item, TransferInfo::State::kWaiting);
    }
  }
  const uint64_t key = item.key;
  for (auto step = transfer.next(turn_.now_ms()); step.kind != core::Transfer::Step::Kind::kNone;
       step = transfer.next(turn_.now_ms())) {
    begin(item, step);
    if (find(key) == nullptr) return;
  }
  progress(item);
}

void Transfers::open_disk(Item& item) {
  item.disk = Item::Disk::kOpening;
  if (item.up) {
    const FileStamp stamp{item.row.size, item.row.mtime_ns, item.row.inode, item.row.device};
    worker_.post({item.key, 0, FileJob::OpenSource{item.path, stamp, item.seal.clone()}});
  } else {
    worker_.post({item.key, 0,
                  FileJob::OpenTarget{item.directory, FileRecords::part_name(item.message), item.seal.clone(),
                                      item.resumed ? item.sha256 : Bytes(), item.name}});
  }
}

void Transfers::begin(Item& item, core::Transfer::Step step) {
  using Kind = core::Transfer::Step::Kind;
  const uint64_t generation = item.transfer->generation();
  if (step.kind == Kind::kOpen) return ask_open(item);
  if (step.kind == Kind::kChunk && item.up) return read_chunk(item, static_cast<uint32_t>(step.index));
  if (step.kind == Kind::kChunk) return get_chunk(item, step.index);
  if (item.up) return worker_.post({item.key, generation, FileJob::Digest{}});
  worker_.post({item.key, generation, FileJob::Finish{item.sha256, item.name}});
}

void Transfers::on_answer(FileAnswer& answer) {
  turn_.wake();
  if (auto node = looking_.extract(answer.transfer); !node.empty()) return looked(std::move(node.mapped()), answer);
  Item* item = find(answer.transfer);
  if (item == nullptr) return;
  if (const auto* error = std::get_if<Error>(&answer.what)) {
    const bool torn = !item->up && error->code == Code::kLocalCrypto && std::exchange(item->went_on, false);
    if (!torn) return fail(*item, *error);
    // A part file may have lost what a crash of the machine took: once more from the beginning.
    worker_.post({item->key, 0, FileJob::Close{}});
    item->disk = Item::Disk::kClosed;
    item->transfer.reset();
    item->attached = false;
    return;
  }
  if (const auto* opened = std::get_if<FileAnswer::Opened>(&answer.what)) {
    item->disk = Item::Disk::kOpen;
    if (item->up) return;
    item->went_on = opened->done > 0;
    item->transfer.emplace(core::Direction::kDown, item->seal.size, chunks_of(*item), opened->done);
    return;
  }
  if (auto* finished = std::get_if<FileAnswer::Finished>(&answer.what)) return fetched(*item, finished->path);
  if (item->transfer->generation() != answer.generation) return;
  if (auto* sealed = std::get_if<FileAnswer::Sealed>(&answer.what)) {
    put_chunk(*item, sealed->request, std::move(sealed->frame));
  } else if (const auto* written = std::get_if<FileAnswer::Written>(&answer.what)) {
    item->transfer->moved(turn_.now_ms(), uint64_t{written->index} + 1);
  } else if (auto* digest = std::get_if<FileAnswer::Digested>(&answer.what)) {
    uploaded(*item, std::move(digest->sha256));
  }
}

void Transfers::refused(Item& item, const Error& error) {
  const bool out = item.up && (error.code == Code::kNotAllowed || error.code == Code::kUnknownGroup);
  const Error said = out ? err(error.code, failure_text(error.code, timeline_.shown(item.peer))) : error;
  if (item.transfer->refused(turn_.now_ms(), error.code, random_u64())) return fail(item, said);
  tell(item, TransferInfo::State::kWaiting, error.text);
}

void Transfers::fail(Item& item, const Error& error) {
  tell(item, error.code == Code::kUnknownFile ? TransferInfo::State::kExpired : TransferInfo::State::kFailed,
       error.text);
  if (item.up) {
    give_up(item);
  } else if (error.code == Code::kUnknownFile) {
    gone(item);
  } else {
    records_.stop_fetching(item.message);
  }
  for (auto& call : item.sent) turn_.next_turn([call, error] { call(error); });
  for (auto& call : item.fetched) turn_.next_turn([call, error] { call(error); });
  erase(item);
}

void Transfers::erase(Item& item) {
  worker_.post({item.key, 0, FileJob::Close{}});
  items_.erase(item.key);
}

void Transfers::cancel(const std::string& id) {
  Item* item = find_id(id);
  if (item != nullptr) fail(*item, err(Code::kLocalUsage, "cancelled"));
}

// ---- what the person sees

TransferInfo Transfers::info(const Item& item) const {
  TransferInfo out;
  out.id = item.id;
  out.peer = timeline_.shown(item.peer);
  out.name = item.name;
  out.upload = item.up;
  out.size = item.seal.size;
  if (item.up) out.path = item.path;
  if (!item.transfer) {
    // Not begun in this session: what an earlier one wrote.
    struct stat part {};
    const std::string path = item.directory + "/" + FileRecords::part_name(item.message);
    if (!item.up && stat(path.c_str(), &part) == 0) out.done = std::min(static_cast<uint64_t>(part.st_size), out.size);
    return out;
  }
  const core::Transfer::Progress p = item.transfer->progress();
  out.done = p.done;
  out.per_second = p.per_second;
  out.seconds_left = p.seconds_left;
  const auto state = item.transfer->state();
  const bool moves = state == core::Transfer::State::kMoving || state == core::Transfer::State::kFinishing;
  out.state = moves ? TransferInfo::State::kRunning : TransferInfo::State::kWaiting;
  return out;
}

void Transfers::tell(Item& item, TransferInfo::State state, const std::string& text, const std::string& path) {
  TransferInfo event = info(item);
  event.state = state;
  event.text = text;
  if (!path.empty()) event.path = path;
  item.told_at = turn_.now_ms();
  turn_.next_turn([this, event = std::move(event)] { listener_.on_transfer(event); });
}

void Transfers::progress(Item& item) {
  if (turn_.now_ms() - item.told_at < kTellMs) return;
  const TransferInfo event = info(item);
  if (event.state == TransferInfo::State::kRunning) tell(item, event.state);
}

Result<std::vector<TransferInfo>> Transfers::list() {
  FC_TRY(restore());
  std::vector<TransferInfo> out;
  for (const auto& [key, item] : items_) out.push_back(info(*item));
  return out;
}

}  // namespace fastchat::client
