#include "client/messages/display.h"

namespace fastchat::client {

void Display::show(const Bytes& from_fpr, const Bytes& stream, const core::DisplayStep& show) {
  auto row = messages_.find_shown(from_fpr, stream, show.seq, show.kind == core::DisplayStep::Kind::kHole);
  if (!turn_.check(row) || !row->has_value()) return;
  const ChatMessage message = timeline_.view(**row);
  pins_.seen(message.from);
  listener_.on_message(message);
  if (message.request) requests_.on_message(**row);
  if (!message.mine) typing_.on_message((*row)->conversation, message.from, message.sent_ms);
}

}  // namespace fastchat::client
