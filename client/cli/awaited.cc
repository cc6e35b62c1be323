#include "client/cli/awaited.h"

#include "client/cli/exit_code.h"
#include "common/json.h"

namespace fastchat::cli {

using State = client::MessageState;

bool reached(Awaited awaited, const client::ReceiptEvent& event) {
  if (event.state != State::kQueued && event.state != State::kDelivered && event.state != State::kRead) return false;
  if (awaited == Awaited::kAccepted) return true;
  if (event.peer.is_group() && event.members == 0) return true;  // nobody else is in the group
  if (event.members > 0) {
    // A member who has read the message has it.
    if (awaited == Awaited::kRead || event.read == event.members) return event.read == event.members;
    return event.delivered == event.members;
  }
  return event.state == State::kRead || (awaited == Awaited::kDelivered && event.state == State::kDelivered);
}

Result<> may_await(Awaited awaited, const client::PeerName& to, std::string_view me) {
  if (awaited != Awaited::kRead || to.text() != me) return Unit{};
  return err(Code::kLocalUsage, "nobody else reads a message to yourself: use --wait delivered");
}

std::string not_reached(Awaited awaited, const client::ReceiptEvent& event) {
  const bool reads = awaited == Awaited::kRead;
  if (event.members > 1) {
    return "the message is " + std::string(reads ? "read by " : "delivered to ") +
           std::to_string(reads ? event.read : event.delivered) + " of " + std::to_string(event.members) + " members";
  }
  return "the message is " + std::string(client::name(event.state)) + ", not " + (reads ? "read" : "delivered") +
         " yet";
}

std::optional<client::ReceiptEvent> receipt_of(const client::ChatMessage& message, const std::string& server) {
  if (message.state == State::kSending) return std::nullopt;
  client::ReceiptEvent event;
  event.row = message.row;
  event.id = message.id;
  event.peer = message.peer;
  event.state = message.state;
  event.failure = message.failure;
  event.text = explain(err(message.failure, ""), server);
  event.members = message.members;
  event.delivered = message.delivered;
  event.read = message.read;
  return event;
}

std::string accepted_json(const client::ReceiptEvent& event) {
  Json json;
  json.add("id", event.id).add("to", event.peer.text()).add("state", client::name(event.state));
  if (event.peer.is_group()) json.add_number("members", event.members).add_number("delivered", event.delivered);
  if (event.peer.is_group() && event.state == State::kRead) json.add_number("read", event.read);
  if (event.state == State::kFailed) json.add("error", event.text);
  return json.str();
}

}  // namespace fastchat::cli
