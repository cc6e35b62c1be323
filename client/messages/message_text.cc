#include "client/messages/message_text.h"

#include "client/e2e/limits.h"
#include "client/e2e/sanitise.h"
#include "client/groups/group_plan.h"
#include "client/messages/action.h"

namespace fastchat::client {

Result<> check_text(std::string_view text) {
  const size_t begin = text.starts_with(kActionBegin) && text != kActionBegin ? kActionBegin.size() : 0;
  if (!e2e::shows_something(text.substr(begin))) return err(Code::kLocalUsage, "the message is empty");
  if (!valid_utf8(text)) return err(Code::kLocalUsage, "the message is not UTF-8 text");
  if (text.size() <= e2e::kMaxText) return Unit{};
  return err(Code::kTooLarge,
             "the message is too large: " + std::to_string(text.size()) + " bytes, at most 16384 (16 KiB) fit");
}

store::ConversationId conversation_of(const e2e::Received& received) {
  const e2e::Header& header = received.header;
  if (header.is_group()) return store::ConversationId::group(header.group_id);
  return store::ConversationId::direct(received.own_copy ? header.to_user : header.from_user);
}

std::string failure_text(Code code, const PeerName& to) {
  const bool group = to.is_group();
  switch (code) {
    case Code::kUnknownUser:
      return "no such user";
    case Code::kTooLarge:
      return "the message is too large";
    case Code::kRecipientFull:
      return "the recipient's queue is full: try again after the recipient was online";
    case Code::kShareFull:
      return "too many of your messages wait for the recipient: try again after the recipient was online";
    case Code::kNotAllowed:
      return group ? not_a_member(to) : "the server does not allow this message";
    case Code::kUnknownGroup:
      return group ? not_a_member(to) : "no such group";
    case Code::kRefused:
      return to.text() + " takes no messages from you";
    case Code::kNotAcceptedYet:
      return to.text() + " has not accepted your request yet: send this again after an answer";
    case Code::kStaleEpoch:
      return "the group has changed too often: send the message again";
    default:
      return "the message could not be sent";
  }
}

std::string message_id(ByteView hash) {
  return to_hex(hash.substr(0, 16));
}

}  // namespace fastchat::client
