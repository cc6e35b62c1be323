// The inside of a Session: performs the engine's actions with the store, the end-to-end layer and the transport.
// Spread over runtime*.cc by subject; included by those alone.
//
// One turn of the loop is one transaction: frames, opened envelopes, receipts and new messages write into it, it is
// committed at the turn's end, and only then does anything leave (acknowledgements, sends) or reach the listener. When
// the disk refuses, the turn is rolled back and the engine told; nothing of it was promised to anybody.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "client/core/engine.h"
#include "client/e2e/message.h"
#include "client/runtime.h"
#include "client/runtime_account.h"
#include "client/runtime_keys.h"
#include "client/runtime_pins.h"
#include "client/runtime_transport.h"
#include "client/runtime_vault.h"

namespace fastchat::client {

class Session::Impl final : public core::Ports, public LinkEvents, public e2e::ReplayMarks, public e2e::Groups {
 public:
  Impl(Loop& loop, SessionOptions options, Listener& listener, std::unique_ptr<store::Store> store);
  ~Impl() override;

  // ---- runtime.cc: life
  Result<> open();
  void start();
  void stop();
  bool settled() const;
  void turn();
  void poke();  // the next turn comes at once
  int64_t now_ms() const;

  // ---- runtime_login.cc
  void sign_up(AccountArgs args, Done done);
  void log_in(AccountArgs args, Done done);
  void unlock(e2e::Secret password, Done done);

  // ---- runtime_outbound.cc
  using SendDone = std::function<void(const Result<SentMessage>&)>;
  using Resolved = std::function<void(const Result<const Pin*>&)>;
  void send(const std::string& to, const std::string& text, SendDone done);
  void mark_peer_read(const std::string& peer);
  // The key of `user`, asked of the server when it is not pinned or was not compared in this session.
  void resolve(const std::string& user, Resolved done);

  // ---- runtime_views.cc
  ChatMessage view(const store::Message& row) const;
  Result<std::vector<ChatMessage>> views(Result<std::vector<store::Message>> rows) const;
  void verify(const std::string& peer, std::function<void(const Result<VerifyInfo>&)> done);
  void devices(std::function<void(const Result<std::vector<DeviceInfo>>&)> done);
  void remove_device(const std::string& id, Done done);
  Result<StatusInfo> status();

  // ---- runtime_files.cc
  class Files;
  Files& files() { return *files_; }
  // Keeps what a FILE message said, with the message's row. `path`: where the file is on this device, or empty.
  bool store_file(ByteView hash, const e2e::FileInfo& info, const std::string& path);

  // ---- runtime_ports.cc
  void connect(const core::Endpoint& to) override;
  void close() override { transport_.close(); }
  void send(Bytes&& frame) override { transport_.send(std::move(frame)); }
  void logged_in(const core::LoggedIn& in) override;
  void signed_up() override {}
  void link_changed(core::LinkState state, const core::LinkNote& note) override;
  std::optional<Bytes> load_envelope(uint64_t ref) override;
  void receipt(const core::Receipt& receipt) override;
  void open_envelope(uint64_t arrival, ByteView envelope) override;
  std::optional<Bytes> find_mark(const core::MessageKey& key) override;
  core::StreamMark load_stream(const Bytes& from_fpr, const Bytes& stream) override;
  void write(core::Write&& write) override;
  void drop(uint64_t arrival) override { staged_.erase(arrival); }
  void show(const Bytes& from_fpr, const Bytes& stream, const core::Show& show) override;
  void reply(uint64_t request, const Result<const v1::ServerFrame*>& answer) override;
  void vault_changed(uint64_t version) override;
  uint64_t random() override;

  void on_link_up() override {
    if (engine_) engine_->on_link_up(now_ms());
  }
  void on_link_down(core::LinkLoss loss) override {
    if (engine_) engine_->on_link_down(now_ms(), loss);
  }
  void on_link_frame(ByteView frame) override {
    if (engine_) engine_->on_frame(now_ms(), frame);
  }

