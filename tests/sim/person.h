// The person at a simulated client. Writes, answers, edits, votes, sends files and changes groups at random, compares
// keys and changes the password. Uses a Session as the screen does. Each call is made from a turn of the session's
// process.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/session/session.h"
#include "tests/sim/false_keys.h"
#include "tests/sim/readers.h"
#include "tests/sim/session_disk.h"
#include "tests/sim/typed_passwords.h"

namespace fastchat::sim {

// The shared state of the people of a schedule.
struct People {
  World& world;
  Knobs& knobs;
  const test::MemoryDb& db;
  Said& said;
  SessionDevices& devices;
  Readers& readers;
  TypedPasswords& passwords;
  FalseKeys& keys;
};

class Person {
 public:
  Person(People& all, const SessionDisk& disk, int device, std::string user);

  // Sits the person at a new process; null: the process is gone.
  void sits_at(client::Session* session) { session_ = session; }
  const std::string& user() const { return user_; }

  // Makes one action, by chance: a message, an edit, a file, a change of a group. `people`: all who have an account.
  void act(const std::vector<std::string>& people);
  // Writes to everybody and to each group, when nobody's key is in doubt any more.
  void greet(const std::vector<std::string>& people);
  // Fetches every file that is not here.
  void fetch_all();
  void remove_other_device();
  // Accepts every stranger who asks.
  void accept_all();
  // Accepts, blocks or unblocks this user, or changes the policy for strangers. A decision may be refused.
  void judge(const std::string& name);
  // Changes the account's password, for all its devices, and with `new_key` the account's key. `done` gets the result.
  void change_password(bool new_key, std::function<void(const Result<>&)> done);
  // Reports the key of each of these users that the session trusts.
  void name_keys(const std::vector<std::string>& people);
  // Decides about a contact's new key: keeps the known key, accepts the other one, or puts it off. Always accepts the
  // right one.
  void decide(const std::string& name);

 private:
  bool online() const;
  bool open_to_each_other(const client::PeerName& peer) const;
  using Told = client::Session::Done;
  Told told(std::string what, std::function<void()> well = {});
  void say(const client::PeerName& to, bool greets = false);
  void annotate(const client::PeerName& to);
  void change(const client::ChatMessage& m);
  void send_file(const client::PeerName& to);
  void fetch_file(const client::PeerName& to);
  void fetch(const client::ChatMessage& m);
  void act_on_groups(const std::vector<std::string>& people);
  void edit_group(const client::GroupInfo& group, const std::vector<std::string>& people);
  void compared(const client::VerifyInfo& info);
  std::optional<client::GroupInfo> any_group();
  client::PeerName any_conversation(const std::vector<std::string>& people);
  uint64_t new_token(const client::PeerName& to);
  Rng& rng() { return world_.rng; }

  World& world_;
  Knobs& knobs_;
  const test::MemoryDb& db_;
  Said& said_;
  Readers& readers_;
  TypedPasswords& passwords_;
  FalseKeys& keys_;
  const SessionDisk& disk_;
  const int device_;
  const std::string user_, name_;
  client::Session* session_ = nullptr;
};

}  // namespace fastchat::sim
