// The name of a conversation in the local store: a user, or '#' and the hex digits of a group's id, so that a group
// that is renamed keeps its conversation. Only the functions of this class convert a ConversationId to and from text.
// client/messages/timeline.h converts a ConversationId to the name that people see. Pure; immutable.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "common/bytes.h"

namespace fastchat::store {

class ConversationId {
 public:
  // Makes the id of no conversation: empty() is true.
  ConversationId() = default;
  // `user`: a valid user name (common/names.h).
  static ConversationId direct(std::string user) { return ConversationId(std::move(user)); }
  // `id`: 32 bytes.
  static ConversationId group(ByteView id) { return ConversationId("#" + to_hex(id)); }
  // Reads the text that stored() wrote. Accepts any text, since a file on disk may be damaged.
  static ConversationId from_stored(std::string text) { return ConversationId(std::move(text)); }

  bool empty() const { return text_.empty(); }
  bool is_group() const { return text_.starts_with('#'); }
  // Returns the 32 bytes of the group's id; empty for a user, and for a stored text that is damaged.
  Bytes group_id() const { return is_group() ? from_hex(ByteView(text_).substr(1)).value_or(Bytes()) : Bytes(); }
  // Returns the user's name; empty for a group.
  std::string user() const { return is_group() ? std::string() : text_; }
  const std::string& stored() const { return text_; }

  auto operator<=>(const ConversationId&) const = default;

 private:
  explicit ConversationId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace fastchat::store

template <>
struct std::hash<fastchat::store::ConversationId> {
  size_t operator()(const fastchat::store::ConversationId& id) const noexcept {
    return std::hash<std::string>()(id.stored());
  }
};
