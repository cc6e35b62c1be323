// The calls of a window and of its holder, each with its name and its fields. Both ends are of the same version, so
// the calls may change with every version; docs/rpc.md says how a window begins.
//
// A call with an Answer returns a value at once. Every other call is a change. The holder answers a change with null
// once its writes are on disk. A window that loses its holder makes the unanswered changes again with the next holder,
// except for those that matter at the moment only (kOfTheMoment).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/tui/adapters/session_files.h"
#include "client/tui/adapters/session_messages.h"
#include "client/tui/ports/screen.h"
#include "client/tui/terminal/frame.h"
#include "client/tui/window/fields.h"

namespace fastchat::tui {

inline constexpr int kWindowFormat = 3;            // raise with each change of these calls
inline constexpr size_t kMaxMessagesOfACall = 32;  // bounds the size of an answer
inline constexpr size_t kMaxWords = 1000;          // of a search

// ---- beginning

struct WindowOpened {
  std::string user, server;
  client::ConnectionEvent connection;
};
template <class A, Is<WindowOpened> V>
void fields(A& a, V& v) {
  a.line("user", v.user, kMaxName);
  a.line("server", v.server, kMaxName);
  a.object("connection", v.connection);
}
struct OpenWindow {
  static constexpr const char* kName = "window";
  using Answer = WindowOpened;
  std::string version;
  int format = kWindowFormat;
  bool read_receipts = true, typing = false;
};
template <class A, Is<OpenWindow> V>
void fields(A& a, V& v) {
  a.line("version", v.version, kMaxName);
  a.number("format", v.format);
  a.flag("read_receipts", v.read_receipts);
  a.flag("typing", v.typing);
}

// ---- values

struct ListConversations {
  static constexpr const char* kName = "window.conversations";
  using Answer = ListOf<client::ConversationInfo>;
};
struct ListGroups {
  static constexpr const char* kName = "window.groups";
  using Answer = ListOf<client::GroupInfo>;
};
struct ListTransfers {
  static constexpr const char* kName = "window.transfers";
  using Answer = ListOf<client::TransferInfo>;
};
struct ListQuarantine {
  static constexpr const char* kName = "window.quarantine";
  using Answer = ListOf<store::QuarantineEntry>;
};
struct ListContacts {
  static constexpr const char* kName = "window.contacts";
  using Answer = ListOf<client::ContactInfo>;
};
struct ListDeviceChoices {
  static constexpr const char* kName = "window.device_choices";
  using Answer = ListOf<client::DeviceInfo>;
};
template <class T>
concept AsksForAList = Is<T, ListConversations> || Is<T, ListGroups> || Is<T, ListTransfers> || Is<T, ListQuarantine> ||
    Is<T, ListContacts> || Is<T, ListDeviceChoices>;
template <class A, AsksForAList V>
void fields(A&, V&) {}

// Reads at most kMaxMessagesOfACall messages, as Conversations::history() and history_after() do.
struct ReadHistory {
  static constexpr const char* kName = "window.history";
  using Answer = ListOf<client::ChatMessage>;
  client::PeerName peer;
  uint64_t limit = 0;
  int64_t position = 0;
  bool after = false;
};
template <class A, Is<ReadHistory> V>
void fields(A& a, V& v) {
  a.peer("peer", v.peer);
  a.number("limit", v.limit, uint64_t{0}, uint64_t{kMaxMessagesOfACall});
  a.number("position", v.position);
  a.flag("after", v.after);
}

struct FindPlace {
  static constexpr const char* kName = "window.place";
  using Answer = client::PlaceInfo;
  client::PeerName peer;
  int64_t position = 0;
};
template <class A, Is<FindPlace> V>
void fields(A& a, V& v) {
  a.peer("peer", v.peer);
  a.number("position", v.position);
}

struct ReadInfo {
  static constexpr const char* kName = "window.info";
  using Answer = ListOf<client::MessageInfo>;  // one, or none
  std::string id;
};
template <class A, Is<ReadInfo> V>
void fields(A& a, V& v) {
  a.exact("id", v.id, kMaxName);
}

struct SettingText {
  std::string text;
};
template <class A, Is<SettingText> V>
void fields(A& a, V& v) {
  a.exact("text", v.text);
}
struct GetSetting {
  static constexpr const char* kName = "window.setting";
  using Answer = SettingText;
  std::string name;
};
template <class A, Is<GetSetting> V>
void fields(A& a, V& v) {
  a.exact("name", v.name, kMaxName);
}

// ---- changes

struct SetSetting {
  static constexpr const char* kName = "window.set_setting";
  std::string name, text;
  std::string seen{};  // the text that the window read or wrote last under this name
};
template <class A, Is<SetSetting> V>
void fields(A& a, V& v) {
  a.exact("name", v.name, kMaxName);
  a.exact("text", v.text);
  a.exact("seen", v.seen);
}

struct SendMessage {
  static constexpr const char* kName = "window.send";
  Written written;
};
template <class A, Is<SendMessage> V>
void fields(A& a, V& v) {
  a.peer("to", v.written.to);
  a.exact("text", v.written.text);
  a.exact("answers", v.written.answers, kMaxName);
  a.flag("poll", v.written.poll);
  a.exact("name", v.written.name, kMaxName);
}

struct ChangeMessage {
  static constexpr const char* kName = "window.change_message";
  enum class What { kEdit, kErase, kReact };
  What what = What::kEdit;
  std::string id, text;  // the new text, or the emoji
};
template <class A, Is<ChangeMessage> V>
void fields(A& a, V& v) {
  a.choice("what", v.what, ChangeMessage::What::kReact);
  a.exact("id", v.id, kMaxName);
  a.exact("text", v.text);
}

struct Vote {
  static constexpr const char* kName = "window.vote";
  std::string id;
  uint32_t choice = 0;
};
template <class A, Is<Vote> V>
void fields(A& a, V& v) {
  a.exact("id", v.id, kMaxName);
  a.number("choice", v.choice);
}

// Marks a conversation as read, or signals that the person types there.
struct MarkConversation {
  static constexpr const char* kName = "window.mark_read";
  client::PeerName peer;
};
struct SignalTyping {
  static constexpr const char* kName = "window.typing";
  static constexpr bool kOfTheMoment = true;
  client::PeerName peer;
};
template <class A, class V>
requires(Is<V, MarkConversation> || Is<V, SignalTyping>) void fields(A& a, V& v) {
  a.peer("peer", v.peer);
}

// Starts a search; without words ends the search.
struct StartSearch {
  static constexpr const char* kName = "window.search";
  static constexpr bool kOfTheMoment = true;
  std::vector<std::string> words;
  uint64_t limit = 0;
};
template <class A, Is<StartSearch> V>
void fields(A& a, V& v) {
  a.words("words", v.words, kMaxWords);
  a.number("limit", v.limit, uint64_t{0}, uint64_t{kMaxItems});
}

struct ChangeGroup {
  static constexpr const char* kName = "window.change_group";
  enum class What { kCreate, kChange, kLeave, kErase };
  What what = What::kChange;
  std::string name;
  client::GroupEdit edit;  // of a new group: who is added
};
template <class A, Is<ChangeGroup> V>
void fields(A& a, V& v) {
  a.choice("what", v.what, ChangeGroup::What::kErase);
  a.exact("name", v.name, kMaxName);
  a.object("edit", v.edit);
}

// Is answered once the upload is on disk, or refused: the holder looks at the file first.
struct SendFile {
  static constexpr const char* kName = "window.send_file";
  FileToSend file;
};
template <class A, Is<SendFile> V>
void fields(A& a, V& v) {
  a.peer("to", v.file.to);
  a.exact("path", v.file.path, kMaxPath);
  a.exact("answers", v.file.answers, kMaxName);
  a.exact("name", v.file.name, kMaxName);
}

struct FetchFile {
  static constexpr const char* kName = "window.fetch_file";
  static constexpr bool kOfTheMoment = true;
  enum class What { kSave, kShow, kCancel };
  What what = What::kSave;
  std::string id;  // of the message; to cancel: of the transfer
  std::string folder;
};
template <class A, Is<FetchFile> V>
void fields(A& a, V& v) {
  a.choice("what", v.what, FetchFile::What::kCancel);
  a.exact("id", v.id, kMaxName);
  a.exact("folder", v.folder, kMaxPath);
}

struct JudgeKey {
  static constexpr const char* kName = "window.key";
  enum class What { kShow, kAccept, kKeep, kMarkVerified };
  What what = What::kShow;
  std::string user;
};
template <class A, Is<JudgeKey> V>
void fields(A& a, V& v) {
  a.choice("what", v.what, JudgeKey::What::kMarkVerified);
  a.exact("user", v.user, kMaxName);
}

// Asks for the list of devices; with an id removes that device, or gives it a name.
struct AskDevices {
  static constexpr const char* kName = "window.devices";
  static constexpr bool kOfTheMoment = true;
  std::string removed, renamed, name;
};
template <class A, Is<AskDevices> V>
void fields(A& a, V& v) {
  a.exact("removed", v.removed, kMaxName);
  a.exact("renamed", v.renamed, kMaxName);
  a.exact("name", v.name, kMaxPath);
}

// Changes the account. The call holds passwords, so it is made once and never kept.
struct ChangeAccount {
  static constexpr const char* kName = "window.account";
  static constexpr bool kOfTheMoment = true;
  enum class What { kLogIn, kLogInReplacing, kChangePassword, kGiveUp, kLogOut, kRekey, kDelete };
  What what = What::kGiveUp;
  std::string user, device, password, next;
};
template <class A, Is<ChangeAccount> V>
void fields(A& a, V& v) {
  a.choice("what", v.what, ChangeAccount::What::kDelete);
  a.exact("user", v.user, kMaxName);
  a.exact("device", v.device, kMaxName);
  a.exact("password", v.password, kMaxPath);
  a.exact("next", v.next, kMaxPath);
}

// Reports that the person types into this window, or turned to it.
struct UseWindow {
  static constexpr const char* kName = "window.used";
  static constexpr bool kOfTheMoment = true;
};
template <class A, Is<UseWindow> V>
void fields(A&, V&) {}

// Confirms that a text which SendFailed brought back is in a draft, which this window has written.
struct TookBack {
  static constexpr const char* kName = "window.took_back";
  static constexpr bool kOfTheMoment = true;
  client::PeerName to;
  std::string text;
};
template <class A, Is<TookBack> V>
void fields(A& a, V& v) {
  a.peer("to", v.to);
  a.exact("text", v.text);
}

template <class Call>
concept Asks = requires {
  typename Call::Answer;
};
template <class Call>
concept OfTheMoment = requires {
  Call::kOfTheMoment;
};

// ---- notifications of the holder; fields.h has the events

inline constexpr const char* kWindowEvent = "window.event";

struct ShowLine {
  static constexpr const char* kName = "window.line";
  std::string text;
  Style style = Style::kWarn;
};
template <class A, Is<ShowLine> V>
void fields(A& a, V& v) {
  a.line("text", v.text);
  a.choice("style", v.style, Style::kDay);
}

struct ShowPage {
  static constexpr const char* kName = "window.page";
  enum class What { kMain, kReplace, kHome };
  What what = What::kHome;
};
template <class A, Is<ShowPage> V>
void fields(A& a, V& v) {
  a.choice("what", v.what, ShowPage::What::kHome);
}

// Tells a window whether it notifies the person of messages.
struct ComeToFront {
  static constexpr const char* kName = "window.front";
  bool front = true;
};
template <class A, Is<ComeToFront> V>
void fields(A& a, V& v) {
  a.flag("front", v.front);
}

// Ends the window; the line says why.
struct EndWindow {
  static constexpr const char* kName = "window.end";
  std::string text;
};
template <class A, Is<EndWindow> V>
void fields(A& a, V& v) {
  a.line("text", v.text);
}

}  // namespace fastchat::tui
