// The Enter key on the main page: sends the typed text, or runs the typed command.
#include <algorithm>
#include <charconv>

#include "client/messages/action.h"
#include "client/tui/chat/main_page.h"

namespace fastchat::tui {

void MainPage::submit() {
  if (view_.composer().empty()) {
    if (peer().empty()) return open_if(picked_);
    if (const auto* message = view_.pane().newest_file()) desk_.show_file(message->id);
    return;
  }
  const Result<Typed> typed = parse_line(view_.composer().text());
  if (!typed) return desk_.toast(typed.error().text, Style::kBad);
  if (!typed->command && peer().empty()) {
    return desk_.toast("Nothing was sent: no conversation is open (/msg NAME).", Style::kBad);
  }
  view_.composer().take();
  keep_drafts();
  if (typed->command) return run(*typed->command);
  view_.to_newest();
  desk_.send(peer(), typed->text);
}

void MainPage::run(const Command& command) {
  const std::string first = command.words.empty() ? "" : command.words[0];
  switch (command.verb) {
    case Verb::kMsg:
      chat(first);
      if (command.words.size() > 1)
        desk_.send(first, command.rest.substr(command.rest.find(command.words[1], first.size())));
      break;
    case Verb::kSearch:
      desk_.open(PageName::kSearch, command.rest);
      break;
    case Verb::kVerify:
      if (first.empty() && (peer().empty() || peer()[0] == '#')) {
        desk_.toast("Whose key? /verify NAME", Style::kBad);
      } else {
        desk_.open(PageName::kVerify, first.empty() ? peer() : first);
      }
      break;
    case Verb::kWhy:
      desk_.open(PageName::kWhy);
      break;
    case Verb::kDevices:
      desk_.open(PageName::kDevices);
      break;
    case Verb::kPasswd:
      desk_.open(PageName::kPassword);
      break;
    case Verb::kView:
      desk_.open(PageName::kView, command.rest);
      break;
    case Verb::kSend:
    case Verb::kOpen:
    case Verb::kSave:
    case Verb::kCancel:
      run_file(command);
      break;
    case Verb::kGroupCreate:
    case Verb::kGroupAdd:
    case Verb::kGroupRemove:
    case Verb::kGroupLeave:
    case Verb::kGroupRename:
    case Verb::kGroupHandOver:
    case Verb::kGroupDelete:
    case Verb::kGroupInfo:
    case Verb::kGroupList:
      run_group(command);
      break;
    case Verb::kSendReply:
    case Verb::kReply:
    case Verb::kEdit:
    case Verb::kErase:
    case Verb::kReact:
      run_annotation(command);
      break;
    case Verb::kMe:
      if (peer().empty()) return desk_.toast("No conversation is open.", Style::kBad);
      desk_.send(peer(), std::string(client::kActionBegin) + command.rest);
      break;
    case Verb::kPoll:
      if (peer().empty()) return desk_.toast("No conversation is open.", Style::kBad);
      desk_.send_poll(peer(), command.rest);
      break;
    case Verb::kVote:
      vote(first);
      break;
    case Verb::kMute:
      toggle_mute();
      break;
    case Verb::kDnd:
      toggle_dnd();
      break;
    case Verb::kTransfers:
      desk_.open(PageName::kTransfers);
      break;
    case Verb::kMenu:
      desk_.open(PageName::kMenu);
      break;
    case Verb::kHelp:
      desk_.open(PageName::kHelp);
      break;
    case Verb::kQuit:
      desk_.quit();
      break;
  }
}

// In the newest poll of the conversation.
void MainPage::vote(const std::string& number) {
  if (!view_.pane().has_latest()) view_.jump_to_end();
  const client::ChatMessage* poll = view_.newest_poll();
  if (poll == nullptr) return desk_.toast("There is no poll here.", Style::kBad);
  uint32_t choice = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), choice);
  if (error != std::errc() || end != number.data() + number.size()) {
    return desk_.toast("A vote is the number of an option; 0 takes it back.", Style::kBad);
  }
  desk_.vote(poll->id, choice);
}

void MainPage::toggle_mute() {
  if (peer().empty()) return desk_.toast("No conversation is open.", Style::kBad);
  const bool mute = !muted(peer());
  list_.set_muted(peer(), mute);
  desk_.set_setting("mute:" + peer(), mute ? "1" : "");
  desk_.toast(mute ? "No notifications from " + peer() + "." : "Notifications from " + peer() + " again.",
              Style::kGood);
}

void MainPage::toggle_dnd() {
  dnd_ = !dnd_;
  desk_.set_setting("dnd", dnd_ ? "1" : "");
  desk_.toast(dnd_ ? "No notifications until /dnd again." : "Notifications again.", Style::kGood);
}

}  // namespace fastchat::tui
