// The name of a conversation as people see and type it: a user, or '#' and the name that a group has on this device.
// Only the functions of this class convert a PeerName to and from text. A rename changes the name of a group;
// client/store/conversation_id.h has the name that stays. Pure; immutable.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace fastchat::client {

class PeerName {
 public:
  // Makes the name of no conversation: empty() is true.
  PeerName() = default;
  // `text`: as a person types it, "bob" or "#team"; or the name of a user.
  explicit PeerName(std::string text) : text_(std::move(text)) {}
  // `name`: of a group, with or without '#'.
  static PeerName of_group(std::string_view name) {
    return PeerName(name.starts_with('#') ? std::string(name) : "#" + std::string(name));
  }

  bool empty() const { return text_.empty(); }
  bool is_group() const { return text_.starts_with('#'); }
  // Returns the name of the group without '#'; empty for a user.
  std::string group() const { return is_group() ? text_.substr(1) : std::string(); }
  // Returns the user's name; empty for a group.
  std::string user() const { return is_group() ? std::string() : text_; }
  const std::string& text() const { return text_; }

  auto operator<=>(const PeerName&) const = default;

 private:
  std::string text_;
};

}  // namespace fastchat::client

template <>
struct std::hash<fastchat::client::PeerName> {
  size_t operator()(const fastchat::client::PeerName& name) const noexcept {
    return std::hash<std::string>()(name.text());
  }
};
