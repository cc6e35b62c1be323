// Lines of conversations that no message made: a group changed, a key is back, a device came. Lives on the session's
// thread; a line joins the turn, and false means that the turn failed.
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

  // A line of a conversation. `about`: 16 bytes or more that name what happened. `own`: this user did
  // it, so the line counts as seen.
  bool add(const store::ConversationId& conversation, const std::string& from, const std::string& text, ByteView about,
           bool own);
  // The same in a group's conversation, in its admin's name.
  bool add_to_group(const Bytes& group, const std::string& text, ByteView about, bool own);
  // A line of this user's own conversation about the account, which is also told at once. `kind`: kKindNotice or
  // kKindDevice; `about`: 16 bytes.
  bool add_to_account(int kind, const std::string& text, ByteView about);

 private:
  Turn& turn_;
  store::MessageTable& messages_;
  const Account& account_;
  const GroupBook& groups_;
  Timeline& timeline_;
  Listener& listener_;
};

}  // namespace fastchat::client
