// A fuzz target: FC_FUZZ(name) begins a function that takes the bytes of one input as `input` and checks properties
// with FC_CHECK. Built by clang, the function is libFuzzer's entry point, one program a target. Built by the ordinary
// compiler, all targets are one program, fuzz_replay, which runs the inputs of corpus/. A target keeps nothing from one
// input to the next, so an input gives the same result each time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/bytes.h"
#include "common/check.h"

#ifdef FC_FUZZ_REPLAY
#define FC_FUZZ_ENTRY(name)
#else
#define FC_FUZZ_ENTRY(name)                                                  \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);   \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {  \
    fastchat::fuzz::run_##name({reinterpret_cast<const char*>(data), size}); \
    return 0;                                                                \
  }
#endif

#define FC_FUZZ(name)              \
  namespace fastchat::fuzz {       \
  void run_##name(ByteView input); \
  }                                \
  FC_FUZZ_ENTRY(name)              \
  void fastchat::fuzz::run_##name(ByteView input)

namespace fastchat::fuzz {

// Returns true for UTF-8 that controls no terminal: without C0, delete and C1.
inline bool harmless(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return false;
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
  }
  return valid_utf8(text);
}

// Draws values from the bytes of an input; behind their end everything is zero.
class Source {
 public:
  explicit Source(ByteView in) : in_(in) {}

  bool done() const { return in_.empty(); }
  uint8_t byte() {
    if (in_.empty()) return 0;
    const auto b = static_cast<uint8_t>(in_.front());
    in_.remove_prefix(1);
    return b;
  }
  // Returns 0 to n - 1, for n up to 65536.
  size_t below(size_t n) {
    size_t v = byte();
    if (n > 256) v = v << 8 | byte();
    return v % n;
  }
  bool chance(size_t one_in = 2) { return byte() % one_in == 1; }
  uint64_t u64() {
    uint64_t v = 0;
    for (int i = 0; i < 8; ++i) v = v << 8 | byte();
    return v;
  }
  // Returns mostly small numbers, now and then one at an edge.
  uint64_t number() {
    const uint8_t b = byte();
    if (b < 240) return b;
    constexpr uint64_t kEdges[] = {UINT64_MAX, INT64_MAX,         uint64_t{INT64_MAX} + 1, UINT32_MAX,
                                   INT32_MAX,  uint64_t{1} << 32, uint64_t{1} << 62,       65'536};
    return b < 248 ? kEdges[b - 240] : u64();
  }
  // Returns up to `most` bytes of the input unchanged.
  ByteView bytes(size_t most) {
    const size_t n = below(most + 1);
    const ByteView out = in_.substr(0, n);
    in_.remove_prefix(out.size());
    return out;
  }
  ByteView rest() {
    const ByteView out = in_;
    in_ = {};
    return out;
  }

 private:
  ByteView in_;
};

}  // namespace fastchat::fuzz
