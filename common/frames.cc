#include "common/frames.h"

#include "common/check.h"

namespace fastchat {
namespace {

constexpr uint32_t kVarint = 0, kBytes = 2;
constexpr size_t kRoom = 32;  // for the head of the frame: topic 8, from 9, tag 1, length 5

void append_varint(Bytes& out, uint64_t v) {
  while (v >= 0x80) {
    out.push_back(static_cast<char>(v | 0x80));
    v >>= 7;
  }
  out.push_back(static_cast<char>(v));
}

// Returns a request's number and the start of a body: `fields`, behind which `size` bytes follow.
Bytes request_head(uint32_t request_field, uint64_t request, uint32_t body_field, ByteView fields, size_t size) {
  Bytes out;
  append_varint(out, request_field << 3 | kVarint);
  append_varint(out, request);
  append_varint(out, body_field << 3 | kBytes);
  append_varint(out, fields.size() + size);
  out.append(fields);
  return out;
}

}  // namespace

void FrameWriter::start() {
  if (!body_.empty()) return;
  body_.reserve(kRoom + last_size_);
  body_.append(kRoom, '\0');
}

void FrameWriter::put_varint(uint64_t v) {
  append_varint(body_, v);
}

void FrameWriter::put_number(uint32_t field, uint64_t v) {
  if (v == 0) return;
  put_tag(field, kVarint);
  put_varint(v);
}

void FrameWriter::put_bytes(uint32_t field, ByteView v) {
  if (v.empty()) return;
  put_tag(field, kBytes);
  put_varint(v.size());
  body_.append(v);
}

void FrameWriter::open(uint32_t field, size_t size) {
  start();
  put_tag(field, kBytes);
  put_varint(size);
}

size_t FrameWriter::varint_size(uint64_t v) {
  size_t n = 1;
  while (v >= 0x80) {
    v >>= 7;
    ++n;
  }
  return n;
}

Bytes FrameWriter::finish(ByteView head, uint32_t field) {
  FC_CHECK(!body_.empty());
  Bytes front(head);
  append_varint(front, field << 3 | kBytes);
  append_varint(front, body_.size() - kRoom);
  FC_CHECK(front.size() <= kRoom);
  const size_t size = body_.size() - kRoom;
  last_size_ = static_cast<uint32_t>(size < 65536 ? size : 65536);
  body_.replace(kRoom - front.size(), front.size(), front);
  body_.erase(0, kRoom - front.size());
  Bytes out;
  out.swap(body_);
  return out;
}

void DownstreamWriter::delivery(uint64_t tag, ByteView envelope, v1::DeliveryKind kind) {
  const auto k = static_cast<uint64_t>(kind);
  open(1, number_size(tag) + bytes_size(envelope.size()) + number_size(k));
  put_number(1, tag);
  put_bytes(2, envelope);
  put_number(3, k);
}

// Writes one element, unpacked: at worst three bytes more than packed, and no second buffer. Parsers accept both.
void DownstreamWriter::delivered(uint64_t ref) {
  start();
  put_tag(2, kVarint);
  put_varint(ref);
}

void DownstreamWriter::queued(uint64_t ref) {
  start();
  put_tag(3, kVarint);
  put_varint(ref);
}

void DownstreamWriter::rejected(uint64_t ref, v1::ErrorCode code, uint64_t retry_after_ms) {
  const auto c = static_cast<uint64_t>(code);
  open(4, number_size(ref) + number_size(c) + number_size(retry_after_ms));
  put_number(1, ref);
  put_number(2, c);
  put_number(3, retry_after_ms);
}

void DownstreamWriter::stored(uint64_t id, uint64_t ref, uint64_t member) {
  open(5, number_size(id) + number_size(ref) + number_size(member));
  put_number(1, id);
  put_number(2, ref);
  put_number(3, member);
}

void DownstreamWriter::group(uint64_t ref, uint64_t delivered, uint64_t queued, const uint64_t* waiting) {
  const size_t members = waiting == nullptr ? 0 : static_cast<size_t>(queued);
  size_t size = number_size(ref) + number_size(delivered) + number_size(queued);
  for (size_t i = 0; i < members; ++i) size += 1 + varint_size(waiting[i]);
  open(6, size);
  put_number(1, ref);
  put_number(2, delivered);
  put_number(3, queued);
  for (size_t i = 0; i < members; ++i) {
    put_tag(4, kVarint);
    put_varint(waiting[i]);
  }
}

void DownstreamWriter::signal(ByteView envelope) {
  start();
  put_bytes(7, envelope);
}

Bytes DownstreamWriter::take() {
  return finish({}, v1::ServerFrame::kTrafficFieldNumber);
}

void UpstreamWriter::send(uint64_t ref, const Addressee& to, ByteView stream, uint64_t seq, ByteView envelope) {
  open(1, number_size(ref) + bytes_size(to.user.size()) + bytes_size(stream.size()) + number_size(seq) +
              bytes_size(envelope.size()) + bytes_size(to.group.size()) + number_size(to.epoch));
  put_number(1, ref);
  put_bytes(2, to.user);
  put_bytes(3, stream);
  put_number(4, seq);
  put_bytes(5, envelope);
  put_bytes(6, to.group);
  put_number(7, to.epoch);
}

void UpstreamWriter::ack_upto(uint64_t tag) {
  start();
  put_number(2, tag);
}

void UpstreamWriter::receipt_ack(uint64_t id) {
  start();
  put_tag(3, kVarint);
  put_varint(id);
}

void UpstreamWriter::signal(const Addressee& to, ByteView envelope) {
  open(4,
       bytes_size(to.user.size()) + bytes_size(to.group.size()) + number_size(to.epoch) + bytes_size(envelope.size()));
  put_bytes(1, to.user);
  put_bytes(2, to.group);
  put_number(3, to.epoch);
  put_bytes(4, envelope);
}

Bytes UpstreamWriter::take() {
  return finish({}, v1::ClientFrame::kTrafficFieldNumber);
}

Bytes put_chunk_head(uint64_t request, ByteView file_id, uint64_t index, size_t size) {
  using Chunk = v1::PutChunk;
  Bytes fields;
  append_varint(fields, Chunk::kFileIdFieldNumber << 3 | kBytes);
  append_varint(fields, file_id.size());
  fields.append(file_id);
  append_varint(fields, Chunk::kIndexFieldNumber << 3 | kVarint);
  append_varint(fields, index);
  append_varint(fields, Chunk::kDataFieldNumber << 3 | kBytes);
  append_varint(fields, size);
  return request_head(v1::ClientFrame::kRequestFieldNumber, request, v1::ClientFrame::kPutChunkFieldNumber, fields,
                      size);
}

Bytes chunk_head(uint64_t request, size_t size) {
  Bytes fields;
  append_varint(fields, v1::Chunk::kDataFieldNumber << 3 | kBytes);
  append_varint(fields, size);
  return request_head(v1::ServerFrame::kRequestFieldNumber, request, v1::ServerFrame::kChunkFieldNumber, fields, size);
}

void BusTrafficWriter::delivery(uint64_t pid, const uint64_t* dids, size_t did_count, ByteView envelope,
                                v1::DeliveryKind kind) {
  const auto k = static_cast<uint64_t>(kind);
  size_t size = number_size(pid) + bytes_size(envelope.size()) + number_size(k);
  for (size_t i = 0; i < did_count; ++i) size += 1 + varint_size(dids[i]);
  open(1, size);
  put_number(1, pid);
  for (size_t i = 0; i < did_count; ++i) {
    put_tag(2, kVarint);
    put_varint(dids[i]);
  }
  put_bytes(3, envelope);
  put_number(4, k);
}

void BusTrafficWriter::wake(uint64_t did) {
  start();
  put_tag(4, kVarint);
  put_varint(did);
}

void BusTrafficWriter::stale_user(uint64_t uid) {
  start();
  put_tag(6, kVarint);
  put_varint(uid);
}

void BusTrafficWriter::kick(uint64_t did) {
  start();
  put_tag(8, kVarint);
  put_varint(did);
}

void BusTrafficWriter::contacts(uint64_t uid) {
  start();
  put_tag(11, kVarint);
  put_varint(uid);
}

void BusTrafficWriter::group(ByteView group_id, uint64_t epoch, const uint64_t* uids, size_t uid_count) {
  size_t size = bytes_size(group_id.size()) + number_size(epoch);
  for (size_t i = 0; i < uid_count; ++i) size += 1 + varint_size(uids[i]);
  open(9, size);
  put_bytes(1, group_id);
  put_number(2, epoch);
  for (size_t i = 0; i < uid_count; ++i) {
    put_tag(3, kVarint);
    put_varint(uids[i]);
  }
}

void BusTrafficWriter::signal(const uint64_t* dids, size_t did_count, ByteView envelope) {
  size_t size = bytes_size(envelope.size());
  for (size_t i = 0; i < did_count; ++i) size += 1 + varint_size(dids[i]);
  open(10, size);
  for (size_t i = 0; i < did_count; ++i) {
    put_tag(1, kVarint);
    put_varint(dids[i]);
  }
  put_bytes(2, envelope);
}

void BusTrafficWriter::pair(uint32_t field, uint64_t a, uint64_t b) {
  open(field, number_size(a) + number_size(b));
  put_number(1, a);
  put_number(2, b);
}

Bytes BusTrafficWriter::take(uint64_t to, uint64_t from) {
  Bytes head;
  put_u64(head, to);
  head.push_back(static_cast<char>(1 << 3 | 1));  // from, fixed64, little-endian
  for (int i = 0; i < 8; ++i) head.push_back(static_cast<char>(from >> (8 * i)));
  return finish(head, 2);
}

}  // namespace fastchat
