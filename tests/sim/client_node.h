// A client: the real core on one installation (a device). Its disk is a set of maps that change in transactions, as the
// runtime's SQLite does: outbox, messages, dedup marks, display marks. A crash loses uncommitted changes.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "client/core/continuity.h"
#include "client/core/engine.h"
#include "tests/sim/group_book.h"
#include "tests/sim/network.h"
#include "tests/sim/oracle.h"

namespace fastchat::sim {

class ClientNode : public Process, private Peer, private core::Ports {
 public:
  ClientNode(World& world, Knobs& knobs, Network& net, Oracle& oracle, int device, std::string user);

  const std::string& user() const { return user_; }
  int device() const { return device_; }

  // Seals, writes and submits one message.
  void write_to(const std::string& to, uint64_t body, size_t padding, bool poison);
  // Writes to one of the groups of this client, sealed for the newest epoch that it has; does nothing without a group.
  void write_to_group(uint64_t body, size_t padding);
  // Makes group `number`, or acts on a group of this client: its next epoch, leaving, deleting, looking.
  void make_group(int number, const std::vector<std::string>& members);
  void change_group(const std::vector<std::string>& people);
  enum class Ask { kUsers, kDevices, kGetVault, kPutVault };
  void ask(Ask what, const std::vector<std::string>& names);
  void ask_removal(const Bytes& device);
  // Accepts, blocks or forgets one of these users, or changes the policy for strangers.
  void change_contacts(const std::vector<std::string>& users);
  // Asks for the newest head of the log of keys. ---- client_log.cc
  void read_log();
  // Sends `requests` requests at once, past the core, as no client of ours does.
  void flood(int requests);
  // Logs in with the password once more and changes it; does nothing unless live.
  void change_password();
  // Sends Bye and ends; the process ends as well.
  void log_out();
  void fail_disk();
  // copy_disk() copies the disk. put_copy_back() writes the last copy over the present disk, while the process does not
  // run.
  void copy_disk();
  bool has_copy() const { return copy_.has_value(); }
  void put_copy_back();

  core::LinkState state() const { return alive() && engine_ ? engine_->state() : core::LinkState::kOffline; }
  bool live() const { return state() == core::LinkState::kLive; }
  bool attached() const { return live() || state() == core::LinkState::kDraining; }
  bool ended() const { return ended_; }
  // Returns true when a change of the password ended the client: the user has to type the present one.
  bool asks_password() const { return ended_ && asks_password_; }
  uint64_t session_epoch() const { return session_epoch_; }
  // Returns true for a dead link that the client still takes for alive, or that it is still trying.
  bool link_in_doubt() const { return conn_ != nullptr && conn_->broken(); }
  int64_t live_since() const { return live_since_; }
  // Returns the time of the last answer to a flood. Other frames for this client come behind these answers. -1: no
  // answer yet.
  int64_t flood_answered_at() const { return flood_answered_at_; }
  size_t outbox() const { return disk_.outbox.size(); }
  size_t open_requests() const { return asked_.size(); }
  // Returns false until the account exists, so that nothing is sealed before.
  bool may_write() const { return alive() && engine_ && !ended_; }

 private:
  using StreamKey = std::pair<Bytes, Bytes>;
  struct Disk {
    struct Out {
      std::string to;
      Bytes stream, envelope;
      uint64_t seq = 0;
      bool queued = false;
      uint64_t epoch = 0, members = 0, delivered = 0;  // of a message to a group
      std::set<uint64_t> waiting, have;
    };
    struct Stream {
      uint64_t shown_upto = 0;
      bool joined = false;
      std::set<uint64_t> held;
      int64_t held_since = 0;  // ms
      bool to_group = false;
    };
    std::map<uint64_t, Out> outbox;  // by ref
    std::map<core::MessageKey, Bytes> marks;
    std::map<StreamKey, Stream> streams;
    Bytes secret;        // of the device, after a login stored its hash
    int secrets = 0;     // made so far
    bool drawn = false;  // the last of them is drawn, and no login has confirmed its hash
    struct OutStream {
      uint64_t number = 0, last_seq = 0;
    };
    std::map<std::string, OutStream> out_streams;  // by recipient
    core::Continuity::Stored run;
  };
  struct Commit {
    std::function<void()> apply;  // the change of the disk
    std::function<void()> after;  // reports to the engine
    bool inbox = false;
  };

