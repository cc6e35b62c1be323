#include "client/tui/chat/main_page.h"

#include <algorithm>
#include <set>
#include <utility>

#include "client/tui/chat/command_table.h"
#include "client/tui/chat/group_members.h"
#include "client/tui/chat/message_actions.h"
#include "client/tui/chat/vi_keys.h"
#include "client/tui/pages/message_lines.h"
#include "client/tui/pages/vi_line.h"
#include "client/tui/terminal/text.h"
#include "common/clock.h"

namespace fastchat::tui {
namespace {

constexpr int kTitleBelow = 14;  // rows between title and status line; with fewer the title names the users who type
constexpr int kWheel = 3;
constexpr int kPreviewMargin = 1;  // free columns at the right of the preview of a picture

CompletionSource completion_source(const ConversationList& list, const MessageWindow& window, LocalFiles& files) {
  CompletionSource source;
  source.commands = all_commands();
  for (const auto& entry : list.entries()) source.peers.push_back(entry.peer);
  std::set<client::PeerName> known(source.peers.begin(), source.peers.end());
  for (const auto& m : window.all()) {
    const client::PeerName author(m.from);
    if (!m.mine && !author.empty() && known.insert(author).second) source.peers.push_back(author);
  }
  source.paths = [&files](const std::string& begin) { return files.paths(begin); };
  return source;
}

// The title: the name, and behind it how far its key may be trusted. The name is cut where both have no room, and the
// keys at the right go before that.
void draw_name(Frame& frame, bool vi, const std::string& name, const std::string& trust) {
  const int room = frame.width - 2;
  const std::string behind = trust.empty() ? "" : "  " + trust;
  const std::string title = clip(name, std::max(4, room - width_of(behind))) + behind;
  std::string keys;
  for (const char* shorter : {vi ? "F1 help  F10 menu" : "F1 help  Esc menu", "F1 help"}) {
    if (keys.empty() && width_of(title) + 1 + width_of(shorter) <= room) keys = shorter;
  }
  draw_title(frame, title, keys);
}

// Returns the line above the input of a request, which says how to answer; or of a blocked person. The longest that
// has room, so that no command is cut. Empty: the conversation is an ordinary one.
std::string standing_text(const client::PeerName& peer, bool asks, bool blocked, int room) {
  std::vector<std::string> texts;  // the longest first
  if (blocked) {
    texts = {peer.text() + " is blocked: /unblock ends that", "Blocked: /unblock ends that", "Blocked: /unblock"};
  } else if (!asks) {
    return "";
  } else if (peer.is_group()) {
    texts = {"A stranger's group: /accept or /decline; writing accepts", "Invitation: /accept /decline",
             "/accept /decline"};
  } else {
    texts = {peer.text() + " is a stranger: /accept, /decline or /block; writing accepts",
             peer.text() + " is a stranger: /accept /decline /block", "Stranger: /accept /decline /block",
             "/accept /decline /block"};
  }
  const auto fits = [room](const std::string& text) { return width_of(text) <= room; };
  const auto longest = std::find_if(texts.begin(), texts.end(), fits);
  return longest == texts.end() ? texts.back() : *longest;
}

}  // namespace

MainPage::MainPage(Screen& screen, Conversations& conversations, Messages& messages, Groups& groups, Files& files,
                   LocalFiles& local_files, Desktop& desktop, Contacts& contacts, ProfileSettings& settings,
                   const KeyTable& keys, MainOptions options)
    : conversations_(conversations),
      keys_(keys),
      order_(settings, options.order),
      list_(order_),
      view_(screen, conversations, settings, local_files),
      trust_(contacts),
      layout_(settings, options.text_width),
      bare_(screen, view_),
      context_{screen, messages, groups, files,   local_files, desktop, contacts, settings,
               view_,  order_,   list_,  picker_, layout_,     bare_,   *this} {
  list_.show_trust([this](const ConversationList::Entry& e) {
    const auto group = groups_.find(e.peer);
    return trust_.of(e.peer, e.wrote, group == groups_.end() ? nullptr : &group->second);
  });
  load_list();
  dnd_ = !settings.get("dnd").empty();
}

void MainPage::load_list() {
  std::vector<ConversationList::Entry> entries;
  const std::vector<client::RequestInfo> requests = context_.contacts.requests();
  for (const client::ConversationInfo& c : conversations_.list()) {
    if (c.request) continue;
    const auto last = conversations_.history(c.peer, 1, 0);
    entries.push_back({c.peer, last.empty() ? "" : summary(last.back()), c.last_position, c.unseen, false, c.last_ms,
                       c.mentioned, c.wrote});
  }
  groups_.clear();
  for (const client::GroupInfo& group : context_.groups.list()) {
    const auto name = client::PeerName::of_group(group.name);
    groups_[name] = group;
    const bool known = std::any_of(entries.begin(), entries.end(), [&](const auto& e) { return e.peer == name; });
    if (!known && group.member && !group.request) entries.push_back({name, "", 0, 0, false});
  }
  std::vector<client::PeerName> peers;
  for (auto& entry : entries) {
    entry.muted = !context_.settings.get("mute:" + entry.peer.text()).empty();
    peers.push_back(entry.peer);
  }
  order_.load(peers);
  std::vector<client::PeerName> asking;
  for (const client::RequestInfo& r : requests) asking.push_back(r.peer);
  list_.set(std::move(entries), std::move(asking));
  picked_ = list_.nth(1);
}

bool MainPage::muted(const client::PeerName& who) const {
  const auto* entry = list_.find(who);
  return entry != nullptr && entry->muted;
}

// ---- conversations

void MainPage::chat(const client::PeerName& peer, int64_t position) {
  if (peer.empty()) return;
  const client::PeerName before = this->peer();
  picked_ = peer;
  if (order_.shelf(peer) == Shelf::kClosed) order_.put(peer, Shelf::kShown);
  list_.ensure(peer);
  list_.arrange();
  view_.open(peer, position);
  if (position != 0) context_.found.shown(peer, position);
  if (before != peer) forget_ghost(before);
  mark_open_read();
}

void MainPage::put_away(Shelf shelf) {
  const client::PeerName left = peer();
  picked_ = list_.neighbour(left, 1);
  view_.open({}, 0);
  forget_ghost(left);
  if (list_.find(left) != nullptr) order_.put(left, shelf);
  list_.arrange();
  if (picked_ == left) picked_ = list_.nth(1);
}

// Removes a conversation without messages and without a draft from the list once the person leaves it: the name may be
// a mistake.
void MainPage::forget_ghost(const client::PeerName& peer) {
  if (!view_.drafts().has(peer)) list_.forget_empty(peer);
}

// Marks the open conversation as read while it is in sight.
void MainPage::mark_open_read() {
  if (peer().empty() || !is_visible(peer())) return;
  list_.set_read(peer());
  conversations_.mark_read(peer());
}

void MainPage::hear(const Event& event) {
  trust_.hear(event);
  if (const auto* added = std::get_if<MessageAdded>(&event)) return hear_message(*added);
  view_.hear(event);
  if (const auto* found = std::get_if<SearchFound>(&event)) context_.found.hear(*found);
  if (const auto* changed = std::get_if<MessageChanged>(&event)) {
    list_.on_changed(changed->message);
    // A deleted message no longer counts as unread, and an edit may name this user. Only the store has the state of
    // each message, so the counts are read again.
    const auto* entry = list_.find(changed->message.peer);
    const bool marked = entry != nullptr && entry->mentioned;
    const bool edit = changed->message.edited && !changed->message.seen;
    const bool counts = changed->message.deleted || (edit && marked == changed->message.mentioned.empty());
    if (counts && !changed->message.mine) list_.set_stale();
  }
  // The store counts the rest: another window may have read less than this window counts.
  if (const auto* read = std::get_if<MarkedRead>(&event); read != nullptr && !is_visible(read->peer)) list_.set_stale();
  if (std::holds_alternative<GroupChanged>(event) || std::holds_alternative<TrustChanged>(event)) hear_group();
  if (const auto* failed = std::get_if<SendFailed>(&event)) {
    if (order_.reopen(failed->to)) list_.arrange();
    if (failed->error.code == Code::kUnknownUser) list_.forget_empty(failed->to);
  }
  if (const auto* receipt = std::get_if<client::ReceiptEvent>(&event);
      receipt != nullptr && receipt->state == client::MessageState::kFailed && order_.reopen(receipt->peer)) {
    list_.arrange();
  }
  if (const auto* fetched = std::get_if<FileFetched>(&event); fetched != nullptr && on_top_) {
    context_.screen.open(PageName::kView, fetched->path);
  }
  if (const auto* cover = std::get_if<CoverChanged>(&event)) {
    on_top_ = cover->on_top;
    if (on_top_) mark_open_read();
  }
}

void MainPage::hear_message(const MessageAdded& event) {
  const client::ChatMessage& message = event.message;
  const bool visible = is_visible(message.peer);
  if (client::is_content(message.kind) && order_.reopen(message.peer)) list_.arrange();
  // A request has no row of its own while nobody looks at it.
  if (message.request && message.peer != peer()) return hear_group();
  list_.on_message(message, visible);
  if (picked_.empty()) picked_ = list_.nth(1);
  view_.hear(event);
  if (message.peer == peer() && visible && !message.mine) conversations_.mark_read(peer());
  if (message.request) hear_group();
}

// Loads the list again. A renamed group stays open under its new name.
void MainPage::hear_group() {
  view_.drafts().forget_groups();
  const auto open = groups_.find(peer());
  const Bytes id = open == groups_.end() ? Bytes() : open->second.id;
  const bool listed = list_.find(peer()) != nullptr;
  load_list();
  const auto now = std::find_if(groups_.begin(), groups_.end(), [&](const auto& g) { return g.second.id == id; });
  if (!id.empty() && now != groups_.end() && now->first != peer()) {
    view_.drafts().rename(now->first);
    return chat(now->first);
  }
  if (peer().empty()) return;
  picked_ = peer();
  if (listed) list_.ensure(peer());
  mark_open_read();
}

// ---- keys

void MainPage::press(const Key& key) {
  if (key.kind == KeyKind::kFocusIn || key.kind == KeyKind::kFocusOut) {
    focused_ = key.kind == KeyKind::kFocusIn;
    return mark_open_read();
  }
  if (bare_.on() && bare_.press(key, keys_)) return;
  const bool wheel = key.kind == KeyKind::kWheelUp || key.kind == KeyKind::kWheelDown;
  if (picker_.is_open()) {
    picker_.press(key, keys_);
  } else if (view_.asking() && !wheel) {
    view_.answer(key);
  } else if (key.kind == KeyKind::kClick || wheel) {
    mouse(key);
  } else if (const ViKey vi = press_vi(context_, keys_, key); vi.taken) {
    if (vi.action) act(*vi.action);
  } else if (press_on_message(context_, key)) {
    // The key acted on the picked message.
  } else if (key.kind == KeyKind::kEscape && view_.target().cancel()) {
    // The key cancelled the answer or the change.
  } else if (key.kind == KeyKind::kEscape && !view_.composer().empty()) {
    // A person who typed expects to go on typing: letters must not become choices of a menu.
    context_.screen.toast("Your text stays. Esc opens the menus while the line is empty.", Style::kDim);
  } else if (key.kind == KeyKind::kEnter && !key.alt) {
    submit();
  } else if (const auto binding = keys_.find(key);
             !(view_.composer().empty() && on_empty_line(key)) && !(binding && act(*binding))) {
    edit(key);
  }
  view_.drafts().after_key();
  view_.target().follow();
  view_.load_around();
}

// Edits the line. Signals typing for a text and for the commands that write one, never for another command.
void MainPage::edit(const Key& key) {
  Composer& line = view_.composer();
  const std::string before = line.text();
  line.press(key);
  if (peer().empty() || line.empty() || line.text() == before) return;
  const auto typed = parse_line(line.text(), all_commands());
  if (typed.ok() && (typed->command == nullptr || typed->command->is(kWritesText))) context_.messages.typing(peer());
}

// Handles the keys that edit a line, but have other uses while the line is empty.
bool MainPage::on_empty_line(const Key& key) {
  if (key.alt) return false;
  if (is_control(key, 'k')) return act({key, Action::kSwitcher});
  if (key.kind == KeyKind::kHome) return act({key, Action::kHistoryStart});
  if (key.kind == KeyKind::kEnd) return act({key, Action::kHistoryEnd});
  if (key.kind != KeyKind::kUp && key.kind != KeyKind::kDown) return false;
  if (!peer().empty()) return key.kind == KeyKind::kUp && act({key, Action::kOlderMessage});
  picked_ = list_.neighbour(picked_, key.kind == KeyKind::kUp ? -1 : 1);
  return true;
}

bool MainPage::act(const Binding& binding) {
  switch (binding.action) {
    case Action::kHelp:
      context_.screen.open(PageName::kHelp);
      break;
    case Action::kMenu:
      context_.screen.open(PageName::kMenu);
      break;
    case Action::kNextUnread:
      if (list_.next_unread(peer()).empty())
        context_.screen.toast("No other conversation has unread messages.", Style::kDim);
      chat(list_.next_unread(peer()));
      break;
    case Action::kConversation:
      chat(list_.nth(static_cast<size_t>(binding.number)));
      break;
    case Action::kPrevious:
      chat(list_.neighbour(peer(), -1));
      break;
    case Action::kNext:
      chat(list_.neighbour(peer(), 1));
      break;
    case Action::kSwitcher: {
      const auto go = [this](const std::string& name) { chat(client::PeerName(name)); };
      picker_.open({"", "Go to: ", list_.names(), go, "Enter opens a conversation with this name", true});
      break;
    }
    case Action::kPageUp:
      view_.pane().page(2);
      break;
    case Action::kPageDown:
      view_.pane().page(-2);
      break;
    case Action::kHistoryStart:
      if (!peer().empty()) view_.jump_to_begin();
      break;
    case Action::kHistoryEnd:
      if (!peer().empty()) view_.jump_to_end();
      break;
    case Action::kSearch:
      context_.screen.open(PageName::kSearch);
      break;
    case Action::kMembers:
      if (!groups_.contains(peer())) {
        context_.screen.toast("Open a group: its members stand beside it.", Style::kDim);
      } else if (!layout_.members_fit()) {
        context_.screen.open(PageName::kGroupSettings, peer().group());
      } else {
        layout_.toggle_members();
      }
      break;
    case Action::kList:
      toggle_list(context_);
      break;
    case Action::kBare:
      bare_.begin();
      break;
    case Action::kRepaint:
      context_.screen.repaint();
      break;
    case Action::kOlderMessage:
    case Action::kNewerMessage: {
      const int by = binding.action == Action::kOlderMessage ? -1 : 1;
      peer().empty() ? void(picked_ = list_.neighbour(picked_, by)) : view_.cursor().move(by);
      break;
    }
    case Action::kHalfPageUp:
    case Action::kHalfPageDown:
      move_half_page(context_, binding.action == Action::kHalfPageUp ? 1 : -1);
      break;
    case Action::kNextFound:
    case Action::kPreviousFound:
      go_to_found(context_, binding.action == Action::kNextFound ? 1 : -1);
      break;
    case Action::kCommand:
      begin_command(context_);
      break;
    case Action::kRecall:
      view_.composer().recall_older();
      break;
    case Action::kNewLine:
      view_.composer().new_line();
      break;
    case Action::kComplete:
    case Action::kCompleteBack: {
      // In normal mode the cursor stands on a character: completion begins behind it.
      if (Composer& line = view_.composer(); line.vi().normal()) {
        line.vi().drop_begun();
        line.press({KeyKind::kCharacter, U'a'});
      }
      CompletionSource source = completion_source(list_, view_.pane().window(), context_.local_files);
      const auto group = groups_.find(peer());
      if (group != groups_.end()) source.members = group->second.members;
      if (!peer().empty() && !peer().is_group()) source.members = {peer().user()};
      view_.composer().complete(source, binding.action == Action::kComplete ? 1 : -1);
      break;
    }
    case Action::kQuit:
      context_.screen.quit();
      break;
  }
  return true;
}

void MainPage::mouse(const Key& key) {
  const int list_width = layout_.columns().list;
  const bool in_list = key.x < list_width && key.y >= 1;
  if (key.kind != KeyKind::kClick) {
    const int up = key.kind == KeyKind::kWheelUp ? 1 : -1;
    if (in_list) {
      picked_ = list_.neighbour(picked_, -up);
    } else {
      view_.pane().scroll(up * kWheel);
    }
    return;
  }
  const bool list_in_pane = peer().empty() && list_width == 0;
  if ((in_list || list_in_pane) && key.y == 1 && !list_.requests().empty())
    return context_.screen.open(PageName::kRequests);
  if (in_list || list_in_pane) return chat(list_.at_row(key.y - 1));
  view_.pick_row(key.y - 1);
}

// Handles Enter: sends the typed text, or runs the typed command.
void MainPage::submit() {
  if (view_.composer().empty()) {
    if (peer().empty()) return chat(picked_);
    if (const auto* message = view_.pane().newest_file()) context_.files.show(message->id);
    return;
  }
  const Result<Typed> typed = parse_line(view_.composer().text(), all_commands());
  if (!typed) return context_.screen.toast(typed.error().text, Style::kBad);
  if (typed->command == nullptr && peer().empty()) {
    return context_.screen.toast("Nothing was sent: no conversation is open (/msg NAME opens one).", Style::kBad);
  }
  context_.target.reset();
  // Without a target the line stays, with the reason in the status line.
  if (typed->command != nullptr && !peer().empty() && typed->command->is(kNeedsTarget)) {
    auto target = view_.target().get();
    if (!target) return context_.refuse(target.error().text);
    context_.target = std::move(*target);
  }
  view_.composer().take();
  keep_drafts();
  if (typed->command == nullptr) {
    view_.to_newest();
    context_.messages.send(peer(), typed->text);
  } else if (typed->command->is(kInConversation) && peer().empty()) {
    context_.refuse("No conversation is open.");
  } else {
    typed->command->run(context_, typed->arguments);
  }
}

bool MainPage::notifies(const client::ChatMessage& message) const {
  if (dnd_ || muted(message.peer)) return false;
  return !message.mentioned.empty() || context_.settings.get("notify:" + message.peer.text()) != kMentionsOnly;
}

void MainPage::toggle_dnd() {
  dnd_ = !dnd_;
  context_.settings.set("dnd", dnd_ ? "1" : "");
  context_.screen.toast(dnd_ ? "Do not disturb is on; /dnd ends it." : "Do not disturb is off.", Style::kGood);
}

// ---- drawing

void MainPage::draw(Frame& frame) {
  if (list_.take_stale()) {
    for (const client::ConversationInfo& c : conversations_.list()) {
      if (!is_visible(c.peer)) list_.set_unread(c.peer, c.unseen, c.mentioned);
    }
  }
  trust_.refresh();
  if (bare_.on()) return bare_.draw(frame);
  const auto group = groups_.find(peer());
  const Columns& columns = layout_.divide(frame.width, group != groups_.end() && group->second.member);
  view_.previews().set_room(columns.messages - text_column(columns.messages) - kPreviewMargin, frame.height / 2);
  const int room = frame.height - 2;  // between title and status
  const bool quiet = muted(peer());
  std::string name = peer().empty() ? "FastChat" : peer().text() + (quiet ? " (muted)" : "");
  if (order_.shelf(peer()) == Shelf::kArchived) name += " (archived)";
  const std::string who = quiet ? "" : view_.typing_text();
  if (room < kTitleBelow && !who.empty()) name += ": " + who;
  const auto* entry = list_.find(peer());
  draw_name(frame, keys_.vi(), name,
            trust_.text(peer(), entry != nullptr && entry->wrote, group == groups_.end() ? nullptr : &group->second));
  if (columns.list > 0) {
    const client::PeerName& chosen = peer().empty() ? picked_ : peer();
    frame.paste(list_.draw(columns.list, room, chosen, Clock::wall_ms()), 0, 1);
    for (int y = 1; y <= room; ++y) {
      if (const int gap = columns.list - width_of(frame.row(y)); gap > 0) {
        frame.put(y, std::string(static_cast<size_t>(gap), ' '));
      }
      frame.put(y, "│", Style::kDay);
    }
  }
  Frame right{columns.pane, room};
  if (picker_.is_open()) {
    right.paste(picker_.draw(right.width, right.height), 0, 0);
  } else {
    const client::ChatMessage* picked = view_.cursor().message();
    constexpr int kRule = 6;  // columns of the rule before and behind the line
    const int mark = view_.composer().vi().normal() ? width_of(kNormalMark) + 2 : 0;
    const auto& requests = list_.requests();
    const bool asks = (group != groups_.end() && group->second.request) ||
                      std::find(requests.begin(), requests.end(), peer()) != requests.end();
    const bool blocked = trust_.of(peer(), false, nullptr) == TrustLevel::kBlocked;
    view_.draw(right, columns.messages, quiet, standing_text(peer(), asks, blocked, right.width - kRule - mark),
               picked == nullptr ? "" : action_hint(*picked), [&](int rows) { draw_empty(right, rows); });
  }
  frame.paste(right, columns.pane_at, 1);
  if (columns.members == 0) return;
  const auto& messages = view_.pane().window().all();
  frame.paste(draw_members(group->second, messages, columns.members, room, Clock::wall_ms()),
              columns.pane_at + right.width, 1);
}

// Without an open conversation, draws the list when it has no room at the left, else a hint. In a conversation without
// messages, draws the reason for their absence.
void MainPage::draw_empty(Frame& frame, int rows) {
  const bool some = !list_.nth(1).empty();
  if (peer().empty() && layout_.columns().list == 0 && (some || !list_.requests().empty())) {
    return frame.paste(list_.draw(frame.width, rows, picked_, Clock::wall_ms()), 0, 0);
  }
  const std::string menus = keys_.vi() ? "F10" : "Esc";
  std::string text = !peer().empty() ? "No messages yet. Write one and press Enter."
                     : some          ? "Up, Down and Enter open a conversation; " + menus + " opens the menus."
                            : "No conversation yet. /msg NAME opens one, " + menus + " the menus, F1 the help.";
  if (!context_.settings.get(client::kNewDevice).empty()) {
    text =
        "This device is new. Messages stay on the device that received them, so it has none from before; those that "
        "come from now on arrive here too. " +
        text;
  }
  const auto lines = wrap(text, std::max(8, frame.width - 4));
  int y = peer().empty() ? rows / 3 : std::max(0, rows - static_cast<int>(lines.size()));
  for (const std::string& line : lines) {
    if (y < rows) frame.put(y++, "  " + line, Style::kDim);
  }
}

}  // namespace fastchat::tui
