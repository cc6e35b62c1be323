#include "common/pg/binary_array.h"

#include <utility>

namespace fastchat::pg {
namespace {

constexpr size_t kHeader = 20;  // dimensions, has-null, OID, length, lower bound

void set_u32(Bytes& out, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) out[at + i] = static_cast<char>(value >> (24 - 8 * i));
}

Bytes strings(uint32_t oid, std::span<const ByteView> values) {
  BinaryArray array(oid);
  for (ByteView v : values) array.add(v);
  return array.take();
}

}  // namespace

BinaryArray::BinaryArray(uint32_t element_oid) : oid_(element_oid) {
  start();
}

void BinaryArray::start() {
  out_.clear();
  count_ = 0;
  put_u32(out_, 1);
  put_u32(out_, 0);
  put_u32(out_, oid_);
  put_u32(out_, 0);
  put_u32(out_, 1);
}

void BinaryArray::add(int64_t value) {
  put_u32(out_, 8);
  put_u64(out_, static_cast<uint64_t>(value));
  ++count_;
}

void BinaryArray::add(ByteView value) {
  put_u32(out_, static_cast<uint32_t>(value.size()));
  out_.append(value);
  ++count_;
}

Bytes BinaryArray::take() {
  // An empty array has no dimensions at all.
  if (count_ == 0) {
    set_u32(out_, 0, 0);
    out_.resize(kHeader - 8);
  } else {
    set_u32(out_, 12, count_);
  }
  Bytes done = std::move(out_);
  start();
  return done;
}

Bytes bigint_array(std::span<const int64_t> values) {
  BinaryArray array(kOidInt8);
  for (int64_t v : values) array.add(v);
  return array.take();
}

Bytes bytea_array(std::span<const ByteView> values) {
  return strings(kOidBytea, values);
}

Bytes text_array(std::span<const ByteView> values) {
  return strings(kOidText, values);
}

}  // namespace fastchat::pg
