// Lines of conversations that come from no message: a group changed, a key is back, a device came. Lives on the
// session's thread; a line joins the turn, and false means that the turn failed.
#pragma once

#include <string>

#include "client/messages/timeline.h"
#include "client/store/message_table.h"

namespace fastchat::client {

class Notices {
 public:
  Notices(Turn& turn, store::MessageTable& messages, const Account& account, const GroupBook& groups,
          Timeline& timeline, Listener& listener)
      : turn_(turn),
        messages_(messages),
        account_(account),
        groups_(groups),
        timeline_(timeline),
        listener_(listener) {}

  // Adds a line to a conversation. `about`: 16 bytes or more that identify the event. `own`: this user caused the
  // event, so the line counts as seen.
  bool add(const store::ConversationId& conversation, const std::string& from, const std::string& text, ByteView about,
           bool own);
  // Adds a line to a group's conversation, in its admin's name.
  bool add_to_group(const Bytes& group, const std::string& text, ByteView about, bool own);
  // Adds a line about the account to this user's own conversation, and reports it at once. `kind`: kKindNotice or
  // kKindDevice. `about`: 16 bytes.
  bool add_to_account(int kind, const std::string& text, ByteView about);

  // Adds an alarm to a conversation, or, with an empty one, to this user's own; reports it at once.
  bool add_alarm(const store::ConversationId& conversation, const std::string& text, ByteView about);

 private:
  Turn& turn_;
  store::MessageTable& messages_;
  const Account& account_;
  const GroupBook& groups_;
  Timeline& timeline_;
  Listener& listener_;
};

}  // namespace fastchat::client
