// The inside of a Session: performs the engine's actions with the store, the end-to-end layer and the transport.
// Spread over runtime*.cc by subject; included by those alone.
//
// Frames, opened envelopes, receipts and new messages write into one Turn. When the disk refuses, the turn is undone
// and the engine told; nothing of it was promised to anybody.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "client/core/continuity.h"
#include "client/e2e/message.h"
#include "client/group_book.h"
#include "client/group_editor.h"
#include "client/group_epochs.h"
#include "client/group_vault.h"
#include "client/key_lookup.h"
#include "client/message_search.h"
#include "client/runtime.h"
#include "client/runtime_account.h"
#include "client/runtime_keys.h"
#include "client/runtime_parts.h"
#include "client/runtime_pins.h"
#include "client/runtime_vault.h"
#include "client/server.h"
#include "client/settings.h"
#include "client/turn.h"
#include "client/typing.h"

namespace fastchat::client {

class Session::Impl final : public core::Ports, public e2e::ReplayMarks, public TurnPart {
 public:
  Impl(Loop& loop, SessionOptions options, Listener& listener, std::unique_ptr<store::Store> store);
  ~Impl() override;

  // ---- runtime.cc: life
  Result<> open();
  void start();
  void stop();
  bool settled() const;
  void turn();
  void work() override;
  void committed() override;
  void rolled_back(const Error& error) override;
  int64_t now_ms() const { return turn_.now_ms(); }

  // ---- runtime_login.cc
  void sign_up(AccountArgs args, Done done);
  void log_in(AccountArgs args, Done done);
  void log_in_replacing(const std::string& device, Done done);
  void unlock(e2e::Secret password, Done done);

  // ---- runtime_password.cc
  void change_password(e2e::Secret old_password, e2e::Secret new_password, Done done);

  // ---- runtime_outbound.cc
  using SendDone = std::function<void(const Result<SentMessage>&)>;
  // Where a message goes: a conversation as it is stored, and the keys that seal it.
  struct Target {
    std::string peer;          // as in the store: a user, or '#' and the hex digits of a group's id
    const Pin* pin = nullptr;  // of a user; null stands for this user himself
    Bytes group;               // 32, or empty
  };
  using Reached = std::function<void(const Result<Target>&)>;
  void send(const std::string& to, const std::string& text, const SendOptions& options, SendDone done);
  // A user whose key is known, or a group this user is in.
  void reach(const std::string& to, Reached done);
  // A shown message by its id; kLocalUsage when there is none.
  Result<store::Message> find_shown(const std::string& id);
  // What a message to `to` that answers the one with this id says of it; nothing for an empty id.
  Result<std::optional<e2e::MessageId>> answered_by(const std::string& to, const std::string& reply_to);
  // Seals for `target` and puts it into the outbox; `visible`: with a line in the conversation; `path`: of a file that
  // is sent.
  void seal_and_store(const Target& target, e2e::Content content, bool visible, SendDone done,
                      const std::string& path = {}, ByteView name = {});
  Bytes send_name(const std::string& name) const;
  void mark_peer_read(const std::string& peer);

  // ---- runtime_remarks.cc
  void remark(const std::string& id, bool own, e2e::Content content, Done done);
  bool store_remark(const e2e::Received& received, const core::MessageKey& key);
  void add_remarks(const store::Message& row, ChatMessage& out) const;
  // An own group message whose epoch is too old: sealed for the current one, at once or, when this device has not
  // followed the group so far, once it has. False when that cannot be.
  bool seal_anew(uint64_t ref);
  void seal_followed();  // those that waited
  // ---- runtime_streams.cc
  // A message of ours whose place in its stream another one has: sealed again in a new stream. False when it cannot be.
  bool seal_in_new_stream(uint64_t ref);

  // ---- runtime_groups.cc
  Result<> load_groups();
  void group_turn();
  void on_groups_attached();
  // A conversation's name as people write it, and as the store has it; empty for a group that is not here.
  std::string shown_peer(const std::string& stored) const;
  std::string stored_peer(const std::string& shown) const;
  // The newest state of the group that a stored conversation is of; null for a person.
  const e2e::GroupState* group_of(const std::string& stored) const;
  std::optional<ChatMessage> waiting_line(const std::string& stored) const;

  // ---- runtime_views.cc
  ChatMessage view(const store::Message& row) const;
  Result<std::vector<ChatMessage>> views(Result<std::vector<store::Message>> rows) const;
  void verify(const std::string& peer, std::function<void(const Result<VerifyInfo>&)> done);
  void devices(std::function<void(const Result<std::vector<DeviceInfo>>&)> done);
  void remove_device(const std::string& id, Done done);
  Result<StatusInfo> status();

