// The commands of the main page that speak of groups and of single messages.
#include <algorithm>
#include <utility>

#include "client/tui/chat/main_page.h"

namespace fastchat::tui {
namespace {

constexpr const char* kWhich = "Which group? Open it, or name it: #team";

std::string without_hash(const std::string& name) {
  return name.starts_with("#") ? name.substr(1) : name;
}

}  // namespace

// The group that a word names, or else the one that is open; empty: neither.
std::string MainPage::group_of(const std::string& word) const {
  if (!word.empty()) return without_hash(word);
  return peer().starts_with("#") ? peer().substr(1) : "";
}

void MainPage::run_group(const Command& command) {
  const auto& words = command.words;
  if (command.verb == Verb::kGroupList) return desk_.open(PageName::kGroups);
  if (command.verb == Verb::kGroupCreate) {
    return desk_.create_group(without_hash(words[0]), {words.begin() + 1, words.end()});
  }
  const bool about_all =
      command.verb == Verb::kGroupLeave || command.verb == Verb::kGroupDelete || command.verb == Verb::kGroupInfo;
  if (!about_all) return change_group(command);
  if (words.size() > 1) return desk_.toast("One group at a time.", Style::kBad);
  const std::string name = group_of(words.empty() ? "" : words[0]);
  if (name.empty()) return desk_.toast(kWhich, Style::kBad);
  // Leaving and deleting cannot be undone: the group's page asks first.
  desk_.open(PageName::kGroupSettings, name + (command.verb == Verb::kGroupLeave    ? " leave"
                                               : command.verb == Verb::kGroupDelete ? " delete"
                                                                                    : ""));
}

// `/group add #team bob`, or `/group add bob` in #team. One word alone is never the group: it is the new name.
void MainPage::change_group(const Command& command) {
  std::vector<std::string> words = command.words;
  const bool named = words.size() > 1 && words[0].starts_with("#");
  const std::string name = group_of(named ? words[0] : "");
  if (name.empty()) return desk_.toast(kWhich, Style::kBad);
  if (named) words.erase(words.begin());
  client::GroupEdit edit;
  if (command.verb == Verb::kGroupAdd || command.verb == Verb::kGroupRemove) {
    const bool group = std::any_of(words.begin(), words.end(), [](const auto& word) { return word.starts_with("#"); });
    if (group) return desk_.toast("Whom? The names of people go after the group's.", Style::kBad);
    (command.verb == Verb::kGroupAdd ? edit.add : edit.remove) = words;
    return desk_.change_group(name, std::move(edit));
  }
  if (words.size() != 1) return desk_.toast("One name, please; the group before it begins with #.", Style::kBad);
  if (command.verb == Verb::kGroupRename) edit.rename = without_hash(words[0]);
  if (command.verb == Verb::kGroupHandOver) edit.hand_over_to = words[0];
  if (edit.empty()) return desk_.toast("A name has at least one letter.", Style::kBad);
  desk_.change_group(name, std::move(edit));
}

void MainPage::run_annotation(const Command& command) {
  if (peer().empty()) return desk_.toast("No conversation is open.", Style::kBad);
  view_.to_newest();
  const bool own = command.verb == Verb::kEdit || command.verb == Verb::kErase;
  const client::ChatMessage* message = view_.newest(own);
  if (message == nullptr) {
    return desk_.toast(own ? "There is no message of yours here." : "There is no message of somebody else here.",
                       Style::kBad);
  }
  // One that came back unsent answers what it answered then, whatever was said since.
  if (command.verb == Verb::kReply) {
    const std::string* answered = view_.drafts().answered();
    return desk_.reply(peer(), command.rest, answered == nullptr ? message->id : *answered);
  }
  if (command.verb == Verb::kSendReply) return desk_.send_file(peer(), command.rest, message->id);
  if (command.verb == Verb::kErase) return desk_.erase(message->id);
  if (command.verb == Verb::kReact) return desk_.react(message->id, command.words.empty() ? "" : command.words[0]);
  if (message->file) return desk_.toast("Your newest message is a file: it has no text to edit.", Style::kBad);
  if (message->poll) return desk_.toast("Your newest message is a poll: it has no text to edit.", Style::kBad);
  desk_.edit(message->id, command.rest);
}

}  // namespace fastchat::tui
