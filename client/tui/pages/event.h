// Events of the screen: news from the session, and answers to requests of pages. Plain data; each event owns its
// values.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "client/session/session.h"
#include "client/tui/pages/local_file_reader.h"
#include "client/tui/picture/picture.h"
#include "common/result.h"

namespace fastchat::tui {

// A message, hole or notice took its place in a conversation.
struct MessageAdded {
  client::ChatMessage message;
};
// A known message was edited, deleted, reacted to or voted in.
struct MessageChanged {
  client::ChatMessage message;
};
// Reports that messages of a conversation were marked as read, here or in another window.
struct MarkedRead {
  client::PeerName peer;
};
// Reports that the person decided about the key of a user, here or in another window.
struct TrustChanged {
  std::string user;
};
// A group changed, came or went.
struct GroupChanged {
  std::string name;  // without '#'
};
// The users who type in a conversation now; empty: nobody types any more.
struct TypingChanged {
  client::PeerName peer;
  std::vector<std::string> users;
};
// A part of the newest search's results. `first`: the results of the search before do not count any more.
struct SearchFound {
  client::SearchPart part;
  bool first = false;
};
// A text that could not be put into the outbox, exactly as written.
struct SendFailed {
  client::PeerName to;
  std::string text;
  std::string answers;  // id of the answered message; then `text` is a command
  Error error;
};
// A request of the page on top failed: a login, a change of the password.
struct RequestFailed {
  Error error;
};
// The answer to a request to verify somebody.
struct KeyShown {
  Result<client::VerifyInfo> result;
};
// The answer to a request for a contact card.
struct CardShown {
  Result<client::CardInfo> result;
};
// The answer to a request for the devices of this account.
struct DevicesListed {
  Result<std::vector<client::DeviceInfo>> result;
};
// A file of this disk was read.
struct FileRead {
  std::string path;
  Result<LocalFile> file;
};
// The file of a message is on this disk, to be shown.
struct FileFetched {
  std::string path;
};
struct PictureDrawn {
  std::string path;
  Result<Picture> picture;
};
// Pictures are shown in another form from now on: earlier drawings are invalid.
struct PictureFormChanged {};
// The page is on top, or something covers the page.
struct CoverChanged {
  bool on_top = true;
};

using Event = std::variant<MessageAdded, MessageChanged, client::ReceiptEvent, client::TransferEvent,
                           client::ConnectionEvent, client::Notice, MarkedRead, TrustChanged, GroupChanged,
                           TypingChanged, SearchFound, SendFailed, RequestFailed, KeyShown, CardShown, DevicesListed,
                           FileRead, FileFetched, PictureDrawn, PictureFormChanged, CoverChanged>;

using EventHandler = std::function<void(const Event&)>;

// A visitor from lambdas, for std::visit; the last may take `const auto&` for all other events.
template <class... Calls>
struct Hears : Calls... {
  using Calls::operator()...;
};
template <class... Calls>
Hears(Calls...) -> Hears<Calls...>;  // clang before 17 deduces no arguments for an aggregate

}  // namespace fastchat::tui
