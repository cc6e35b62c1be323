// The transfers of one direction. One of them moves at a time, the others wait in line. Owns the items, which derive
// from TransferItem, and drives the core of the one that moves (core/transfer.h). Lives on the session's thread.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "client/files/file_worker.h"
#include "client/files/transfer_item.h"
#include "client/files/transfer_reports.h"
#include "common/random.h"

namespace fastchat::client {

template <class Item>
class TransferLine {
 public:
  TransferLine(Turn& turn, FileWorker& worker, TransferReports& reports)
      : turn_(turn), worker_(worker), reports_(reports) {}

  // Puts a transfer at the end of the line.
  Item& add(std::unique_ptr<Item> item) {
    const uint64_t key = item->key = worker_.new_transfer();
    return *(items_[key] = std::move(item));
  }
  Item* find(uint64_t key) {
    const auto it = items_.find(key);
    return it == items_.end() ? nullptr : it->second.get();
  }
  // Finds the transfer that an answer is for. Null when the answer is of an older generation.
  Item* find(uint64_t key, uint64_t generation) {
    Item* item = find(key);
    return item != nullptr && item->transfer && item->transfer->generation() == generation ? item : nullptr;
  }
  template <class Matches>
  Item* find_if(Matches matches) {
    for (auto& [key, item] : items_) {
      if (matches(*item)) return item.get();
    }
    return nullptr;
  }
  Item* find_id(const std::string& id) {
    return find_if([&](const Item& item) { return item.id == id; });
  }
  // Returns the transfer that moves, or null. A transfer that somebody waits for goes before one that an earlier run
  // left.
  Item* first() {
    Item* awaited = find_if([](const Item& item) { return item.awaited(); });
    return awaited != nullptr || items_.empty() ? awaited : items_.begin()->second.get();
  }

  // Makes the core take its steps, as soon as the file is open. `begin(item, step)` carries out a step and may end the
  // transfer. `attached`: requests to the server are possible.
  template <class Begin>
  void move(Item& item, bool attached, Begin begin) {
    if (item.disk == TransferItem::Disk::kOpening || !item.transfer) return;
    core::Transfer& transfer = *item.transfer;
    if (std::exchange(item.attached, attached) != attached) {
      if (attached) {
        transfer.attached();
      } else {
        transfer.detached();
        reports_.tell(item, TransferInfo::State::kWaiting);
      }
    }
    const uint64_t key = item.key;
    for (auto step = transfer.next(turn_.now_ms()); step.kind != core::Transfer::Step::Kind::kNone;
         step = transfer.next(turn_.now_ms())) {
      begin(item, step);
      if (find(key) == nullptr) return;
    }
    reports_.progress(item);
  }
  // Records a refusal by the server. Returns true when the refusal is final; otherwise reports that the transfer waits.
  bool refused(Item& item, const Error& error) {
    if (item.transfer->refused(turn_.now_ms(), error.code, random_u64())) return true;
    reports_.tell(item, TransferInfo::State::kWaiting, error.text);
    return false;
  }

  // Closes the file and drops the core: the transfer begins again with opening the file.
  void restart(Item& item) {
    worker_.post({item.key, 0, FileJob::Close{}});
    item.disk = TransferItem::Disk::kClosed;
    item.transfer.reset();
    item.attached = false;
  }
  // Gives the transfer a new key, at the end of the line. Answers to its earlier jobs are then ignored.
  void renumber(Item& item) {
    auto node = items_.extract(item.key);
    node.key() = item.key = worker_.new_transfer();
    items_.insert(std::move(node));
  }
  // Closes the file and destroys the item.
  void erase(Item& item) {
    const uint64_t key = item.key;
    worker_.post({key, 0, FileJob::Close{}});
    items_.erase(key);
  }

  // Returns the time when a paused transfer tries again (ms, monotonic; Loop::kNever).
  int64_t next_wake() const {
    int64_t next = Loop::kNever;
    for (const auto& [key, item] : items_) {
      if (item->transfer && item->attached) next = std::min(next, item->transfer->next_wake());
    }
    return next;
  }
  // Adds all transfers to `out`, by their keys.
  void list(std::map<uint64_t, TransferInfo>& out) const {
    for (const auto& [key, item] : items_) out[key] = reports_.info(*item);
  }

 private:
  Turn& turn_;
  FileWorker& worker_;
  TransferReports& reports_;
  std::map<uint64_t, std::unique_ptr<Item>> items_;
};

}  // namespace fastchat::client
