// Strings that a server sends: names, labels, texts of errors. A server is not trusted, and its words are drawn on a
// terminal and printed. Pure.
#pragma once

#include <google/protobuf/message.h>

#include <cstddef>

namespace fastchat::core {

inline constexpr size_t kMaxServerText = 512;  // bytes; the longest honest one is a line for a person

// Makes every `string` in `frame`, at any depth, one harmless line (client/e2e/sanitise.h) of at most kMaxServerText
// bytes. `bytes` stay. The engine does so with each frame that arrives, before anything reads it.
void clean_server_text(google::protobuf::Message& frame);

}  // namespace fastchat::core
