#include "client/messages/mention.h"

#include <algorithm>

#include "common/names.h"

namespace fastchat::client {
namespace {

constexpr size_t kMaxMentions = 200;

// Returns true for ASCII letters and digits, '_', '-' and every byte of a longer character: "é" continues a word, too.
bool continues_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         c == '_' || c == '-';
}

std::string small(std::string_view word) {
  std::string out(word);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

}  // namespace

std::vector<Mention> mentions_in(std::string_view text, std::string_view me) {
  std::vector<Mention> out;
  for (size_t i = 0; i < text.size() && out.size() < kMaxMentions;) {
    const bool sign = text[i] == '@';
    if (!sign && !continues_word(text[i])) {
      ++i;
      continue;
    }
    const size_t begin = sign ? i + 1 : i;
    size_t end = begin;
    while (end < text.size() && continues_word(text[end])) ++end;
    const std::string word = small(text.substr(begin, end - begin));
    // A sign right behind a word or another sign is part of an address.
    const bool alone =
        (i == 0 || (!continues_word(text[i - 1]) && text[i - 1] != '@')) && (end == text.size() || text[end] != '@');
    const bool named = sign ? valid_user_name(word) : !me.empty() && word == me;
    if (alone && named) out.push_back({i, end, word});
    i = std::max(end, i + 1);
  }
  return out;
}

bool mentions(std::string_view text, std::string_view me) {
  if (me.empty()) return false;
  const auto all = mentions_in(text, me);
  return std::any_of(all.begin(), all.end(), [&](const Mention& m) { return m.user == me; });
}

}  // namespace fastchat::client
