// A person's session: the owner of the client's core. It joins the engine (client/core), the local store, the
// end-to-end layer and one CURVE link on a Machine (LoopMachine: the caller's Loop). The command line and the screen
// use this and nothing below.
//
// Everything runs on the loop's thread; only key work (Argon2id, a new RSA pair) and files have threads of their own.
// Callbacks come from the loop, after what they speak of is on disk, and never from inside a call. A Session must live
// until the loop has had its last turn; a Loop may serve several sessions and whatever else is added to it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/e2e/password.h"
#include "client/e2e/rsa.h"
#include "client/groups/group_types.h"
#include "client/runtime/listener.h"
#include "client/runtime/machine.h"
#include "common/curve.h"
#include "common/result.h"

namespace fastchat::client {

// A setting (Session::setting): "1" in a profile that a login made. The device began without messages, since messages
// stay on the device that received them.
inline constexpr const char* kNewDevice = "new-device";

struct SessionOptions {
  std::string data_dir;
  std::optional<InviteLine> invite;  // required for the first sign-up or login in this folder
  std::string agent = "fastchat";
  std::string device_name;  // shown in the list of devices; empty: the host's name
  std::string downloads;    // where files are put; empty: "downloads" in the data directory
  bool typing = false;      // tell others in whose conversation one types, and hear it of them
  e2e::PasswordDeriver derive = e2e::derive_password;
  std::function<e2e::KeyPair()> make_pair = e2e::KeyPair::generate;  // of RSA keys
};

class Session {
 public:
  using Done = std::function<void(const Result<>&)>;

  // Opens (or makes) the data directory, takes its lock, and unlocks a remembered profile (or says in locked_because()
  // why it does not). No network yet. Errors:
  // kLocalProfileInUse, kLocalDisk, kLocalUntrustedKey (the invite names another server than the profile is pinned to).
  static Result<std::unique_ptr<Session>> open(std::unique_ptr<Machine> machine, SessionOptions options,
                                               Listener& listener);
  ~Session();

  bool has_profile() const;
  bool unlocked() const;
  // Why a remembered profile is locked all the same: its key file is gone or damaged. The password opens it.
  const std::optional<Error>& locked_because() const;
  const std::string& user() const;  // empty without a profile

  // A new account, or another device of one; then the session goes live by itself. `done` comes once the profile is on
  // disk. Errors: the broker's (kNameTaken, kBadCredentials, ...), kWeakPassword, kLocalUsage without an invite line.
  void sign_up(AccountArgs args, Done done);
  void log_in(AccountArgs args, Done done);
  // After kTooManyDevices: those of which one has to go, and the same login again with one that goes. No password is
  // asked for a second time.
  const std::vector<DeviceInfo>& device_choices() const;
  void log_in_replacing(const std::string& device_id, Done done);
  // The new password, and a new vault key; all other devices have to log in again. What is on their disks stays
  // readable to them. Interrupted, the next connection finds out whether it was made. kBadCredentials: the old password
  // is not right; kWeakPassword.
  void change_password(e2e::Secret old_password, e2e::Secret new_password, Done done);
  uint64_t others_to_log_in() const;  // of the last change
  // Opens a profile that does not remember its secrets; wrong password: kBadCredentials. Needs no server.
  void unlock(e2e::Secret password, Done done);
  // Starts the connection of an unlocked profile; it stays up, through reconnects, until stop() or a final refusal
  // (ConnectionEvent with kEnded).
  void start();
  // The polite way to end: settle(), turns of the loop until settled() (the vault is stored, what was received is
  // acknowledged, or there is no session), then stop(), which says bye.
  void settle();
  bool settled() const;
  void stop();
  // Forgets the stored secrets; messages stay, sealed.
  Result<> log_out();

  const ConnectionEvent& connection() const;

  // `done` comes when the message is in the outbox on disk (it will be sent, now or later), or with the reason why not:
  // kUnknownUser, kTooLarge (over 16 KiB), kLocalUntrustedKey (the key changed), kLocalDisk, kBusy.
  // Sealing takes 2 ms of this thread: push a few at a time.
  // `to` may be a group: kUnknownGroup, kNotAllowed for who is not in it.
  void send(const PeerName& to, const std::string& text, SendOptions options,
            std::function<void(const Result<SentMessage>&)> done);
  // Another text for a text of this user's; kLocalUsage without such a message.
  void edit(const std::string& id, const std::string& text, Done done);
  // Shown as deleted at both ends from then on; its text goes from this disk.
  void erase(const std::string& id, Done done);
  // At most e2e::kMaxEmoji bytes, something of which can be seen; empty takes the reaction back.
  void react(const std::string& id, const std::string& emoji, Done done);
  // A question with two to ten options, and a vote for one of them by its number (from 1; 0 takes it back), which may
  // change. kLocalUsage with one line for what makes no poll, or is not a vote for one.
  void send_poll(const PeerName& to, const std::string& question, const std::vector<std::string>& options,
                 std::function<void(const Result<SentMessage>&)> done);
  // The same as one line: "QUESTION | A | B".
  void send_poll(const PeerName& to, const std::string& line, std::function<void(const Result<SentMessage>&)> done);
  void vote(const std::string& id, uint32_t choice, Done done);
  // The person types in this conversation. At most one signal in 5 s; nothing without SessionOptions::typing.
  void typing(const PeerName& to);
  // The message that was sent under this name (SendOptions::name).
  Result<std::optional<ChatMessage>> sent_as(const std::string& name);
  size_t unaccepted() const;  // messages in the outbox that no server has taken yet

