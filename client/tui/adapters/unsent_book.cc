#include "client/tui/adapters/unsent_book.h"

namespace fastchat::tui {
namespace {

constexpr char kEnd = '\0';  // of a name or a text: neither holds control characters but line breaks

}  // namespace

uint64_t UnsentBook::add(std::string to, std::string text) {
  texts_[next_] = {std::move(to), std::move(text)};
  return next_++;
}

std::string UnsentBook::note() const {
  std::string out;
  for (const auto& [number, text] : texts_) {
    out += text.first;
    out += kEnd;
    out += text.second;
    out += kEnd;
  }
  return out;
}

std::optional<std::string> UnsentBook::changed_note() {
  std::string now = note();
  if (now == kept_) return std::nullopt;
  kept_ = now;
  return now;
}

std::vector<UnsentBook::Text> UnsentBook::texts_of(std::string_view note) {
  std::vector<Text> out;
  while (!note.empty()) {
    const size_t name = note.find(kEnd);
    const size_t text = name == note.npos ? note.npos : note.find(kEnd, name + 1);
    if (text == note.npos) return {};
    out.emplace_back(note.substr(0, name), note.substr(name + 1, text - name - 1));
    note.remove_prefix(text + 1);
  }
  return out;
}

}  // namespace fastchat::tui
