// Strings that a server sends: names, labels, error texts. A server is not trusted, and its strings are drawn on a
// terminal and printed. Pure.
#pragma once

#include <google/protobuf/message.h>

#include <cstddef>

namespace fastchat::core {

inline constexpr size_t kMaxServerText = 512;  // bytes; an honest server sends at most a line for a person

// Makes every `string` in `frame`, at any depth, one harmless line (client/e2e/sanitise.h) of at most kMaxServerText
// bytes. Fields of type `bytes` stay as they are. The engine calls clean_server_text() for each frame that arrives,
// before anything reads the frame.
void clean_server_text(google::protobuf::Message& frame);

}  // namespace fastchat::core
