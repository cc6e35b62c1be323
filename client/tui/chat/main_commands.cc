// The Enter key on the main page: sends the typed text, or runs the typed command.
#include <algorithm>
#include <charconv>

#include "client/messages/action.h"
#include "client/tui/chat/main_page.h"

namespace fastchat::tui {

void MainPage::submit() {
  if (composer_.empty()) {
    if (peer_.empty()) return open_if(picked_);
    if (const auto* message = pane_.newest_file()) desk_.show_file(message->id);
    return;
  }
  const Result<Typed> typed = parse_line(composer_.text());
  if (!typed) return desk_.toast(typed.error().text, Style::kBad);
  if (!typed->command && peer_.empty()) {
    return desk_.toast("Nothing was sent: no conversation is open (/msg NAME).", Style::kBad);
  }
  composer_.take();
  keep_drafts();
  if (typed->command) return run(*typed->command);
  if (!pane_.has_latest()) jump_to_end();
  pane_.to_newest();
  desk_.send(peer_, typed->text);
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
      if (first.empty() && (peer_.empty() || peer_[0] == '#')) {
        desk_.toast("Whose key? /verify NAME", Style::kBad);
      } else {
        desk_.open(PageName::kVerify, first.empty() ? peer_ : first);
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
      if (peer_.empty()) return desk_.toast("No conversation is open.", Style::kBad);
      desk_.send(peer_, std::string(client::kActionBegin) + command.rest);
      break;
    case Verb::kPoll:
      if (peer_.empty()) return desk_.toast("No conversation is open.", Style::kBad);
      desk_.send_poll(peer_, command.rest);
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
  if (!pane_.has_latest()) jump_to_end();
  const auto& all = pane_.messages();
  const auto poll = std::find_if(all.rbegin(), all.rend(), [](const auto& m) { return m.poll.has_value(); });
  if (poll == all.rend()) return desk_.toast("There is no poll here.", Style::kBad);
  uint32_t choice = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), choice);
  if (error != std::errc() || end != number.data() + number.size()) {
    return desk_.toast("A vote is the number of an option; 0 takes it back.", Style::kBad);
  }
  desk_.vote(poll->id, choice);
}

void MainPage::toggle_mute() {
  if (peer_.empty()) return desk_.toast("No conversation is open.", Style::kBad);
  const bool mute = !muted(peer_);
  list_.set_muted(peer_, mute);
  desk_.set_setting("mute:" + peer_, mute ? "1" : "");
  desk_.toast(mute ? "No notifications from " + peer_ + "." : "Notifications from " + peer_ + " again.", Style::kGood);
}

void MainPage::toggle_dnd() {
  dnd_ = !dnd_;
  desk_.set_setting("dnd", dnd_ ? "1" : "");
  desk_.toast(dnd_ ? "No notifications until /dnd again." : "Notifications again.", Style::kGood);
}

}  // namespace fastchat::tui
