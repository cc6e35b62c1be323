// The message that a command applies to. The message is chosen when the person begins the command, and shown above the
// line. Messages that arrive meanwhile do not change the choice. Pure.
#pragma once

#include <deque>
#include <string>

#include "client/session/session.h"
#include "common/result.h"

namespace fastchat::tui {

struct MessageTarget {
  std::string id;
  std::string text;   // one line for people: author and text; empty: the message is not in memory
  unsigned need = 0;  // the trait of the command (commands.h)
};

// Returns true when the message may be the target of a command with the trait `need`.
bool fits(unsigned need, const client::ChatMessage& message);
// Returns the picked message or, when `picked` is null, the newest of `messages` that people expect: of somebody else
// for an answer, of this user for a change, with a poll for a vote, else with a file. Fails with kLocalUsage and one
// line for people when there is none, or the message does not fit.
Result<MessageTarget> choose_target(unsigned need, const client::ChatMessage* picked,
                                    const std::deque<client::ChatMessage>& messages);
// Returns "bob: lunch?", at most 60 columns.
std::string target_text(const client::ChatMessage& message);

}  // namespace fastchat::tui