  void on_start() override;
  void on_kill() override;
  void on_overslept(int64_t) override {}
  int64_t on_turn_end(int64_t now) override;

  void on_up(const ConnPtr& conn) override;
  void on_frame(const ConnPtr& conn, const Bytes& frame) override;
  void on_down(const ConnPtr& conn, core::LinkLoss loss) override;

  void connect(const core::Endpoint& to) override;
  void close() override;
  void send(Bytes&& frame) override;
  void logged_in(const core::LoggedIn& in) override;
  void signed_up() override;
  void password_changed(uint64_t devices) override;
  void link_changed(core::LinkState state, const core::LinkStatus& note) override;
  std::optional<Bytes> load_envelope(uint64_t ref) override;
  void receipt(const core::Receipt& receipt) override;
  void open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind) override;
  std::optional<Bytes> find_mark(const core::MessageKey& key) override;
  core::StreamMark load_stream(const Bytes& from_fpr, const Bytes& stream) override;
  void write(core::PendingWrite&& write) override;
  void discard(uint64_t arrival) override { arrivals_.erase(arrival); }
  void show(const Bytes& from_fpr, const Bytes& stream, const core::DisplayStep& show) override;
  void signal(ByteView envelope) override;
  void reply(uint64_t request, const Result<v1::ServerFrame*>& answer) override;
  void vault_changed(uint64_t version) override;
  void group_changed(const Bytes& group_id, uint64_t epoch) override;
  uint64_t random() override { return world_.rng.next(); }

  Bytes drawn_secret() const;
  core::Credentials credentials() const;
  void show_password(core::Credentials& c);
  void show_secret(core::Credentials& c) const;
  void send_change();
  bool ended_by_change(Code code) const;
  void seal(const std::string& to, uint64_t epoch, uint64_t members, uint64_t body, size_t padding, bool poison);
  core::Outgoing outgoing(uint64_t ref, const Disk::Out& out) const;
  void ask_group(v1::ClientFrame&& frame, const Bytes& id);
  void commit(Commit&& c);
  void commit_next();
  void apply(const core::PendingWrite& write, const Bytes& envelope);
  void opened(uint64_t arrival);
  void count_frame(const Bytes& frame);
  int64_t ms() const { return turn_now_ / kMs; }
  std::string label() const { return name(); }

  Network& net_;
  Oracle& oracle_;
  const int device_;
  const std::string user_;
  Disk disk_;
  int tries_ = 0;  // since the device was removed
  core::Continuity continuity_;
  // A real client draws streams and refs at random, so they never repeat, whatever became of the disk.
  uint64_t next_stream_ = 1, next_ref_ = 1;
  std::optional<std::pair<Disk, Oracle::Copy>> copy_;
  int64_t new_until_ms_ = 0;
  bool has_account_ = false, ended_ = false, asks_password_ = false, committing_ = false, disk_fails_ = false;
  int64_t live_since_ = -1, flood_answered_at_ = -1, lost_login_at_ = -3'600 * kSecond;
  std::unique_ptr<core::Engine> engine_;
  ConnPtr conn_;
  Bytes key_;
  std::deque<Commit> commits_;
  std::unordered_map<uint64_t, Bytes> arrivals_;
  std::set<uint64_t> asked_;                // requests without an answer
  std::map<uint64_t, Bytes> asked_groups_;  // the group of each request that concerns one
  std::map<uint64_t, uint64_t> asked_log_;  // the size that each request for a head named
  void took_log(uint64_t request, const v1::ServerFrame& answer);
  // Asked again after a failure, as by a client that got no answer.
  v1::ClientFrame last_put_;
  GroupBook book_;
  std::map<uint64_t, int> wire_answers_;  // of this connection: request -> answers that may still come
  uint64_t vault_version_ = 1, logged_in_vault_version_ = 1;
  uint64_t session_epoch_ = 0;
  Bytes new_auth_;  // of the last change that this device began
  // Changes of the user's password when the user typed it.
  int changes_at_start_ = 0;
  uint64_t floods_ = 0;  // requests of floods
  wire::ClientFrameParser parser_;
};

}  // namespace fastchat::sim