  // ---- runtime_devices.cc
  void devices_turn();
  void compare_devices(const v1::Devices& now);
  void tell_devices(const std::vector<store::DeviceRow>& came, const std::map<Bytes, store::DeviceRow>& gone);
  void on_vault_restored(uint64_t server, uint64_t ours);
  void ask_users_known(std::vector<std::string> names);
  void ask_groups_known();
  bool store_own_notice(int kind, const std::string& text, ByteView about);
  DeviceInfo device_info(const core::DeviceRecord& d) const;
  // ---- runtime_files.cc
  class Files;
  Files& files() { return *files_; }
  // Keeps what a FILE message said, with the message's row. `path`: where the file is on this device, or empty.
  bool store_file(ByteView hash, const e2e::FileInfo& info, const std::string& path);

  // ---- runtime_ports.cc
  void connect(const core::Endpoint& to) override;
  void close() override { server_.transport().close(); }
  void send(Bytes&& frame) override { server_.transport().send(std::move(frame)); }
  void logged_in(const core::LoggedIn& in) override;
  void signed_up() override {}
  void password_changed(uint64_t devices) override;
  void devices_changed() override;
  void link_changed(core::LinkState state, const core::LinkNote& note) override;
  void latency_changed(int64_t ms) override;
  std::optional<Bytes> load_envelope(uint64_t ref) override;
  void receipt(const core::Receipt& receipt) override;
  void open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind) override;
  std::optional<Bytes> find_mark(const core::MessageKey& key) override;
  core::StreamMark load_stream(const Bytes& from_fpr, const Bytes& stream) override;
  void write(core::Write&& write) override;
  void drop(uint64_t arrival) override;
  void show(const Bytes& from_fpr, const Bytes& stream, const core::Show& show) override;
  void signal(ByteView envelope) override { typing_.on_signal(envelope); }
  void reply(uint64_t request, const Result<v1::ServerFrame*>& answer) override { server_.reply(request, answer); }
  void vault_changed(uint64_t version) override;
  void group_changed(const Bytes& group_id, uint64_t epoch) override;
  uint64_t random() override;

  // ---- what end-to-end asks while it opens a message
  std::optional<Seen> seen(const e2e::MessageId& id) const override;

  Loop& loop_;
  const SessionOptions options_;
  Listener& listener_;
  std::unique_ptr<store::Store> store_;
  Turn turn_;
  Account account_;
  PinBook pins_;
  GroupBook groups_;
  GroupEpochs epochs_;
  GroupVault group_vault_;
  std::unique_ptr<VaultKeeper> vault_;
  Server server_;
  KeyWorker keys_;
  ConnectionEvent connection_;
  std::unique_ptr<Files> files_;
  KeyLookup look_ups_;
  Settings settings_;
  GroupEditor editor_;
  Typing typing_;
  Search search_;

  template <class T>
  bool check(const Result<T>& r) {
    return turn_.check(r);
  }

 private:
  friend class Session;

  // A login by password in the making.
  struct Login {
    Account::Fresh fresh;
    e2e::PasswordKeys keys;
    Done done;
    Bytes device{};
    e2e::Secret secret{};                       // of the device's later log-ins
    std::optional<core::SignUpData> sign_up{};  // until the name is known to be taken by us
    int tries = 0;  // before this one: links that broke while signing up, ids of devices that had ended
    std::vector<e2e::Secret> forms{};         // of the password, not tried yet
    Bytes replaces{};                         // a device that goes
    std::optional<e2e::PasswordKeys> next{};  // of the new password, which it is about
    e2e::VaultContent content{};              // with `next`: what was sealed under the new vault key
    bool refused = false;                     // with `next`: the old password is not the account's
  };

  void make_engine(const Bytes& realm, const Bytes& broker_key, const std::vector<std::string>& endpoints);
  Result<> make_books(const Bytes& realm);
  void unlock_remembered();
  void restore();
  int64_t next_wake() const override;

  Result<Account::Fresh> fresh_login(const AccountArgs& args) const;
  void try_password(Login login);
  void begin_login(Login login);
  core::Credentials login_credentials() const;
  Result<core::Credentials> own_credentials();
  void restore_account();
  void unlock_with_form(std::vector<e2e::Secret> forms, Done done);
  void finish_sign_up(const Account::Fresh& fresh, const std::string& token, KeyAnswer& answer, const Done& done);
  void end_login(const Result<>& result);
  bool retry_lost_sign_up(const core::LinkNote& note);
  bool retry_refused(const core::LinkNote& note);
  bool changed_already() const;
  bool may_be_changed() const;
  Result<> go_on_changing(const core::LoggedIn& in);
  bool find_out_change();

