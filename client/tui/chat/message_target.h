// The message that a command applies to. It is chosen when the command is begun, and shown above the line; what
// arrives meanwhile does not move it. Pure.
#pragma once

#include <deque>
#include <string>

#include "client/session/session.h"
#include "common/result.h"

namespace fastchat::tui {

struct MessageTarget {
  std::string id;
  std::string text;   // one line for people: who wrote what; empty: the message is not at hand
  unsigned need = 0;  // the trait of the command (commands.h)
};

// Whether the message may be the target of a command with the trait `need`.
bool fits(unsigned need, const client::ChatMessage& message);
// The picked message, or, without one (null), the newest of `messages` that people expect: of somebody else for an
// answer, of this user for a change. kLocalUsage with one line for people when there is none, or it does not fit.
Result<MessageTarget> choose_target(unsigned need, const client::ChatMessage* picked,
                                    const std::deque<client::ChatMessage>& messages);
// "bob: lunch?", at most some 60 columns.
std::string target_text(const client::ChatMessage& message);

}  // namespace fastchat::tui
