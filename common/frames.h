// Writers of the traffic frames. One turn of a loop appends its items, and take() returns one complete frame. The
// writers write protobuf's wire format directly, so that a sealed envelope is copied once and never re-serialised.
// Pure; an empty writer holds no memory.
#pragma once

#include <cstdint>

#include "common/bytes.h"
#include "proto/client.pb.h"

namespace fastchat {

// The shared base of the writers: appends fields and closes a body into a frame.
class FrameWriter {
 public:
  bool empty() const { return body_.empty(); }
  size_t bytes() const { return body_.size(); }

 protected:
  void put_varint(uint64_t v);
  void put_tag(uint32_t field, uint32_t type) { put_varint(field << 3 | type); }
  void put_number(uint32_t field, uint64_t v);  // omits zero, as proto3 does
  void put_bytes(uint32_t field, ByteView v);
  void open(uint32_t field, size_t size);  // a nested message of `size` bytes follows
  void start();                            // called before the first append
  Bytes finish(ByteView head, uint32_t field);

  static size_t varint_size(uint64_t v);
  static size_t number_size(uint64_t v) { return v == 0 ? 0 : 1 + varint_size(v); }  // fields 1 to 15
  static size_t bytes_size(size_t n) { return n == 0 ? 0 : 1 + varint_size(n) + n; }

 private:
  Bytes body_;
  uint32_t last_size_ = 0;
};

// ServerFrame{traffic}, worker -> client.
class DownstreamWriter : public FrameWriter {
 public:
  void delivery(uint64_t tag, ByteView envelope, v1::DeliveryKind kind = v1::KIND_NOT_KNOWN);
  void delivered(uint64_t ref);
  void queued(uint64_t ref);
  void rejected(uint64_t ref, v1::ErrorCode code, uint64_t retry_after_ms);
  void stored(uint64_t id, uint64_t ref, uint64_t member = 0);
  // `waiting`: the numbers of the `queued` members, or null.
  void group(uint64_t ref, uint64_t delivered, uint64_t queued, const uint64_t* waiting = nullptr);
  void signal(ByteView envelope);
  Bytes take();
};

// The recipient of a send: a user, or an epoch of a group.
struct Addressee {
  std::string_view user;
  ByteView group{};  // 32 bytes; `user` is empty then
  uint64_t epoch = 0;
};

// ClientFrame{traffic}, client -> worker.
class UpstreamWriter : public FrameWriter {
 public:
  void send(uint64_t ref, const Addressee& to, ByteView stream, uint64_t seq, ByteView envelope);
  void ack_upto(uint64_t tag);
  void receipt_ack(uint64_t id);
  void signal(const Addressee& to, ByteView envelope);
  Bytes take();
};

// Returns ClientFrame{request, put_chunk} up to its data. `size` bytes of data follow: the rest of the frame.
Bytes put_chunk_head(uint64_t request, ByteView file_id, uint64_t index, size_t size);
// Returns the same of ServerFrame{request, chunk}.
Bytes chunk_head(uint64_t request, size_t size);

// BusFrame{traffic} behind its topic, worker -> worker.
class BusTrafficWriter : public FrameWriter {
 public:
  // `kind`: a worker of version 1 refuses a frame that has the field.
  void delivery(uint64_t pid, const uint64_t* dids, size_t did_count, ByteView envelope,
                v1::DeliveryKind kind = v1::KIND_NOT_KNOWN);
  void ack(uint64_t pid, uint64_t did) { pair(2, pid, did); }
  void nack(uint64_t pid, uint64_t did) { pair(3, pid, did); }
  void wake(uint64_t did);
  void receipt(uint64_t did, uint64_t ref) { pair(5, did, ref); }
  void stale_user(uint64_t uid);
  void vault(uint64_t uid, uint64_t version) { pair(7, uid, version); }
  void kick(uint64_t did);
  // Only to workers of version 4.
  void contacts(uint64_t uid);
  void group(ByteView group_id, uint64_t epoch, const uint64_t* uids, size_t uid_count);
  void signal(const uint64_t* dids, size_t did_count, ByteView envelope);
  // Returns the frame. `to`: the addressee's worker_id, 0 for all. `from`: this worker's own.
  Bytes take(uint64_t to, uint64_t from);

 private:
  void pair(uint32_t field, uint64_t a, uint64_t b);
};

}  // namespace fastchat
