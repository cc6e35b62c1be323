// Commands about groups.
#include <algorithm>
#include <utility>

#include "client/tui/chat/command_context.h"
#include "client/tui/chat/command_table.h"

namespace fastchat::tui {
namespace {

constexpr const char* kWhich = "Open a group, or name one: #team";
constexpr const char* kOneName = "Give one name. The name of a group begins with #.";

std::string without_hash(const std::string& name) {
  return client::PeerName::of_group(name).group();
}

bool names_group(const std::string& word) {
  return client::PeerName(word).is_group();
}

// Returns the group that a word names, or else the open group; empty: neither.
std::string group_of(const CommandContext& context, const std::string& word) {
  if (!word.empty()) return without_hash(word);
  return context.peer().group();
}

void create(CommandContext& context, const Arguments& arguments) {
  const auto& words = arguments.words;
  context.groups.create(without_hash(words[0]), {words.begin() + 1, words.end()});
}

// A group and names: `/group add #team bob`, or `/group add bob` in #team. One word alone is never the group. `group`
// is empty when no group is named or open; split_group() shows a refusal then.
struct Named {
  std::string group;
  std::vector<std::string> words;
};
Named split_group(CommandContext& context, const Arguments& arguments) {
  Named out{"", arguments.words};
  const bool named = out.words.size() > 1 && names_group(out.words[0]);
  out.group = group_of(context, named ? out.words[0] : "");
  if (out.group.empty()) context.refuse(kWhich);
  if (named) out.words.erase(out.words.begin());
  return out;
}

void change_members(CommandContext& context, const Arguments& arguments,
                    std::vector<std::string> client::GroupEdit::*names) {
  const Named named = split_group(context, arguments);
  if (named.group.empty()) return;
  const bool group = std::any_of(named.words.begin(), named.words.end(), names_group);
  if (group) return context.refuse("Name one person or more, after the group.");
  client::GroupEdit edit;
  edit.*names = named.words;
  context.groups.change(named.group, std::move(edit));
}

void add(CommandContext& context, const Arguments& arguments) {
  change_members(context, arguments, &client::GroupEdit::add);
}

void remove(CommandContext& context, const Arguments& arguments) {
  change_members(context, arguments, &client::GroupEdit::remove);
}

void rename(CommandContext& context, const Arguments& arguments) {
  const Named named = split_group(context, arguments);
  if (named.group.empty()) return;
  if (named.words.size() != 1) return context.refuse(kOneName);
  client::GroupEdit edit;
  edit.rename = without_hash(named.words[0]);
  if (edit.empty()) return context.refuse("A group name needs at least one letter.");
  context.groups.change(named.group, std::move(edit));
}

void hand_over(CommandContext& context, const Arguments& arguments) {
  const Named named = split_group(context, arguments);
  if (named.group.empty()) return;
  if (named.words.size() != 1) return context.refuse(kOneName);
  client::GroupEdit edit;
  edit.hand_over_to = named.words[0];
  context.groups.change(named.group, std::move(edit));
}

// Opens the page of the group. Leaving and deleting cannot be undone, so the page asks first. `question` is the end of
// the argument of PageName::kGroupSettings; empty: the page asks nothing.
void open_settings(CommandContext& context, const Arguments& arguments, const std::string& question) {
  if (arguments.words.size() > 1) return context.refuse("Name one group only.");
  const std::string name = group_of(context, arguments.word(0));
  if (name.empty()) return context.refuse(kWhich);
  context.screen.open(PageName::kGroupSettings, name + question);
}

void leave(CommandContext& context, const Arguments& arguments) {
  open_settings(context, arguments, " leave");
}

void erase(CommandContext& context, const Arguments& arguments) {
  open_settings(context, arguments, " delete");
}

void info(CommandContext& context, const Arguments& arguments) {
  open_settings(context, arguments, "");
}

void list(CommandContext& context, const Arguments&) {
  context.screen.open(PageName::kGroups);
}

constexpr Command kCommands[] = {
    {"group create", "NAME [MEMBER ...]", "create a group; you are the admin", 1, create},
    {"group add", "[#GROUP] NAME ...", "add members to the open group, or to #GROUP", 1, add},
    {"group remove", "[#GROUP] NAME ...", "remove members; they cannot read later messages", 1, remove},
    {"group leave", "[#GROUP]", "leave the group", 0, leave},
    {"group rename", "[#GROUP] NAME", "rename the group", 1, rename},
    {"group handover", "[#GROUP] NAME", "make a member the admin", 1, hand_over},
    {"group delete", "#GROUP", "delete the group for everybody", 1, erase},
    {"group info", "[#GROUP]", "show the members and the settings", 0, info},
    {"group list", "", "list your groups", 0, list},
};

}  // namespace

CommandTable group_commands() {
  return kCommands;
}

}  // namespace fastchat::tui
