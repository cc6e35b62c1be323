#include "bench/body.h"

#include <array>

#include "common/check.h"

namespace fastchat::bench {
namespace {

constexpr std::array<uint8_t, 256> make_digits() {
  std::array<uint8_t, 256> table{};
  for (auto& entry : table) entry = 0xff;
  for (unsigned i = 0; i < 10; ++i) table['0' + i] = static_cast<uint8_t>(i);
  for (unsigned i = 0; i < 6; ++i) table['a' + i] = static_cast<uint8_t>(10 + i);
  return table;
}
constexpr auto kDigits = make_digits();

char* put_hex(char* at, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = "0123456789abcdef"[value & 15];
    value >>= 4;
  }
  return at + digits;
}

// Sets high bits of `bad` for characters that are no digit, so that a whole head is checked once at its end.
uint64_t get_hex(const char*& at, int digits, unsigned& bad) {
  uint64_t value = 0;
  for (int i = 0; i < digits; ++i) {
    const uint8_t digit = kDigits[static_cast<uint8_t>(*at++)];
    bad |= digit;
    value = value << 4 | (digit & 15);
  }
  return value;
}

}  // namespace

void write_head(Bytes& body, const Head& head) {
  FC_CHECK(body.size() >= kHeadSize);
  char* at = body.data();
  *at++ = static_cast<char>(head.kind);
  at = put_hex(at, head.due_ns, 16);
  at = put_hex(at, head.sent_ns, 16);
  at = put_hex(at, head.seq, 8);
  at = put_hex(at, static_cast<uint64_t>(head.from), 6);
  put_hex(at, static_cast<uint64_t>(head.group), 4);
}

std::optional<Head> parse_head(ByteView body) {
  if (body.size() < kHeadSize) return std::nullopt;
  const char* at = body.data();
  const char kind = *at++;
  if (kind != 'C' && kind != 'G' && kind != 'M') return std::nullopt;
  unsigned bad = 0;
  Head head;
  head.kind = static_cast<Kind>(kind);
  head.due_ns = get_hex(at, 16, bad);
  head.sent_ns = get_hex(at, 16, bad);
  head.seq = static_cast<uint32_t>(get_hex(at, 8, bad));
  head.from = static_cast<int>(get_hex(at, 6, bad));
  head.group = static_cast<int>(get_hex(at, 4, bad));
  if (bad > 15) return std::nullopt;
  return head;
}

}  // namespace fastchat::bench
