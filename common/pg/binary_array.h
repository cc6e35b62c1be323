// PostgreSQL's binary format of one-dimensional arrays without nulls (src/backend/utils/adt/arrayfuncs.c, array_send):
// i32 dimensions, i32 has-null flag, u32 element OID, then i32 length and i32 lower bound, then i32 size and bytes of
// every element, all big-endian. For parameters of unnest($1::bigint[], ...). Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "common/bytes.h"

namespace fastchat::pg {

inline constexpr uint32_t kOidBytea = 17, kOidInt8 = 20, kOidText = 25, kOidInt4 = 23, kOidBool = 16;
inline constexpr uint32_t kOidByteaArray = 1001, kOidTextArray = 1009, kOidInt8Array = 1016;

// The builder of an array. take() completes the header and leaves the builder empty for the next use.
class BinaryArray {
 public:
  explicit BinaryArray(uint32_t element_oid);

  void add(int64_t value);   // bigint
  void add(ByteView value);  // bytea and text
  size_t size() const { return count_; }
  size_t bytes() const { return out_.size(); }
  Bytes take();

 private:
  void start();
  uint32_t oid_;
  uint32_t count_ = 0;
  Bytes out_;
};

Bytes bigint_array(std::span<const int64_t> values);
Bytes bytea_array(std::span<const ByteView> values);
Bytes text_array(std::span<const ByteView> values);

}  // namespace fastchat::pg
