// Watches the line of the open conversation for a command that applies to a message: chooses the message when the
// command is begun, and lets go of it with the command.
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
  // The end of the open conversation, oldest first, wherever the person has scrolled to.
  using Newest = std::function<std::deque<client::ChatMessage>()>;

  LineTarget(Composer& composer, Drafts& drafts, MessagePane& pane, MessageCursor& cursor, Newest newest)
      : composer_(composer), drafts_(drafts), pane_(pane), cursor_(cursor), newest_(std::move(newest)) {}

  // The message that the line was begun on: a command in the line applies to it.
  void prefer(const client::ChatMessage& message) { preferred_ = message; }
  // Call once another conversation is open.
  void opened();
  // Call after each change of the line.
  void follow();
  // Writes "/reply " or another command before the text of the line, for this message. With `text`, that text stands in
  // the line, and what the person wrote is put aside. False: a change of another message is under way in the line.
  bool begin(const std::string& command, const client::ChatMessage& message, const std::string& text = "");
  // Takes the command from the line again: an answer's text stays. False: there is none.
  bool cancel();
  // The message that the command of the line applies to. kLocalUsage with one line for people: there is none.
  Result<MessageTarget> get() const;
  // "reply to bob: lunch?", for the row above the line; empty: the line applies to no message.
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
  std::string refusal_;   // why there is no target
  unsigned refused_ = 0;  // for which need
};

}  // namespace fastchat::tui
