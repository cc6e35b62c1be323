// Commands that open or arrange conversations, or open a page about people and this account.
#include <algorithm>
#include <charconv>
#include <string>

#include "client/tui/chat/command_context.h"
#include "client/tui/chat/command_table.h"
#include "client/tui/chat/main_page.h"
#include "client/tui/pages/requests_page.h"

namespace fastchat::tui {
namespace {

void msg(CommandContext& context, const Arguments& arguments) {
  const client::PeerName to(arguments.word(0));
  context.page.chat(to);
  if (arguments.words.size() < 2) return;
  context.messages.send(to, arguments.rest.substr(arguments.rest.find(arguments.words[1], to.text().size())));
}

void verify(CommandContext& context, const Arguments& arguments) {
  const std::string typed = arguments.word(0), name = typed.empty() ? context.peer().user() : typed;
  if (name.empty()) return context.refuse("Name a person: /verify NAME");
  context.screen.open(PageName::kVerify, name);
}

// Returns true when the open conversation is a group or has a message. Otherwise shows a refusal and returns false.
bool may_be_placed(CommandContext& context) {
  const auto* entry = context.list.find(context.peer());
  const bool some = entry != nullptr && (entry->last_ms != 0 || entry->last_position != 0 || entry->peer.is_group());
  if (!some) context.refuse("Nothing was written in this conversation yet.");
  return some;
}

void place(CommandContext& context, size_t place) {
  context.order.put(context.peer(), Shelf::kShown);
  context.order.pin(context.peer(), place);
  context.list.arrange();
  context.screen.toast(context.peer().text() + " is pinned at place " +
                           std::to_string(context.order.place(context.peer())) + " of the list.",
                       Style::kGood);
}

void pin(CommandContext& context, const Arguments&) {
  if (!may_be_placed(context)) return;
  const size_t now = context.order.place(context.peer());
  place(context, now > 0 ? now : context.order.pinned() + 1);
}

void unpin(CommandContext& context, const Arguments&) {
  if (context.order.place(context.peer()) == 0) return context.refuse(context.peer().text() + " is not pinned.");
  context.order.unpin(context.peer());
  context.list.arrange();
  context.screen.toast(context.peer().text() + " is not pinned any more.", Style::kGood);
}

void move(CommandContext& context, const Arguments& arguments) {
  if (!may_be_placed(context)) return;
  const std::string& typed = arguments.rest;
  size_t number = 0;
  const auto read = std::from_chars(typed.data(), typed.data() + typed.size(), number);
  const size_t last = context.order.pinned() + (context.order.place(context.peer()) > 0 ? 0 : 1);
  if (read.ec != std::errc() || read.ptr != typed.data() + typed.size() || number < 1 || number > last) {
    return context.refuse(last == 1 ? "The place must be 1: no other conversation is pinned."
                                    : "The place must be a number from 1 to " + std::to_string(last) +
                                          ", behind the pinned conversations.");
  }
  place(context, number);
}

template <Shelf shelf>
void put_away(CommandContext& context, const Arguments&) {
  const client::PeerName peer = context.peer();
  const bool placed = context.order.place(peer) > 0;
  if (shelf == Shelf::kArchived && !may_be_placed(context)) return;
  context.page.put_away(shelf);
  if (context.order.shelf(peer) != shelf) return;
  context.screen.toast(
      peer.text() +
          (shelf == Shelf::kClosed ? " is closed until something comes; /reopen " : " is archived; /reopen ") +
          peer.text() + " takes it back." + (placed ? " It is not pinned any more." : ""),
      Style::kGood);
}

void reopen(CommandContext& context, const Arguments& arguments) {
  const client::PeerName peer = arguments.words.empty() ? context.peer() : client::PeerName(arguments.word(0));
  if (peer.empty()) return context.refuse("Name a conversation: /reopen NAME");
  if (context.order.shelf(peer) == Shelf::kShown) {
    return context.refuse(peer.text() + " is neither closed nor archived.");
  }
  context.order.put(peer, Shelf::kShown);
  context.page.chat(peer);
}

// Returns the person or group that a command names, else the open conversation; empty with a refusal for none.
client::PeerName named(CommandContext& context, const Arguments& arguments) {
  const client::PeerName peer = arguments.words.empty() ? context.peer() : client::PeerName(arguments.word(0));
  if (peer.empty()) context.refuse("Name a person or a group, or open a conversation first.");
  return peer;
}

void accept(CommandContext& context, const Arguments& arguments) {
  const client::PeerName peer = named(context, arguments);
  if (!peer.empty()) context.contacts.answer(Contacts::Answer::kAccept, peer);
}

// Asks before the answer, and leaves the conversation, which may be gone afterwards.
void ask_then(CommandContext& context, const client::PeerName& peer, Contacts::Answer answer, const std::string& text,
              bool leaves) {
  context.view.ask({text, "Nothing was changed: only Y says yes.", [&context, peer, answer, leaves] {
                      context.contacts.answer(answer, peer);
                      if (leaves && context.peer() == peer) context.view.open({}, 0);
                    }});
}

// Returns the open request of `peer`, or one with the name alone.
client::RequestInfo request_of(CommandContext& context, const client::PeerName& peer) {
  for (client::RequestInfo& request : context.contacts.requests()) {
    if (request.peer == peer) return std::move(request);
  }
  client::RequestInfo none;
  none.peer = peer;
  return none;
}

void decline(CommandContext& context, const Arguments& arguments) {
  const client::PeerName peer = named(context, arguments);
  if (peer.empty()) return;
  ask_then(context, peer, Contacts::Answer::kDecline, decline_question(request_of(context, peer)), true);
}

void block(CommandContext& context, const Arguments& arguments) {
  const client::PeerName peer = named(context, arguments);
  if (peer.empty()) return;
  if (peer.is_group()) return context.refuse("A group cannot be blocked: /decline or /group leave leaves it.");
  const auto requests = context.contacts.requests();
  const bool request = std::any_of(requests.begin(), requests.end(), [&](const auto& r) { return r.peer == peer; });
  ask_then(context, peer, Contacts::Answer::kBlock,
           "Block " + peer.text() + "? Nothing of " + peer.text() + " reaches you then" +
               (request ? ", and the request is deleted." : "."),
           request);
}

void unblock(CommandContext& context, const Arguments& arguments) {
  const client::PeerName peer = named(context, arguments);
  if (!peer.empty()) context.contacts.answer(Contacts::Answer::kUnblock, peer);
}

void card(CommandContext& context, const Arguments& arguments) {
  if (arguments.rest.empty()) return context.screen.open(PageName::kCard);
  context.contacts.use_card(arguments.rest);
}

void strangers(CommandContext& context, const Arguments& arguments) {
  using client::Strangers;
  const std::string word = arguments.word(0);
  const Strangers policy = word == "ask"      ? Strangers::kAsk
                           : word == "take"   ? Strangers::kTake
                           : word == "refuse" ? Strangers::kRefuse
                                              : Strangers::kUndecided;
  if (policy != Strangers::kUndecided) return context.contacts.set_strangers(policy);
  if (!word.empty()) return context.refuse("Write ask, take or refuse behind /strangers.");
  static constexpr const char* kNow[] = {"What becomes of messages of strangers is not known yet.",
                                         "Messages of strangers are taken as those of contacts.",
                                         "Messages of strangers wait as requests.",
                                         "Messages of strangers are refused."};
  context.screen.toast(kNow[static_cast<size_t>(context.contacts.strangers())], Style::kDim);
}

// Opens a page. The text behind the command is the page's argument.
template <PageName page>
void open(CommandContext& context, const Arguments& arguments) {
  context.screen.open(page, arguments.rest);
}
template <PageName page>
void open_alone(CommandContext& context, const Arguments&) {
  context.screen.open(page);
}

constexpr Command kCommands[] = {
    {"msg", "NAME [TEXT]", "open the conversation with NAME, and send TEXT", 1, msg},
    {"pin", "", "pin this conversation: it keeps its place, and its number, above all others", 0, pin, kInConversation},
    {"unpin", "", "end that", 0, unpin, kInConversation},
    {"move", "PLACE", "pin this conversation at this place, from 1", 1, move, kInConversation},
    {"close", "", "hide this conversation until something comes or you open it", 0, put_away<Shelf::kClosed>,
     kInConversation},
    {"archive", "", "hide this conversation until you take it back", 0, put_away<Shelf::kArchived>, kInConversation},
    {"reopen", "[NAME]", "take a closed or archived conversation back into the list", 0, reopen},
    {"search", "[WORDS]", "search all conversations for messages that contain all WORDS", 0, open<PageName::kSearch>},
    {"requests", "", "list the strangers who wrote to you and the groups of strangers", 0,
     open_alone<PageName::kRequests>},
    {"accept", "[NAME]", "accept a stranger, or a group of a stranger; writing accepts, too", 0, accept},
    {"decline", "[NAME]", "delete a request with its messages, or leave the group", 0, decline},
    {"block", "[NAME]", "take nothing from a person any more, who is not told", 0, block},
    {"unblock", "[NAME]", "end that", 0, unblock},
    {"card", "[LINE]", "make a contact card for one person, or use the card of somebody", 0, card},
    {"strangers", "[ask|take|refuse]", "show or set what becomes of messages of strangers", 0, strangers},
    {"verify", "[NAME]", "show the safety number, mark the key as verified, accept a changed key", 0, verify},
    {"quarantine", "", "list the quarantined messages and the reasons", 0, open_alone<PageName::kQuarantine>},
    {"why", "", "the former name of /quarantine", 0, open_alone<PageName::kQuarantine>, kHidden},
    {"devices", "", "list your devices, give one a name, and remove one", 0, open_alone<PageName::kDevices>},
    {"passwd", "", "change the password of your account", 0, open_alone<PageName::kPassword>},
    {"rekey", "", "make a new key for your account", 0, open_alone<PageName::kRekey>},
    {"delete-account", "", "delete your account for ever", 0, open_alone<PageName::kDeleteAccount>},
};

}  // namespace

CommandTable conversation_commands() {
  return kCommands;
}

}  // namespace fastchat::tui