  // Seals and uploads the file, then sends the message that speaks of it. `done` comes when that is in the outbox, or
  // with the reason why not: kLocalUsage (it cannot be read, or changed meanwhile), kTooLarge, kStorageFull, and those
  // of send(). What the end of the program interrupts goes on with the next start(); the same file to the same user
  // again is the same upload.
  void send_file(const PeerName& to, const std::string& path, SendOptions options,
                 std::function<void(const Result<SentMessage>&)> done);
  // Fetches the file of a message into a folder (empty: the downloads folder), under a safe name that is not taken, and
  // answers the path; at once when it is here. Goes on where an earlier try ended. Errors: kLocalUsage (no such
  // message), kUnknownFile (expired), kLocalCrypto (not what was sent), kLocalDisk. What the end of the program
  // interrupts goes on, without `done`, with the next start().
  void fetch_file(const std::string& message_id, const std::string& directory_or_empty,
                  std::function<void(const Result<std::string>&)> done);
  void cancel_transfer(const std::string& id);  // as in TransferInfo; its `done` hears kLocalUsage
  Result<std::vector<TransferInfo>> transfers();

  // Data on disk: all of these calls work offline.
  Result<std::vector<ChatMessage>> history(const PeerName& peer, size_t limit, int64_t before_position = 0);
  // With an empty `peer`: of all conversations, in the order in which their lines came to be shown.
  Result<std::vector<ChatMessage>> history_after(const PeerName& peer, size_t limit, int64_t after_position);
  // The newest `limit` messages that `words` ask for, in display order: they hold every word and phrase, and the
  // operators apply (client/search/query.h).
  Result<std::vector<ChatMessage>> search(const std::vector<std::string>& words, size_t limit);
  // The same over turns of the loop, some milliseconds in each, until `limit` are found; another search, or
  // stop_search(), ends it without a word. An error is the last part.
  using SearchTold = std::function<void(Result<SearchPart>)>;
  void search(const std::vector<std::string>& words, size_t limit, SearchTold told);
  void stop_search();
  Result<std::vector<ConversationInfo>> conversations();
  // kLocalUsage without such a message.
  Result<MessageInfo> message_info(const std::string& id);
  Result<std::vector<ChatMessage>> unseen(int64_t after_position, size_t limit);
  Result<std::vector<store::QuarantineEntry>> quarantine();
  Result<StatusInfo> status();
  // Written with the next turn of the loop; mark_peer_read also tells the sender (a signed, sealed receipt).
  void mark_seen(const ChatMessage& message);
  // Whether the disk has room to mark them all. kLocalDisk: it has not.
  Result<> try_seen(const std::vector<ChatMessage>& messages);
  void mark_peer_read(const PeerName& peer);
  void mark_peer_seen(const PeerName& peer);  // the same, but nobody is told

  // Small things kept sealed in the profile under a name: drafts, what is muted. Empty: there is none. Written with the
  // next turn of the loop. kLocalUsage while the profile is locked. A name that ends in the conversation of a group, as
  // in "mute:#team", goes on when the group is renamed.
  Result<std::string> setting(const std::string& name);
  Result<> set_setting(const std::string& name, const std::string& text);

  // Groups, named without '#'. A change is on disk before it is asked for and is made, after a crash too, once the
  // server is there; `done` comes when the server took it, or with the reason why not: kNameTaken, kNameNotAllowed,
  // kUnknownUser, kGroupFull, kTooManyGroups, kThrottled (too many changes today), kStorageFull, kNotAllowed,
  // kUnknownGroup, kLocalUntrustedKey (a member's key changed), kLocalUsage.
  void create_group(const std::string& name, std::vector<std::string> members, Done done);
  void change_group(const std::string& name, GroupEdit edit, Done done);
  void leave_group(const std::string& name, Done done);
  void delete_group(const std::string& name, Done done);
  Result<std::vector<GroupInfo>> groups();
  // Still finding out which groups there are and how they stand; after a login, and for a moment when one changed.
  bool groups_busy() const;

  // Looks the key up when the user is not pinned yet.
  void verify(const std::string& user, std::function<void(const Result<VerifyInfo>&)> done);
  Result<> accept_key(const std::string& user);
  // Refuses the key that the server shows in place of the known one; it is not offered again.
  Result<> keep_key(const std::string& user);
  Result<> mark_verified(const std::string& user);

  void devices(std::function<void(const Result<std::vector<DeviceInfo>>&)> done);
  // As the server named them last; offline too.
  Result<std::vector<DeviceInfo>> known_devices();
  void remove_device(const std::string& id, Done done);

 private:
  class Rooms;
  explicit Session(std::unique_ptr<Rooms> rooms);
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace fastchat::client
