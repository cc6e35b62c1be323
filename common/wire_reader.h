// Reads protobuf's wire format in place, strictly. Every function returns false on bytes that do not fit, and then the
// caller refuses the whole frame. Source: https://protobuf.dev/programming-guides/encoding. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "common/bytes.h"

namespace fastchat::wire {

class Reader {
 public:
  enum Type : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };

  explicit Reader(ByteView in) : p_(in.data()), end_(in.data() + in.size()) {}

  bool done() const { return p_ == end_; }

  bool varint(uint64_t* out) { return varint(out, kMaxVarint); }

  bool tag(uint32_t* field, uint32_t* type) {
    uint64_t v = 0;
    if (!varint(&v, kMaxShortVarint) || v > 0xFFFFFFFFu || v < 8) return false;
    *field = static_cast<uint32_t>(v >> 3);
    *type = static_cast<uint32_t>(v & 7);
    return true;
  }

  bool bytes(ByteView* out) {
    uint64_t n = 0;
    if (!varint(&n, kMaxShortVarint) || n > static_cast<uint64_t>(end_ - p_)) return false;
    *out = ByteView(p_, static_cast<size_t>(n));
    p_ += n;
    return true;
  }

  bool fixed64(uint64_t* out) {
    if (end_ - p_ < 8) return false;
    uint64_t v = 0;
    for (int i = 7; i >= 0; --i) v = v << 8 | static_cast<uint8_t>(p_[i]);
    p_ += 8;
    *out = v;
    return true;
  }

  // Reads a repeated uint64, packed or not; at most `max` elements in all.
  bool numbers(uint32_t type, std::vector<uint64_t>* out, size_t max) {
    if (type == kVarint) {
      out->emplace_back();
      return varint(&out->back()) && out->size() <= max;
    }
    ByteView packed;
    if (type != kBytes || !bytes(&packed)) return false;
    Reader r(packed);
    while (!r.done()) {
      out->emplace_back();
      if (out->size() > max || !r.varint(&out->back())) return false;
    }
    return true;
  }

 private:
  // The most bytes of a number, and of a tag or a length. protobuf's own parser reads no more, even when many are zero.
  static constexpr unsigned kMaxVarint = 10, kMaxShortVarint = 5;

  bool varint(uint64_t* out, unsigned most) {
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 7 * most && p_ != end_; shift += 7) {
      const auto b = static_cast<uint8_t>(*p_++);
      v |= static_cast<uint64_t>(b & 0x7Fu) << shift;
      if (b < 0x80) {
        *out = v;
        return shift < 63 || b <= 1;
      }
    }
    return false;
  }

  const char* p_;
  const char* end_;
};

}  // namespace fastchat::wire
