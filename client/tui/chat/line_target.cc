#include "client/tui/chat/line_target.h"

#include <algorithm>

#include "client/tui/chat/command_table.h"

namespace fastchat::tui {

unsigned LineTarget::need() const {
  const Command* command = begun_command(composer_.text(), all_commands());
  return command == nullptr ? 0 : command->traits & kNeedsTarget;
}

void LineTarget::opened() {
  preferred_.reset();
  refusal_.clear();
  refused_ = 0;
  follow();
}

void LineTarget::follow() {
  if (composer_.empty()) preferred_.reset();
  const unsigned wanted = need();
  const MessageTarget* now = drafts_.target();
  if (now != nullptr && now->need == wanted) return;
  if (wanted != 0 && wanted == refused_) return;
  refusal_.clear();
  refused_ = 0;
  if (wanted == 0) return drafts_.set_target(std::nullopt);
  const client::ChatMessage* picked = preferred_ ? &*preferred_ : cursor_.message();
  // A command about a file applies to a file in sight. Other commands apply to the end of the conversation.
  if (picked == nullptr && wanted == kUsesFile) picked = pane_.newest_file();
  auto target = choose_target(wanted, picked, picked == nullptr ? newest_() : std::deque<client::ChatMessage>());
  if (!target) {
    refusal_ = target.error().text;
    refused_ = wanted;
    return drafts_.set_target(std::nullopt);
  }
  cursor_.clear();
  drafts_.set_target(std::move(*target));
}

bool LineTarget::begin(const std::string& command, const client::ChatMessage& message, const std::string& text) {
  const Command* now = begun_command(composer_.text(), all_commands());
  if (now != nullptr && now->is(kChangesMine)) return false;
  // The text of an answer is the person's own. The line keeps this text as another answer, or the text is put aside.
  if (now != nullptr && now->is(kAnswersMessage)) composer_.rewrite(written_in(*now));
  const std::string line = "/" + command + " ";
  const Command* known = begun_command(line, all_commands());
  if (!text.empty() || composer_.text().starts_with("/")) drafts_.put_aside();
  cursor_.clear();
  preferred_.reset();
  composer_.rewrite(line + (text.empty() ? composer_.text() : text));
  refusal_.clear();
  drafts_.set_target(MessageTarget{message.id, target_text(message), known->traits & kNeedsTarget});
  return true;
}

// Returns the text behind a command in the line when that text is a message; empty otherwise.
std::string LineTarget::written_in(const Command& command) const {
  if (!command.is(kWritesText)) return "";
  std::string rest = composer_.text().substr(std::string(command.name).size() + 1);
  rest.erase(0, std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

bool LineTarget::cancel() {
  if (need() == 0) return false;
  composer_.rewrite(written_in(*begun_command(composer_.text(), all_commands())));
  refusal_.clear();
  drafts_.set_target(std::nullopt);
  drafts_.after_key();
  return true;
}

Result<MessageTarget> LineTarget::get() const {
  if (const MessageTarget* target = drafts_.target()) return *target;
  return err(Code::kLocalUsage, refusal_);
}

std::string LineTarget::text() const {
  const Command* command = begun_command(composer_.text(), all_commands());
  if (command == nullptr || !command->is(kNeedsTarget)) return "";
  const MessageTarget* target = drafts_.target();
  if (target == nullptr) return refusal_;
  std::string text = target->text;
  if (text.empty()) {
    const auto& all = pane_.window().all();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.id == target->id; });
    text = found == all.end() ? "an earlier message" : target_text(*found);
  }
  return std::string(command->name) + (command->is(kAnswersMessage) ? " to " : ": ") + text;
}

}  // namespace fastchat::tui
