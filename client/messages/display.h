// Reports a received message, or a hole in a stream, to the screen when the engine orders its display. Lives on the
// session's thread; reads join the turn.
#pragma once

#include "client/contacts/pin_book.h"
#include "client/core/ports.h"
#include "client/messages/requests.h"
#include "client/messages/timeline.h"
#include "client/messages/typing.h"
#include "client/runtime/listener.h"
#include "client/runtime/turn.h"
#include "client/store/message_table.h"

namespace fastchat::client {

class Display {
 public:
  Display(Turn& turn, store::MessageTable& messages, PinBook& pins, Timeline& timeline, Typing& typing,
          Requests& requests, Listener& listener)
      : turn_(turn),
        messages_(messages),
        pins_(pins),
        timeline_(timeline),
        typing_(typing),
        requests_(requests),
        listener_(listener) {}

  void show(const Bytes& from_fpr, const Bytes& stream, const core::DisplayStep& show);

 private:
  Turn& turn_;
  store::MessageTable& messages_;
  PinBook& pins_;
  Timeline& timeline_;
  Typing& typing_;
  Requests& requests_;
  Listener& listener_;
};

}  // namespace fastchat::client
