#include "client/tui/chat/main_page.h"

#include <algorithm>
#include <utility>

#include "client/tui/pages/message_lines.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr int kListFrom = 60;  // columns of a screen from which the list has room
constexpr int kLineFrom = 14;  // rows between title and status line from which the input has a line above it
constexpr int kWheel = 3;

}  // namespace

MainPage::MainPage(Desk& desk, const KeyTable& keys) : desk_(desk), keys_(keys) {
  load_list();
  dnd_ = !desk_.setting("dnd").empty();
}

void MainPage::load_list() {
  std::vector<ConversationList::Entry> entries;
  for (const store::Conversation& c : desk_.conversations()) {
    const auto last = desk_.history(c.peer, 1, 0);
    entries.push_back({c.peer, last.empty() ? "" : summary(last.back()), c.last_position, c.unseen,
                       !desk_.setting("mute:" + c.peer).empty()});
  }
  groups_.clear();
  for (const client::GroupInfo& group : desk_.groups()) {
    const std::string name = "#" + group.name;
    groups_[name] = group.id;
    const bool known = std::any_of(entries.begin(), entries.end(), [&](const auto& e) { return e.peer == name; });
    if (!known && group.member) entries.push_back({name, "", 0, 0, !desk_.setting("mute:" + name).empty()});
  }
  list_.set(std::move(entries));
  picked_ = list_.nth(1);
}

bool MainPage::muted(const std::string& peer) const {
  const auto* entry = list_.find(peer);
  return entry != nullptr && entry->muted;
}

// ---- conversations

void MainPage::chat(const std::string& peer, int64_t position) {
  keep_drafts();
  peer_ = picked_ = peer;
  list_.ensure(peer);
  composer_.open(peer);
  load_draft(peer);
  kept_draft_ = composer_.text();
  if (position == 0) {
    jump_to_end();
  } else {
    auto around = desk_.history(peer, MessagePane::kPage / 2, position + 1);
    for (auto& message : desk_.history_after(peer, MessagePane::kPage / 2, position))
      around.push_back(std::move(message));
    pane_.show_at(std::move(around), position);
  }
  if (!composer_.has_history(peer)) {
    std::vector<std::string> sent;
    for (const auto& m : pane_.messages()) {
      if (m.mine && m.kind == client::MessageKind::kText) sent.push_back(m.text);
    }
    composer_.set_history(peer, std::move(sent));
  }
  look();
}

void MainPage::jump_to_end() {
  auto messages = desk_.history(peer_, MessagePane::kPage, 0);
  const bool whole = messages.size() < MessagePane::kPage;
  int64_t unread_after = -1;
  for (const auto& m : messages) {
    const bool content = client::is_content(m.kind);
    if (m.mine || m.seen || !content) continue;
    unread_after = m.position - 1;
    break;
  }
  pane_.show(std::move(messages), whole, unread_after);
}

void MainPage::jump_to_begin() {
  auto messages = desk_.history_after(peer_, MessagePane::kPage, 0);
  if (messages.empty()) return;
  const int64_t first = messages.front().position;
  pane_.show_at(std::move(messages), first);
  pane_.add_older({});
  pane_.to_oldest();
}

void MainPage::load_around() {
  if (pane_.wants_older()) pane_.add_older(desk_.history(peer_, MessagePane::kPage, pane_.oldest()));
  if (pane_.wants_newer()) pane_.add_newer(desk_.history_after(peer_, MessagePane::kPage, pane_.newest()));
}

// Marks the open conversation as read while it is in sight.
void MainPage::look() {
  if (peer_.empty() || !looks_at(peer_)) return;
  list_.set_read(peer_);
  desk_.mark_read(peer_);
}

void MainPage::load_draft(const std::string& peer) {
  if (!known_drafts_.insert(peer).second) return;
  if (const std::string draft = desk_.setting("draft:" + peer); !draft.empty()) composer_.set_draft(peer, draft);
}

void MainPage::keep_drafts() {
  if (peer_.empty() || composer_.text() == kept_draft_) return;
  kept_draft_ = composer_.text();
  desk_.set_setting("draft:" + peer_, kept_draft_);
}

void MainPage::hear(const Event& event) {
  std::visit(
      Hears{[this](const MessageAdded& e) { hear_message(e.message); },
            [this](const MessageChanged& e) {
              pane_.on_changed(e.message);
              list_.on_changed(e.message);
            },
            [this](const client::ReceiptEvent& e) { pane_.on_receipt(e); },
            [this](const client::TransferEvent& e) { hear_transfer(e); }, [this](const GroupChanged&) { hear_group(); },
            [this](const TypingChanged& e) { typing_[e.peer] = e.users; },
            [this](const SendFailed& e) { hear_unsent(e); }, [this](const PictureDrawn& e) { hear_picture(e); },
            [this](const PictureFormChanged&) {
              asked_pictures_.clear();
              pane_.forget_pictures();
            },
            [this](const CoverChanged& e) {
              on_top_ = e.on_top;
              if (on_top_) look();
            },
            [](const auto&) {}},
      event);
}

