// A person's session: the owner of the client's core. A Session joins the engine (client/core), the local store, the
// end-to-end layer and one CURVE link on a Machine (LoopMachine: the caller's Loop). The command line and the screen
// use Session and nothing below it.
//
// Everything runs on the loop's thread; only key work (Argon2id, a new RSA pair) and files have threads of their own.
// Callbacks come from the loop, after the data that they report is on disk, and never from inside a call. A Session
// must live until the last turn of the loop. A Loop may serve several sessions and other sources.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/contacts/standing_book.h"
#include "client/e2e/password.h"
#include "client/e2e/rsa.h"
#include "client/groups/group_types.h"
#include "client/runtime/listener.h"
#include "client/runtime/machine.h"
#include "common/curve.h"
#include "common/result.h"

namespace fastchat::client {

class People;

// A setting (Session::setting): "1" in a profile that a login made. The device began without messages, since messages
// stay on the device that received them.
inline constexpr const char* kNewDevice = "new-device";

struct SessionOptions {
  std::string data_dir;
  std::optional<InviteLine> invite;  // required for the first sign-up or login in this folder
  std::string agent = "fastchat";
  std::string device_name;  // shown in the list of devices; empty: the host's name
  std::string downloads;    // folder for fetched files; empty: "downloads" in the data directory
  bool typing = false;      // send typing signals to others, and receive theirs
  e2e::PasswordDeriver derive = e2e::derive_password;
  std::function<e2e::KeyPair()> make_pair = e2e::KeyPair::generate;  // of RSA keys
};

class Session {
 public:
  using Done = std::function<void(const Result<>&)>;

  // Opens (or makes) the data directory, takes its lock, and unlocks a remembered profile. When the profile does not
  // unlock, locked_because() has the reason. Uses no network. Errors: kLocalProfileInUse, kLocalDisk,
  // kLocalUntrustedKey (the invite names another server than the profile is pinned to).
  static Result<std::unique_ptr<Session>> open(std::unique_ptr<Machine> machine, SessionOptions options,
                                               Listener& listener);
  ~Session();

  bool has_profile() const;
  bool unlocked() const;
  // Returns true once the account of this profile is deleted.
  bool account_deleted() const;
  // Returns the reason that a remembered profile is locked: its key file is missing or damaged. The password opens the
  // profile.
  const std::optional<Error>& locked_because() const;
  const std::string& user() const;  // empty without a profile

  // Make a new account, or add this device to an account. The session then goes live by itself. `done` runs once the
  // profile is on disk. Errors: the broker's (kNameTaken, kBadCredentials, ...), kWeakPassword, kLocalUsage without an
  // invite line.
  void sign_up(AccountArgs args, Done done);
  void log_in(AccountArgs args, Done done);
  // Returns the devices of which one has to go, after kTooManyDevices.
  const std::vector<DeviceInfo>& device_choices() const;
  // Repeats the login after kTooManyDevices and removes the device `device_id`. Needs no password a second time.
  void log_in_replacing(const std::string& device_id, Done done);
  // Changes the password and the vault key. All other devices have to log in again; data on their disks stays readable
  // to them. After an interruption the next connection finds out whether the server made the change. Errors:
  // kBadCredentials (the old password is wrong), kWeakPassword.
  void change_password(e2e::Secret old_password, e2e::Secret new_password, Done done, bool new_key = false);
  uint64_t others_to_log_in() const;  // devices, after the last change of the password
  // Deletes the account for ever, and leaves its groups. The profile stays readable. Fails with kBadCredentials,
  // kOwnsGroups (the text names the groups that must be handed over or deleted first), kDeviceEnded (it was deleted
  // before), kLocalUnreachable, or an error of the link.
  void delete_account(e2e::Secret password, Done done);
  // Unlocks a profile that does not remember its secrets. Fails with kBadCredentials when the password is wrong. Needs
  // no server.
  void unlock(e2e::Secret password, Done done);
  // Starts the connection of an unlocked profile. The connection stays up, through reconnects, until stop() or a final
  // refusal (ConnectionEvent with kEnded).
  void start();
  // End the session gracefully: settle(), turns of the loop until settled(), then stop(), which sends bye. A settled
  // session has stored the vault and acknowledged the received messages, or has no connection.
  void settle();
  bool settled() const;
  void stop();
  // Deletes the stored secrets. Messages stay, sealed.
  Result<> log_out();

