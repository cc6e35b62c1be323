// A client as people run it: a whole Session (client/session) with its store on a simulated machine. Owns the process
// and the account. The actions are the person's (person.h), the folder is the disk's (session_disk.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/session/session.h"
#include "tests/sim/person.h"

namespace fastchat::sim {

class SessionNode : public Process, private client::Listener {
 public:
  // `root`: a folder of its own.
  SessionNode(People& people, Network& net, std::string root, int device, std::string user);
  ~SessionNode() override;

  int device() const { return device_; }
  const std::string& user() const { return person_.user(); }
  SessionDisk& disk() { return disk_; }
  void copy_disk() { disk_.copy(); }
  bool has_copy() const { return disk_.has_copy(); }
  // Puts the last copy back, while the process does not run.
  void put_copy_back() {
    devices_.put_back(device_);
    disk_.put_copy_back();
  }

  // Lets the person act in a turn of this process, unless the session is locked, ends, or logs in.
  void have(std::function<void(Person&)> deed);
  void change_password();
  // Ends the program in order. The process ends some time later.
  void quit();
  // Lets its machine die in the middle of one of the next steps on its disk.
  void die_in_a_step();

  bool live() const { return alive() && session_ && state_ == core::LinkState::kLive; }
  // Returns whether its device was removed.
  bool ended() const { return devices_.at(device_).removed; }
  bool link_in_doubt() const { return machine_ != nullptr && machine_->link_in_doubt(); }
  client::Session& session() { return *session_; }

 private:
  void on_start() override;
  void on_kill() override;
  void on_overslept(int64_t) override {}
  int64_t on_turn_end(int64_t now) override;

  void on_connection(const client::ConnectionEvent& event) override;
  void on_message(const client::ChatMessage& message) override;
  void on_receipt(const client::ReceiptEvent& event) override;
  void on_notice(const client::Notice& notice) override;

  bool was_own(const Bytes& spki) const;
  e2e::KeyPair fresh_pair();
  void show_receipts();
  void end_session();
  void enter();
  void entered(const Result<>& result);
  bool password_needed();
  void begin_asking();
  void check_refusal(const Result<>& result, const char* what) const;

  Network& net_;
  const test::MemoryDb& db_;
  SessionDevices& devices_;
  Readers& readers_;
  TypedPasswords& passwords_;
  FalseKeys& keys_;
  const int device_;
  SessionDisk disk_;
  Person person_;
  std::unique_ptr<client::Session> session_;
  SimMachine* machine_ = nullptr;  // the session's
  core::LinkState state_ = core::LinkState::kOffline;
  bool sign_up_ = true;  // the user believes that there is no account yet
  bool entering_ = false, changing_ = false;
  // dead_: nobody sees the rest of its turn.
  bool ends_ = false, dead_ = false;
  int changes_at_start_ = 0;   // of the password, when the login or the change began
  std::string held_at_start_;  // the password that held then
  int64_t quit_by_ = 0;
};

}  // namespace fastchat::sim
