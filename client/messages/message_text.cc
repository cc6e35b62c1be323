#include "client/messages/message_text.h"

#include "client/groups/group_plan.h"
#include "client/runtime/conversation.h"

namespace fastchat::client {

std::string peer_of(const e2e::Received& received) {
  if (received.header.is_group()) return group_conversation(received.header.group_id);
  return received.own_copy ? received.header.to_user : received.header.from_user;
}

std::string failure_text(Code code, const std::string& to) {
  const bool group = is_group(to);
  switch (code) {
    case Code::kUnknownUser:
      return "no such user";
    case Code::kTooLarge:
      return "the message is too large";
    case Code::kRecipientFull:
      return "the recipient's queue is full: try again when they were online";
    case Code::kShareFull:
      return "too many messages of yours wait for the recipient: try again when they were online";
    case Code::kNotAllowed:
      return group ? not_a_member(to) : "the server does not allow it";
    case Code::kUnknownGroup:
      return group ? not_a_member(to) : "no such group";
    case Code::kStaleEpoch:
      return "the group has changed too often since; send it again";
    default:
      return "the message could not be sent";
  }
}

std::string message_id(ByteView hash) {
  return to_hex(hash.substr(0, 16));
}

}  // namespace fastchat::client