  std::string account_text(const core::LinkNote& note) const;
  KeyLookup::Events key_events();
  GroupEditor::Events group_events();
  void open_arrivals();
  void open_first(std::vector<Arrival> arrivals);
  void refuse_arrivals(const std::string& user, std::vector<Arrival> arrivals, const std::string& why);
  void open_one(Arrival arrival);
  void reopen(const Bytes& group, int64_t after);
  // ---- runtime_waiting.cc: messages of groups that cannot be opened yet
  // True: it stays with the server, unacknowledged, until that said which groups this user is in.
  bool park(Arrival& arrival, const e2e::Received& received);
  void unpark(bool asked);
  bool store_waiting(const Staged& staged, bool* kept);
  bool share_left(const std::string& user, const Bytes& group);

  bool store_message(const core::Write& write, bool held, bool late);
  bool store_content(const Staged& staged);
  bool store_known(const e2e::Received& received, const core::MessageKey& key, const e2e::MessageId& first);
  bool store_receipt(const std::string& user, const e2e::ReadReceipt& receipt);
  bool store_hole(const core::Write& write, const core::Show& show);
  bool store_quarantine(const core::Write& write);
  bool store_shows(const core::Write& write);

  Result<e2e::SealedMessage> seal_for(const Target& target, const e2e::Content& content, store::OutStream& stream,
                                      int64_t sent_ms);
  // ---- runtime_streams.cc
  void on_session_epoch(uint64_t epoch);
  bool keep_run();
  void close_run();
  bool follow_stream(store::OutStream& stream);
  bool move_own(const store::Message& row, const e2e::SealedMessage& sealed, uint64_t ref);
  Result<e2e::Content> reopen_own(const store::OutboxEntry& entry, ByteView envelope);
  int64_t new_device_until() const;
  Result<uint64_t> add_outbox(const Target& target, const store::OutStream& stream, uint64_t seq,
                              const Bytes& envelope);
  bool store_own(const Target& target, const e2e::Content& content, const e2e::SealedMessage& sealed, uint64_t ref,
                 int64_t sent_ms, const std::string& path);

  void list_groups();
  void fetch_group(const GroupBook::Fetch& fetch);
  void on_group_fetched(const Bytes& id, const Result<GroupBook::Fetched>& answer);
  bool store_group_note(const e2e::Received& received, const e2e::GroupKeyNote& key);
  void answer_key_request(const e2e::Received& received, const e2e::GroupKeyRequest& request);
  bool store_leave(const e2e::Received& received, const e2e::GroupLeave& leave);
  // What follows from new states or keys of a group: its row, the keys that fit, messages that waited.
  bool group_moved(const Bytes& id);
  bool store_notice(const Bytes& group, const std::string& text, ByteView about, bool own);
  bool store_notice_in(const std::string& peer, const std::string& from, const std::string& text, ByteView about,
                       bool own);
  bool store_touched();
  bool left(const Bytes& id);
  bool store_own_leave(const e2e::GroupLeave& leave);
  void offer_again(const Bytes& id, uint64_t behind);
  void on_offered(const Bytes& id, uint64_t epoch, const Result<v1::ServerFrame*>& answer);
  void load_notes();

  std::optional<Login> login_;
  std::optional<Login> deriving_;  // while its keys are made
  std::optional<Login> refused_;   // for want of room for this device
  std::vector<e2e::Secret> unlock_forms_;
  std::vector<DeviceInfo> device_choices_;
  uint64_t others_to_log_in_ = 0;

  std::deque<Arrival> arrivals_;
  std::vector<Arrival> parked_, asking_;     // of unknown groups; asking_: before the list that is being asked for
  std::map<std::string, int64_t> unlisted_;  // senders of such that were listed nowhere, and when that was found
  std::unordered_map<uint64_t, Staged> staged_;

  std::map<uint64_t, std::unique_ptr<e2e::Content>> remarks_;  // until the keys that seal them are there
  uint64_t next_remark_ = 0;
  std::set<int64_t> reopening_;  // rows of waiting messages that are being opened
  int64_t list_groups_at_ = Loop::kNever;
  bool notes_loaded_ = false, listing_groups_ = false;
  std::set<Bytes> offering_, said_behind_;  // groups of which the server lost epochs

  core::Continuity continuity_;
  int64_t since_ms_ = 0;  // when this device became one of its user's; 0: not known
  bool run_used_ = false, run_dirty_ = false, forget_streams_ = false, refs_skipped_ = false;
  std::map<Bytes, e2e::MessageId> moved_;  // own messages that have another identity now, by the one before

  std::vector<core::Outgoing> to_submit_;
  std::vector<std::pair<uint64_t, Bytes>> stale_;  // ref and group of messages to be sealed anew
  std::vector<uint64_t> receipts_written_;
  uint64_t last_write_ = 0;

  int64_t ask_devices_at_ = Loop::kNever, devices_asked_ms_ = 0;
  bool asking_devices_ = false;
  std::vector<GroupInfo> groups_before_;  // of the last log-in, as the profile had them
  std::optional<Error> locked_because_;   // the stored secrets do not open
  bool closing_ = false;
};

}  // namespace fastchat::client
