// Watches the line of the open conversation for a command that applies to a message. Chooses the message when the
// person begins the command, and drops the message with the command.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "client/tui/chat/commands.h"
#include "client/tui/chat/composer.h"
#include "client/tui/chat/drafts.h"
#include "client/tui/chat/message_cursor.h"
#include "client/tui/chat/message_target.h"

namespace fastchat::tui {

class LineTarget {
 public:
  // Returns the newest messages of the open conversation, oldest first, regardless of the scroll position.
  using Newest = std::function<std::deque<client::ChatMessage>()>;

  LineTarget(Composer& composer, Drafts& drafts, MessagePane& pane, MessageCursor& cursor, Newest newest)
      : composer_(composer), drafts_(drafts), pane_(pane), cursor_(cursor), newest_(std::move(newest)) {}

  // Sets the message that was picked when the person began the line. A command in the line applies to this message.
  void prefer(const client::ChatMessage& message) { preferred_ = message; }
  // Call once another conversation is open.
  void opened();
  // Call after each change of the line.
  void follow();
  // Writes "/reply " or another command before the text of the line, for this message. With `text`, that text stands in
  // the line, and the person's text is put aside. Returns false when the line already holds a change of a message.
  bool begin(const std::string& command, const client::ChatMessage& message, const std::string& text = "");
  // Removes the command from the line. The text of an answer stays. Returns false when the line has no command that
  // applies to a message.
  bool cancel();
  // Returns the message that the command of the line applies to. Fails with kLocalUsage and one line for people when
  // there is none.
  Result<MessageTarget> get() const;
  // Returns "reply to bob: lunch?" for the row above the line; empty: the line applies to no message.
  std::string text() const;

 private:
  unsigned need() const;
  std::string written_in(const Command& command) const;

  Composer& composer_;
  Drafts& drafts_;
  MessagePane& pane_;
  MessageCursor& cursor_;
  Newest newest_;
  std::optional<client::ChatMessage> preferred_;
  std::string refusal_;   // the reason for the missing target
  unsigned refused_ = 0;  // the need that `refusal_` is about
};

}  // namespace fastchat::tui
