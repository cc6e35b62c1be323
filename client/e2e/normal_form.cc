#include "client/e2e/normal_form.h"

#include <utf8proc.h>

namespace fastchat::e2e {

std::optional<Secret> normalise(std::string_view text, NormalForm form) {
  const auto options = static_cast<utf8proc_option_t>(
      UTF8PROC_STABLE | (form == NormalForm::kComposed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE));
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size = static_cast<utf8proc_ssize_t>(text.size());
  const utf8proc_ssize_t room = utf8proc_decompose(bytes, size, nullptr, 0, options);
  if (room < 0) return std::nullopt;
  // utf8proc_map() would leave its own buffers uncleansed. The last byte is the zero that reencoding writes.
  Secret out(static_cast<size_t>(room) * sizeof(utf8proc_int32_t) + 1);
  auto* points = reinterpret_cast<utf8proc_int32_t*>(out.data());
  const utf8proc_ssize_t count = utf8proc_decompose(bytes, size, points, room, options);
  if (count < 0 || count > room) return std::nullopt;
  const utf8proc_ssize_t length = utf8proc_reencode(points, count, options);
  if (length < 0) return std::nullopt;
  out.truncate(static_cast<size_t>(length));
  return out;
}

}  // namespace fastchat::e2e
