// Texts of messages: what a row says, whom it answers, which conversation it belongs to, and the id that people see.
#pragma once

#include <string>

#include "client/e2e/message.h"
#include "client/runtime/peer_name.h"
#include "client/store/conversation_id.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::client {

// The conversation a received message belongs to.
store::ConversationId conversation_of(const e2e::Received& received);

// Why a server does not take what is for `to`: one line.
std::string failure_text(Code code, const PeerName& to);

// 32 hex digits of the envelope's hash: the same at both ends.
std::string message_id(ByteView hash);

// The text that a conversation shows in place of a file.
inline std::string file_text(const e2e::FileInfo& file) {
  return file.name + " (" + std::to_string(file.size) + " bytes)";
}

}  // namespace fastchat::client
