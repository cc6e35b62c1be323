#include "bench/bare_driver.h"

#include <utility>

namespace fastchat::bench {

BareDriver::BareDriver(Hub& hub, Events& events, std::string endpoint, Bytes key, size_t users, size_t batch)
    : hub_(hub), events_(events), endpoint_(std::move(endpoint)), key_(std::move(key)), batch_(batch), out_(users) {}

void BareDriver::put(Link& link, const Record& record) {
  RecordBatch& out = out_[static_cast<size_t>(link.id)];
  put_record(out.frame, record);
  hub_.touch(link);
  if (++out.count >= batch_) on_flush(link);
}

void BareDriver::on_flush(Link& link) {
  RecordBatch& out = out_[static_cast<size_t>(link.id)];
  if (out.count == 0) return;
  out.count = 0;
  hub_.send(link, std::exchange(out.frame, Bytes{}));
}

void BareDriver::login(Link& link) {
  const auto user = static_cast<uint32_t>(link.id);
  link.keys = make_curve_pair();
  hub_.open(link, endpoint_, key_);
  put(link, {RecordKind::kHello, user, user, {}});
}

void BareDriver::logout(Link& link) {
  hub_.close(link, 0);
}

void BareDriver::on_gone(Link& link) {
  events_.on_lost(link, "the relay closed the connection");
}

void BareDriver::message(Link& from, int to, ByteView body) {
  put(from, {RecordKind::kMessage, static_cast<uint32_t>(from.id), static_cast<uint32_t>(to), body});
}

// The relay has no groups: every record names its addressees.
void BareDriver::make_group(Link& admin, Members members) {
  static_cast<void>(members);
  events_.on_group(admin);
}

void BareDriver::group_message(Link& from, Members members, ByteView body) {
  Record record{RecordKind::kGroup, static_cast<uint32_t>(from.id), static_cast<uint32_t>(members.first), body};
  record.count = static_cast<uint32_t>(members.count);
  put(from, record);
}

void BareDriver::on_frame(Link& link, ByteView frame) {
  Record record;
  uint32_t confirmed = 0;
  while (take_record(frame, record)) {
    if (record.kind == RecordKind::kHello) events_.on_ready(link);
    if (record.kind == RecordKind::kAck) ++confirmed;
    if (record.kind != RecordKind::kMessage) continue;
    put(link, {RecordKind::kAck, record.to, record.from, {}});
    events_.on_message(link, record.body);
  }
  if (confirmed != 0) events_.on_confirm(link, confirmed);
}

void BareDriver::keep_alive(Link& link, uint64_t now) {
  static_cast<void>(now);
  hub_.check(link);
}

}  // namespace fastchat::bench