void MainPage::hear_message(const client::ChatMessage& message) {
  const bool looked_at = looks_at(message.peer);
  list_.on_message(message, looked_at);
  if (picked_.empty()) picked_ = list_.nth(1);
  if (message.peer != peer_) return;
  pane_.add(message);
  if (looked_at && !message.mine) desk_.mark_read(peer_);
}

// A group that was renamed stays open under its new name.
void MainPage::hear_group() {
  const auto open = groups_.find(peer_);
  const Bytes id = open == groups_.end() ? Bytes() : open->second;
  load_list();
  const auto now = std::find_if(groups_.begin(), groups_.end(), [&](const auto& g) { return g.second == id; });
  if (!id.empty() && now != groups_.end() && now->first != peer_) return chat(now->first);
  if (peer_.empty()) return;
  picked_ = peer_;
  list_.ensure(peer_);
  look();
}

void MainPage::hear_unsent(const SendFailed& unsent) {
  desk_.toast(unsent.error.text, Style::kBad);
  load_draft(unsent.to);
  composer_.give_back(unsent.to, unsent.text);
  if (unsent.to != peer_) desk_.set_setting("draft:" + unsent.to, composer_.draft(unsent.to));
  if (!unsent.answers.empty()) unsent_answers_[unsent.to] = unsent.answers;
}

// ---- keys

void MainPage::press(const Key& key) {
  if (key.kind == KeyKind::kFocusIn || key.kind == KeyKind::kFocusOut) {
    focused_ = key.kind == KeyKind::kFocusIn;
    return look();
  }
  if (key.kind == KeyKind::kClick || key.kind == KeyKind::kWheelUp || key.kind == KeyKind::kWheelDown) {
    mouse(key);
  } else if (switcher_) {
    press_switcher(key);
  } else if (composer_.asking()) {
    composer_.press(key);
  } else if (key.kind == KeyKind::kEnter && !key.alt) {
    submit();
  } else if (composer_.empty() && on_empty_line(key)) {
  } else if (const auto binding = keys_.find(key); binding && act(*binding)) {
  } else {
    edit(key);
  }
  if (composer_.empty()) unsent_answers_.erase(peer_);
  load_around();
}

// Edits the line. Signals typing for a text, /reply or /me, never for another command.
void MainPage::edit(const Key& key) {
  const std::string before = composer_.text();
  composer_.press(key);
  if (peer_.empty() || composer_.empty() || composer_.text() == before) return;
  const auto typed = parse_line(composer_.text());
  if (!typed) return;
  const auto& command = typed->command;
  if (!command || command->verb == Verb::kReply || command->verb == Verb::kMe) desk_.typing(peer_);
}

// Keys that edit a line have other uses while it is empty.
bool MainPage::on_empty_line(const Key& key) {
  if (key.alt) return false;
  if (is_control(key, 'k')) return act({key, Action::kSwitcher});
  if (key.kind == KeyKind::kHome) return act({key, Action::kHistoryStart});
  if (key.kind == KeyKind::kEnd) return act({key, Action::kHistoryEnd});
  if (!peer_.empty() || (key.kind != KeyKind::kUp && key.kind != KeyKind::kDown)) return false;
  picked_ = list_.neighbour(picked_, key.kind == KeyKind::kUp ? -1 : 1);
  return true;
}

void MainPage::open_if(const std::string& peer) {
  if (!peer.empty()) chat(peer);
}

bool MainPage::act(const Binding& binding) {
  switch (binding.action) {
    case Action::kHelp:
      desk_.open(PageName::kHelp);
      break;
    case Action::kMenu:
      desk_.open(PageName::kMenu);
      break;
    case Action::kNextUnread:
      if (list_.next_unread(peer_).empty()) desk_.toast("Nothing is unread elsewhere.", Style::kDim);
      open_if(list_.next_unread(peer_));
      break;
    case Action::kConversation:
      open_if(list_.nth(static_cast<size_t>(binding.number)));
      break;
    case Action::kPrevious:
      open_if(list_.neighbour(peer_, -1));
      break;
    case Action::kNext:
      open_if(list_.neighbour(peer_, 1));
      break;
    case Action::kSwitcher: {
      std::vector<std::string> names;
      for (const auto& entry : list_.entries()) names.push_back(entry.peer);
      switcher_ = std::make_unique<Switcher>(std::move(names));
      break;
    }
    case Action::kPageUp:
      pane_.page(1);
      break;
    case Action::kPageDown:
      pane_.page(-1);
      break;
    case Action::kHistoryStart:
      if (!peer_.empty()) jump_to_begin();
      break;
    case Action::kHistoryEnd:
      if (!peer_.empty()) jump_to_end();
      break;
    case Action::kSearch:
      desk_.open(PageName::kSearch);
      break;
    case Action::kRepaint:
      desk_.repaint();
      break;
    case Action::kNewLine:
      composer_.new_line();
      break;
    case Action::kComplete:
      composer_.complete(completion_source());
      break;
    case Action::kQuit:
      desk_.quit();
      break;
  }
  return true;
}

