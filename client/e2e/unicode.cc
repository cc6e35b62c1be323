#include "client/e2e/unicode.h"

#include <utf8proc.h>

#include <array>
#include <cstdlib>

namespace fastchat::e2e {
namespace {

const utf8proc_uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

std::optional<std::string> mapped(std::string_view text, int options) {
  utf8proc_uint8_t* out = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()), &out,
                                             static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE));
  if (size < 0) return std::nullopt;
  std::string copy(reinterpret_cast<const char*>(out), static_cast<size_t>(size));
  std::free(out);
  return copy;
}

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

// Makes text stream-safe (Unicode's Annex 15): U+034F breaks a run of more than 30 combining marks. utf8proc sorts a
// run by exchanging neighbours, so a message of marks alone would take a second. Joiners are removed, because people
// leave them out.
std::string stream_safe(std::string_view text) {
  constexpr int kMaxMarks = 30;
  std::string out;
  out.reserve(text.size());
  int marks = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    const auto c = static_cast<utf8proc_int32_t>(next_code_point(text, i));
    if (c == 0x200C || c == 0x200D) continue;
    marks = utf8proc_get_property(c)->combining_class == 0 ? 0 : marks + 1;
    if (marks > kMaxMarks) {
      append(out, 0x034F);
      marks = 1;
    }
    out += text.substr(begin, i - begin);
  }
  return out;
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

bool is_letter(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
      return true;
    default:
      return false;
  }
}

bool is_visible(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return false;
    default:
      return true;
  }
}

size_t cluster_end(std::string_view s, size_t i) {
  if (i >= s.size()) return s.size();
  // Most texts are mostly ASCII, where only CR LF is a cluster of two.
  if (i + 1 == s.size()) return s.size();
  if (is_ascii(s[i]) && is_ascii(s[i + 1]) && s[i] != '\r') return i + 1;
  auto before = static_cast<utf8proc_int32_t>(next_code_point(s, i));
  // The state starts behind a break. Without a break before it, utf8proc 2.8 would take three letters for one flag.
  utf8proc_int32_t state = 0;
  utf8proc_grapheme_break_stateful('\n', before, &state);
  for (size_t end = i; end < s.size(); i = end) {
    const auto c = static_cast<utf8proc_int32_t>(next_code_point(s, end));
    if (utf8proc_grapheme_break_stateful(before, c, &state)) return i;
    before = c;
  }
  return s.size();
}

size_t cluster_before(std::string_view s, size_t i) {
  size_t at = 0, before = 0;
  while (at < i && at < s.size()) {
    before = at;
    at = cluster_end(s, at);
  }
  return before;
}

size_t count_clusters(std::string_view s) {
  size_t count = 0;
  for (size_t i = 0; i < s.size(); i = cluster_end(s, i)) ++count;
  return count;
}

std::string_view cut(std::string_view s, size_t limit) {
  if (s.size() <= limit) return s;
  size_t end = 0;
  for (size_t next = cluster_end(s, 0); next <= limit; next = cluster_end(s, next)) end = next;
  if (end == 0) {
    for (size_t next = 0; next_code_point(s, next), next <= limit;) end = next;
  }
  return s.substr(0, end);
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

std::string folded(std::string_view text) {
  std::string small(text);
  bool ascii = true;
  for (char& c : small) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    ascii = ascii && is_ascii(c);
  }
  if (ascii) return small;
  // Folding takes marks out of their order, so the text is decomposed first.
  const auto decomposed = mapped(stream_safe(text), UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
  if (!decomposed) return small;
  std::string out = *mapped(*decomposed, UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  return out.size() <= kMaxFoldedGrowth * text.size() + kMaxFoldedMore ? out : small;
}

}  // namespace fastchat::e2e
