#include "client/tui/adapters/unsent_book.h"

namespace fastchat::tui {
namespace {

constexpr char kEnd = '\0';  // end of a name or a text: neither holds control characters but line breaks and tabs

}  // namespace

uint64_t UnsentBook::add(client::PeerName to, std::string text) {
  texts_[next_] = {std::move(to), std::move(text)};
  return next_++;
}

std::string UnsentBook::setting() const {
  std::string out;
  for (const auto& [number, text] : texts_) {
    out += text.first.text();
    out += kEnd;
    out += text.second;
    out += kEnd;
  }
  return out;
}

std::optional<std::string> UnsentBook::changed_setting() {
  std::string now = setting();
  if (now == kept_) return std::nullopt;
  kept_ = now;
  return now;
}

std::vector<UnsentBook::Text> UnsentBook::texts_of(std::string_view setting) {
  std::vector<Text> out;
  while (!setting.empty()) {
    const size_t name = setting.find(kEnd);
    const size_t text = name == setting.npos ? setting.npos : setting.find(kEnd, name + 1);
    if (text == setting.npos) return {};
    out.emplace_back(client::PeerName(std::string(setting.substr(0, name))), setting.substr(name + 1, text - name - 1));
    setting.remove_prefix(text + 1);
  }
  return out;
}

}  // namespace fastchat::tui