void MainPage::mouse(const Key& key) {
  const bool in_list = key.x < list_width_ && key.y >= 1;
  if (key.kind != KeyKind::kClick) {
    const int up = key.kind == KeyKind::kWheelUp ? 1 : -1;
    if (in_list) {
      picked_ = list_.neighbour(picked_, -up);
    } else {
      pane_.scroll(up * kWheel);
    }
    return;
  }
  const bool list_in_pane = peer_.empty() && list_width_ == 0;
  if (in_list || list_in_pane) open_if(list_.at_row(key.y - 1));
}

void MainPage::press_switcher(const Key& key) {
  const Switcher::Outcome outcome = switcher_->press(key);
  if (outcome == Switcher::Outcome::kOpen) return;
  const std::string name = switcher_->chosen();
  switcher_.reset();
  if (outcome == Switcher::Outcome::kChosen) chat(name);
}

CompletionSource MainPage::completion_source() {
  CompletionSource source;
  for (const auto& entry : list_.entries()) source.peers.push_back(entry.peer);
  std::set<std::string> known(source.peers.begin(), source.peers.end());
  for (const auto& m : pane_.messages()) {
    if (!m.mine && !m.from.empty() && known.insert(m.from).second) source.peers.push_back(m.from);
  }
  source.paths = [this](const std::string& begin) { return desk_.paths(begin); };
  return source;
}

// ---- drawing

void MainPage::draw(Frame& frame) {
  width_ = frame.width;
  height_ = frame.height;
  list_width_ = frame.width < kListFrom ? 0 : std::clamp(frame.width / 4, 18, 32);
  const int room = frame.height - 2;  // between title and status
  std::string title = peer_.empty() ? "FastChat" : peer_ + (muted(peer_) ? " (muted)" : "");
  if (const std::string who = typing_text(); room < kLineFrom && !who.empty()) title += ": " + who;
  draw_title(frame, title, "F1 help  Esc menu");
  if (list_width_ > 0) {
    frame.paste(list_.draw(list_width_, room, peer_.empty() ? picked_ : peer_), 0, 1);
    for (int y = 1; y <= room; ++y) {
      if (const int gap = list_width_ - width_of(frame.row(y)); gap > 0) {
        frame.put(y, std::string(static_cast<size_t>(gap), ' '));
      }
      frame.put(y, "│", Style::kDay);
    }
  }
  const int x = list_width_ > 0 ? list_width_ + 1 : 0;
  Frame right{frame.width - x, room};
  draw_pane(right);
  frame.paste(right, x, 1);
}

std::string MainPage::typing_text() const {
  const auto room = typing_.find(peer_);
  return room == typing_.end() || muted(peer_) ? "" : tui::typing_text(room->second);
}

void MainPage::draw_pane(Frame& frame) {
  const int most = std::max(1, frame.height / 3);
  if (switcher_) return frame.paste(switcher_->draw(frame.width, frame.height), 0, 0);
  const Frame input = composer_.draw(frame.width, most);
  const bool line = frame.height >= kLineFrom;
  const int room = std::max(1, frame.height - input.height - (line ? 1 : 0));
  if (peer_.empty() && list_width_ == 0 && !list_.entries().empty()) {
    frame.paste(list_.draw(frame.width, room, picked_), 0, 0);
  } else if (peer_.empty()) {
    int y = room / 3;
    const bool some = !list_.entries().empty();
    for (const std::string& text :
         wrap(some ? "Up, Down and Enter open a conversation; Esc has the menus."
                   : "Nobody yet. /msg NAME opens a conversation; Esc has the menus, F1 help.",
              std::max(8, frame.width - 4))) {
      frame.put(y++, "  " + text, Style::kDim);
    }
  } else {
    const Frame messages = pane_.draw(frame.width, room);
    ask_for_pictures();
    // A short conversation begins right above the line that is written on.
    frame.paste(messages, 0, room - std::min(room, static_cast<int>(messages.rows.size())));
    if (pane_.messages().empty()) {
      frame.put(room - 1, clip("  No messages yet. Write one and press Enter.", frame.width), Style::kDim);
    }
  }
  const std::string moving = transfers_text();
  if (line || !moving.empty()) {
    frame.row(frame.height - input.height - 1).clear();
    frame.put(frame.height - input.height - 1,
              separator(moving.empty() ? typing_text() : moving, frame.width, Style::kDay));
  }
  frame.paste(input, 0, frame.height - input.height);
}

}  // namespace fastchat::tui