  // ---- what end-to-end asks while it opens a message
  std::optional<Seen> seen(const e2e::MessageId& id) const override;
  const e2e::GroupState* current(ByteView) const override { return nullptr; }
  e2e::EpochView epoch(ByteView, uint64_t) const override { return {}; }

  // A question to the server; the answer comes from the loop.
  void ask(v1::ClientFrame&& frame, Answer answer, int64_t timeout_ms = 0);

  Loop& loop_;
  const SessionOptions options_;
  Listener& listener_;
  std::unique_ptr<store::Store> store_;
  Account account_;
  std::unique_ptr<PinBook> pins_;
  std::unique_ptr<VaultKeeper> vault_;
  Transport transport_;
  KeyWorker keys_;
  std::unique_ptr<core::Engine> engine_;
  ConnectionEvent connection_;
  std::unique_ptr<Files> files_;

  // Runs after this turn's commit; nothing of it when the turn was rolled back.
  void after_commit(std::function<void()> call) { after_commit_.push_back(std::move(call)); }
  // Runs with the next turn, come what may.
  void soon(std::function<void()> call) {
    soon_.push_back(std::move(call));
    poke();
  }
  // Remembers the first failure of the turn; true when `r` is well.
  bool check(const Result<>& r);
  template <class T>
  bool check(const Result<T>& r) {
    if (!r.ok()) check(Result<>(r.error()));
    return r.ok();
  }

 private:
  friend class Session;

  // A login in the making.
  struct Login {
    Account::Fresh fresh;
    Bytes device;
    e2e::PasswordKeys keys;
    Done done;
    bool sign_up = false;
    int tries = 0;  // links that broke while signing up
  };
  struct Arrival {
    uint64_t id = 0;
    Bytes envelope;
  };
  // What an arrival turned out to be, until it is written.
  struct Staged {
    e2e::Received received;
    Bytes envelope;
  };
  struct LookUp {
    std::vector<Resolved> waiting;
    std::vector<Arrival> arrivals;
    bool asked = false;
    int64_t retry_at = 0;
  };

  void make_engine(const Bytes& realm, const Bytes& broker_key, const std::vector<std::string>& endpoints);
  Result<> make_books(const Bytes& realm);
  void restore();
  void commit_turn();
  void roll_back_turn();
  int64_t next_wake();

  Result<Account::Fresh> fresh_login(const AccountArgs& args) const;
  void begin_login(const Account::Fresh& fresh, std::optional<core::SignUpData> sign_up, e2e::PasswordKeys keys,
                   const Done& done);
  void finish_sign_up(const Account::Fresh& fresh, const std::string& token, KeyAnswer& answer, const Done& done);
  void end_login(const Result<>& result);
  bool retry_lost_sign_up(const core::LinkNote& note);

  void open_arrivals();
  void open_one(Arrival arrival);
  bool store_message(const core::Write& write, bool held, bool late);
  bool store_content(const Staged& staged);
  bool store_hole(const core::Write& write, const core::Show& show);
  bool store_quarantine(const core::Write& write);
  bool store_shows(const core::Write& write);

  // `path`: of a file that is sent.
  void seal_and_store(const std::string& to, const Pin* pin, e2e::Content content, bool visible, SendDone done,
                      const std::string& path = {});
  void look_up();
  void on_users(const std::vector<std::string>& names, const Result<const v1::ServerFrame*>& answer);
  void resolved(const std::string& user, const Result<const Pin*>& result);

  std::optional<Login> login_;
  std::map<uint64_t, Answer> asked_;

  std::deque<Arrival> arrivals_;
  std::unordered_map<uint64_t, Staged> staged_;
  std::map<std::string, LookUp> look_ups_;
  std::set<std::string> compared_;  // users whose key the server was asked for in this session

  std::vector<std::function<void()>> soon_, after_commit_;
  std::vector<std::function<void(const Error&)>> after_rollback_;
  std::vector<core::Outgoing> to_submit_;
  std::vector<uint64_t> receipts_written_;
  uint64_t last_write_ = 0;
  std::optional<Error> disk_error_;

  bool closing_ = false;
  Loop::TimerId timer_ = 0;
  int64_t timer_at_ = Loop::kNever;
};

}  // namespace fastchat::client
