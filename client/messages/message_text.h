// Texts of messages: failures, ids and file lines; and the conversation of a received message.
#pragma once

#include <string>
#include <string_view>

#include "client/e2e/message.h"
#include "client/runtime/peer_name.h"
#include "client/store/conversation_id.h"
#include "common/bytes.h"
#include "common/result.h"

namespace fastchat::client {

// Checks a text that a person wrote, for a message or an edit. Fails with one line: with kLocalUsage when nothing of
// the text can be seen or it is not UTF-8, and with kTooLarge.
Result<> check_text(std::string_view text);

// Returns the conversation of a received message.
store::ConversationId conversation_of(const e2e::Received& received);

// Returns one line with the reason why a server refused a message to `to`.
std::string failure_text(Code code, const PeerName& to);

// Returns 32 hex digits of the envelope's hash: the same for sender and receivers.
std::string message_id(ByteView hash);

// Returns the text that a conversation shows in place of a file.
inline std::string file_text(const e2e::FileInfo& file) {
  return file.name + " (" + std::to_string(file.size) + " bytes)";
}

}  // namespace fastchat::client
