#include "client/files/transfer_reports.h"

#include <utility>

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

TransferInfo TransferReports::info(const TransferItem& item) const {
  TransferInfo out;
  out.id = item.id;
  out.peer = timeline_.shown(item.conversation);
  out.name = item.name;
  out.size = item.seal.size;
  item.describe(out);
  if (!item.transfer) return out;
  const core::Transfer::Progress p = item.transfer->progress();
  out.done = p.done;
  out.per_second = p.per_second;
  out.seconds_left = p.seconds_left;
  const auto state = item.transfer->state();
  const bool moves = state == core::Transfer::State::kMoving || state == core::Transfer::State::kFinishing;
  out.state = moves ? TransferInfo::State::kRunning : TransferInfo::State::kWaiting;
  return out;
}

void TransferReports::tell(TransferItem& item, TransferInfo::State state, const std::string& text,
                           const std::string& path) {
  TransferInfo event = info(item);
  event.state = state;
  event.text = text;
  if (!path.empty()) event.path = path;
  item.told_at = turn_.now_ms();
  turn_.before_commit([this, event = std::move(event)] { listener_.on_transfer(event); });
}

void TransferReports::tell_failed(TransferItem& item, const Error& error) {
  tell(item, error.code == Code::kUnknownFile ? TransferInfo::State::kExpired : TransferInfo::State::kFailed,
       error.text);
}

void TransferReports::progress(TransferItem& item) {
  if (turn_.now_ms() - item.told_at < kTellMs) return;
  const TransferInfo event = info(item);
  if (event.state == TransferInfo::State::kRunning) tell(item, event.state);
}

}  // namespace fastchat::client