  const ConnectionEvent& connection() const;

  // Sends a text. `done` runs when the message is in the outbox on disk (the session sends it now or later), or with an
  // error: kUnknownUser, kTooLarge (over 16 KiB), kLocalUntrustedKey (the key changed), kLocalDisk, kBusy. Sealing
  // takes 2 ms of this thread: send a few messages at a time. `to` may be a group, with the errors kUnknownGroup and
  // kNotAllowed (this user is not in the group).
  void send(const PeerName& to, const std::string& text, SendOptions options,
            std::function<void(const Result<SentMessage>&)> done);
  // Changes the text of a text message of this user. Fails with kLocalUsage when there is no such message.
  void edit(const std::string& id, const std::string& text, Done done);
  // Deletes a message of this user. Both ends show the message as deleted from then on, and its text is removed from
  // this disk.
  void erase(const std::string& id, Done done);
  // Reacts to a message. `emoji` has at most e2e::kMaxEmoji bytes, some of them visible; an empty `emoji` takes the
  // reaction back.
  void react(const std::string& id, const std::string& emoji, Done done);
  // Sends a question with two to ten options. Without options the question is a line "QUESTION | A | B". Fails with
  // kLocalUsage and one line for a wrong poll. `name`: as in SendOptions.
  void send_poll(const PeerName& to, const std::string& question, const std::vector<std::string>& options,
                 const std::string& name, std::function<void(const Result<SentMessage>&)> done);
  // Votes for an option of a poll by its number, from 1; 0 takes the vote back. The vote may change. Fails with
  // kLocalUsage and one line for a wrong vote.
  void vote(const std::string& id, uint32_t choice, Done done);
  // Signals that the person types in this conversation. Sends at most one signal in 5 s, and none without
  // SessionOptions::typing.
  void typing(const PeerName& to);
  // Says whether a window beside this session's own wants typing signals. When the server does not know that yet, the
  // session connects anew.
  void want_typing(bool wanted);
  // Returns the message that was sent under this name (SendOptions::name); nullopt when there is none.
  Result<std::optional<ChatMessage>> sent_as(const std::string& name);
  size_t unaccepted() const;  // messages in the outbox that no server has taken yet

  // Seals and uploads the file, then sends the message that describes the file. `done` runs when the message is in the
  // outbox, or with an error: kLocalUsage (the file cannot be read, or changed meanwhile), kTooLarge, kStorageFull, and
  // the errors of send(). An upload that the end of the program interrupts goes on with the next start(). The same name
  // again is the same upload, and later the same message; without a name, the same file to the same user is the same
  // upload. `kept` runs once the upload is on disk, unless `done` runs before.
  void send_file(const PeerName& to, const std::string& path, SendOptions options,
                 std::function<void(const Result<SentMessage>&)> done, std::function<void()> kept = {});
  // Fetches the file of a message into a folder (empty: the downloads folder), under a safe name that is not taken, and
  // reports the path; at once when the file is here. Goes on where an earlier try ended. Errors: kLocalUsage (no such
  // message), kUnknownFile (expired), kLocalCrypto (not the file that was sent), kLocalDisk. A download that the end of
  // the program interrupts goes on, without `done`, with the next start().
  void fetch_file(const std::string& message_id, const std::string& directory_or_empty,
                  std::function<void(const Result<std::string>&)> done);
  void cancel_transfer(const std::string& id);  // `id`: of TransferInfo; its `done` gets kLocalUsage
  Result<std::vector<TransferInfo>> transfers();

