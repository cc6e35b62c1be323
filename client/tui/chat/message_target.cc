#include "client/tui/chat/message_target.h"

#include <algorithm>

#include "client/messages/action.h"
#include "client/tui/chat/commands.h"
#include "client/tui/chat/conversation_list.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr int kMaxTargetColumns = 60;

bool expected(unsigned need, const client::ChatMessage& m) {
  switch (need) {
    case kAnswersMessage:
      return !m.mine;
    case kChangesMine:
    case kErasesMine:
      return m.mine;
    case kVotesInPoll:
      return m.poll.has_value();
    default:
      return m.file.has_value();
  }
}

const char* none_text(unsigned need) {
  switch (need) {
    case kAnswersMessage:
      return "There is no message from somebody else here.";
    case kChangesMine:
    case kErasesMine:
      return "You have no message here.";
    case kVotesInPoll:
      return "There is no poll here.";
    default:
      return "No file is on the screen.";
  }
}

std::string misfit_text(unsigned need, const client::ChatMessage& m) {
  if (m.deleted) return "That message is deleted.";
  const bool changes = need == kChangesMine || need == kErasesMine;
  if (changes && !m.mine) return "Only " + m.from + " can change that message.";
  if (need == kChangesMine) return std::string("A ") + (m.file ? "file" : "poll") + " has no text to edit.";
  if (need == kVotesInPoll) return "That message is no poll.";
  return "That message has no file.";
}

}  // namespace

bool fits(unsigned need, const client::ChatMessage& m) {
  if (!client::is_content(m.kind) || m.id.empty() || m.deleted) return false;
  if (need == kAnswersMessage) return true;
  return expected(need, m) && (need != kChangesMine || (!m.file && !m.poll));
}

Result<MessageTarget> choose_target(unsigned need, const client::ChatMessage* picked,
                                    const std::deque<client::ChatMessage>& messages) {
  const client::ChatMessage* target = picked;
  if (target == nullptr) {
    const auto found = std::find_if(messages.rbegin(), messages.rend(), [&](const auto& m) {
      return client::is_content(m.kind) && !m.id.empty() && !m.deleted && expected(need, m);
    });
    if (found == messages.rend()) return err(Code::kLocalUsage, none_text(need));
    target = &*found;
  }
  if (!fits(need, *target)) return err(Code::kLocalUsage, misfit_text(need, *target));
  return MessageTarget{target->id, target_text(*target), need};
}

std::string target_text(const client::ChatMessage& message) {
  std::string text = summary(message);
  const bool named = message.mine || client::is_action(message) || text.starts_with(message.from + ": ");
  if (!named) text = message.from + ": " + text;
  return clip(text, kMaxTargetColumns);
}

}  // namespace fastchat::tui
