// Where a sealed body belongs in the local database, so that rows cannot be swapped; and the id people see of a
// message.
#pragma once

#include <string>

#include "client/e2e/content.h"
#include "common/bytes.h"

namespace fastchat::client {

inline Bytes body_place(ByteView hash, int kind) {
  Bytes place = "messages.body";
  place.push_back(static_cast<char>(kind));
  place.append(hash);
  return place;
}

inline Bytes note_place(const std::string& name) {
  return "notes.body" + name;
}

// 32 hex digits of the envelope's hash: the same at both ends.
std::string message_id(ByteView hash);

// What a conversation shows in place of a file.
inline std::string file_text(const e2e::FileInfo& file) {
  return file.name + " (" + std::to_string(file.size) + " bytes)";
}

}  // namespace fastchat::client
