// The rooms of a Session, made in order. Each room gets references to the rooms that it may use, which stand above it
// here. Rooms forwards the engine's ports to its rooms, a line each, and runs the turn. Only session.cc and rooms.cc
// include this file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/contacts/contacts.h"
#include "client/files/transfers.h"
#include "client/groups/group_follower.h"
#include "client/groups/settings.h"
#include "client/login/login_rooms.h"
#include "client/messages/receiving.h"
#include "client/messages/sending.h"
#include "client/session/deletion.h"
#include "client/session/people.h"
#include "client/session/session.h"
#include "client/transparency/transparency.h"
#include "client/vault/group_vault.h"

namespace fastchat::client {

class Session::Rooms final : public core::Ports, public TurnPart {
 public:
  Rooms(std::unique_ptr<Machine> machine, SessionOptions options, Listener& listener,
        std::unique_ptr<store::Store> store);
  ~Rooms() override;

  // Reads the profile, if there is one. The errors are those of Session::open().
  Result<> open();
  void stop();
  void settle();
  bool settled() const;
  Result<StatusInfo> status();

  // ---- TurnPart: the work of the vault, and the engine's part of a rollback
  void work() override;
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override { return server_.attached() ? vault_.next_wake() : Loop::kNever; }

  // ---- core::Ports
  void connect(const core::Endpoint& to) override;
  void close() override { server_.transport().close(); }
  void send(Bytes&& frame) override { server_.transport().send(std::move(frame)); }
  void logged_in(const core::LoggedIn& in) override { logins_.login.logged_in(in); }
  void password_changed(uint64_t devices) override { logins_.login.password_changed(devices); }
  void account_deleted() override { logins_.login.account_deleted(); }
  void devices_changed() override { found_.devices.changed(); }
  void link_changed(core::LinkState state, const core::LinkStatus& status) override;
  void latency_changed(int64_t ms) override;
  std::optional<Bytes> load_envelope(uint64_t ref) override {
    std::optional<Bytes> envelope = sending_.outbox.envelope(ref);
    // The receipt that follows seals the message with the present key.
    if (envelope && sending_.resealing.is_outdated(*envelope)) envelope.reset();
    return envelope;
  }
  void receipt(const core::Receipt& receipt) override { sending_.receipts.on_receipt(receipt); }
  void open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind) override {
    receiving_.receiver.open_envelope(arrival, envelope, kind);
  }
  std::optional<Bytes> find_mark(const core::MessageKey& key) override { return receiving_.streams.find_mark(key); }
  core::StreamMark load_stream(const Bytes& from_fpr, const Bytes& stream) override {
    return receiving_.streams.load(from_fpr, stream);
  }
  void write(core::PendingWrite&& write) override { receiving_.receiver.write(write); }
  void discard(uint64_t arrival) override { receiving_.receiver.discard(arrival); }
  void show(const Bytes& from_fpr, const Bytes& stream, const core::DisplayStep& show) override {
    receiving_.display.show(from_fpr, stream, show);
  }
  void signal(ByteView envelope) override { typing_.on_signal(envelope); }
  void reply(uint64_t request, const Result<v1::ServerFrame*>& answer) override { server_.reply(request, answer); }
  void vault_changed(uint64_t version) override { vault_.on_version(version); }
  void contacts_changed() override { standings_.server_changed(); }
  void group_changed(const Bytes& group_id, uint64_t epoch) override;
  uint64_t random() override;

 private:
  friend class Session;
  void turn();
  void open_engine(const Bytes& realm, const Bytes& broker_key, const std::vector<std::string>& endpoints);
  Result<> open_books(bool new_device);
  KeyLookup::Events key_events();
  Standings::Events standing_events();
  GroupEditor::Events editor_events();
  GroupSync::Events sync_events();
  VaultGroups vault_groups();
  Login::Events login_events();

  const std::unique_ptr<Machine> machine_;
  const SessionOptions options_;
  Listener& listener_;
  const std::unique_ptr<store::Store> store_;
  Turn turn_;
  Server server_;
  ConnectionEvent connection_;
  // account
  Account account_;
  StoredPasswordChange password_change_;
  KeyWorker keys_;
  // contacts
  PinBook pins_;
  KeyLookup look_ups_;
  Standings standings_;
  Contacts contacts_;
  Transparency transparency_;
  // groups
  GroupFollower follower_;
  GroupEpochs epochs_;
  Settings settings_;
  GroupEditor editor_;
  GroupSync sync_;
  GroupVault group_vault_;
  VaultKeeper vault_;
  // messages
  FileRecords file_records_;
  Timeline timeline_;
  Notices notices_;
  Search search_;
  Annotations annotations_;
  Sending sending_;
  Requests requests_;
  Cards cards_;
  People people_;
  Typing typing_;
  Receiving receiving_;
  Transfers transfers_;
  // the login
  LoginRooms logins_;
  Deletion deletion_;
  FoundRooms found_;
};

}  // namespace fastchat::client