  // Data on disk: all of these calls work offline.
  Result<std::vector<ChatMessage>> history(const PeerName& peer, size_t limit, int64_t before_position = 0);
  // Returns the lines after a position. With an empty `peer`: of all conversations, in the order in which their lines
  // came to be shown.
  Result<std::vector<ChatMessage>> history_after(const PeerName& peer, size_t limit, int64_t after_position);
  // Counts the lines of a conversation, and those before a position. Takes 10 ms for 100,000 lines.
  Result<PlaceInfo> place(const PeerName& peer, int64_t position);
  // Returns the newest `limit` messages that match `words`, in display order: they hold every word and phrase, and the
  // operators apply (client/search/query.h).
  Result<std::vector<ChatMessage>> search(const std::vector<std::string>& words, size_t limit);
  // Receives the parts of a search. An error is the last part.
  using SearchTold = std::function<void(Result<SearchPart>)>;
  // Runs the same search over turns of the loop, some milliseconds in each, until `limit` messages are found. Another
  // search of the same searcher, or stop_search(), ends the search without a call.
  void search(const std::vector<std::string>& words, size_t limit, SearchTold told, uint64_t searcher = 0);
  void stop_search(uint64_t searcher = 0);
  Result<std::vector<ConversationInfo>> conversations();
  // Returns the details of a message. Fails with kLocalUsage when there is no such message.
  Result<MessageInfo> message_info(const std::string& id);
  Result<std::vector<ChatMessage>> unseen(int64_t after_position, size_t limit);
  Result<std::vector<store::QuarantineEntry>> quarantine();
  Result<StatusInfo> status();
  // Marks a message as seen. Written with the next turn of the loop, as the marks of mark_peer_read().
  void mark_seen(const ChatMessage& message);
  // Checks that the disk has room to mark all the messages as seen. Fails with kLocalDisk when it has not.
  Result<> try_seen(const std::vector<ChatMessage>& messages);
  // Marks a conversation as read. With `receipts`, sends the sender a signed, sealed receipt.
  void mark_peer_read(const PeerName& peer, bool receipts = true);

  // Read and write small texts that the profile keeps sealed under a name, such as drafts and muted conversations.
  // Empty: there is none. Written with the next turn of the loop. Fails with kLocalUsage while the profile is locked. A
  // setting with a name that ends in the conversation of a group, as in "mute:#team", follows the group when it is
  // renamed.
  Result<std::string> setting(const std::string& name);
  Result<> set_setting(const std::string& name, const std::string& text);

  // Make and change groups, named without '#'. A new group or a change is on disk before the server is asked, and is
  // made, after a crash too, once the server can be reached. leave_group() and delete_group() ask the server once, and
  // are not repeated. `done` runs when the server made the change, or with an error:
  // kNameTaken, kNameNotAllowed, kUnknownUser, kGroupFull, kTooManyGroups, kThrottled (too many changes today),
  // kStorageFull, kNotAllowed, kUnknownGroup, kLocalUntrustedKey (a member's key changed), kLocalUsage.
  void create_group(const std::string& name, std::vector<std::string> members, Done done);
  void change_group(const std::string& name, GroupEdit edit, Done done);
  void leave_group(const std::string& name, Done done);
  void delete_group(const std::string& name, Done done);
  Result<std::vector<GroupInfo>> groups();
  // Returns true while the session reads the list and the states of the groups: after a login, and for a moment when a
  // group changed.
  bool groups_busy() const;

  // Returns the calls about keys of other people and about who may write to this user (client/session/people.h).
  People& people();

  void devices(std::function<void(const Result<std::vector<DeviceInfo>>&)> done);
  // Returns the devices as the server named them last; works offline, too.
  Result<std::vector<DeviceInfo>> known_devices();
  void remove_device(const std::string& id, Done done);
  // Gives the device a name, which stays at its logins.
  void rename_device(const std::string& id, const std::string& name, Done done);

 private:
  class Rooms;
  explicit Session(std::unique_ptr<Rooms> rooms);
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace fastchat::client
