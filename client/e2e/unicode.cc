#include "client/e2e/unicode.h"

#include <utf8proc.h>

#include <array>

namespace fastchat::e2e {
namespace {

const utf8proc_uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

}  // namespace

char32_t next_code_point(std::string_view s, size_t& i) {
  utf8proc_int32_t c = 0;
  const auto left = static_cast<utf8proc_ssize_t>(s.size() - i);
  const utf8proc_ssize_t size = utf8proc_iterate(bytes_of(s) + i, left, &c);
  i += size > 0 ? static_cast<size_t>(size) : 1;
  return size > 0 ? static_cast<char32_t>(c) : U'\uFFFD';
}

void append(std::string& out, char32_t c) {
  std::array<utf8proc_uint8_t, 4> bytes;
  const utf8proc_ssize_t size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes.data());
  out.append(bytes.begin(), bytes.begin() + size);
}

std::optional<Secret> normalise(std::string_view text, NormalForm form) {
  const auto options = static_cast<utf8proc_option_t>(
      UTF8PROC_STABLE | (form == NormalForm::kComposed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE));
  const auto size = static_cast<utf8proc_ssize_t>(text.size());
  const utf8proc_ssize_t room = utf8proc_decompose(bytes_of(text), size, nullptr, 0, options);
  if (room < 0) return std::nullopt;
  // utf8proc_map() would leave its own buffers uncleansed. The last byte is the zero that reencoding writes.
  Secret out(static_cast<size_t>(room) * sizeof(utf8proc_int32_t) + 1);
  auto* points = reinterpret_cast<utf8proc_int32_t*>(out.data());
  const utf8proc_ssize_t count = utf8proc_decompose(bytes_of(text), size, points, room, options);
  if (count < 0 || count > room) return std::nullopt;
  const utf8proc_ssize_t length = utf8proc_reencode(points, count, options);
  if (length < 0) return std::nullopt;
  out.truncate(static_cast<size_t>(length));
  return out;
}

}  // namespace fastchat::e2e
