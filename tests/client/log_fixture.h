// The rooms of the log of keys in alice's profile, who has bob's key. The test plays the worker, with a log of its own.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/transparency/transparency.h"
#include "tests/client/attached_fixture.h"
#include "tests/client/test_log.h"

namespace fastchat::client {

class LogFixture : public AttachedFixture {
 protected:
  explicit LogFixture(Bytes invite_key = {}) : invite_key_(std::move(invite_key)) {
    worker_version_ = 5;
    TurnPart* const parts[] = {account_.get(), &server_,       &look_ups_,    &rooms_.log,
                               &rooms_.proofs, &rooms_.reader, &rooms_.gossip};
    for (TurnPart* part : parts) turn_.add(*part);
    begin();
    EXPECT_TRUE(pins_.learn("bob", spki(1), 1).ok());
    commit();
    log_.add("alice", me());
    log_.add("bob", bob());
    log_.add_others(5);
    EXPECT_TRUE(rooms_.load().ok());
  }
  const Bytes& me() const { return account_->secrets().identity.fpr(); }
  static Bytes bob() { return e2e::fingerprint(realm(), "bob", spki(1)); }

  // Starts a session whose broker tells this key, and answers until nothing is asked.
  void session(const Bytes& told) {
    broker_tells_ = told;
    attach();
    feed(0, [](auto& f) { f.mutable_drained(); });
    look_ups_.attached();
    rooms_.attached(told);
    serve();
  }
  void session() { session(log_.key().public_key); }
  // Ends the session, as a command does when it is done.
  void end_session() {
    server_.engine().end(turn_.now_ms(), Code::kOk, "");
    turn_.run();
  }
  void break_link() {
    server_.on_link_down(core::LinkLoss::kClosed);
    turn_.run();
  }
  // Puts all clocks forward.
  void away(int64_t ms) {
    machine_.later_us += ms * 1'000;
    machine_.wall_later_ms += ms;
  }
  void serve() {
    for (int i = 0; i < 100 && serve_once(); ++i) {
    }
  }
  bool serve_once() {
    const std::vector<v1::ClientFrame> all = asks();
    bool any = false;
    for (const v1::ClientFrame& asked : all) {
      v1::ServerFrame out;
      out.set_request(asked.request());
      if (log_.answer(asked, out)) {
        ++log_asks_;
      } else if (asked.has_ping()) {
        out.mutable_pong();
      } else if (asked.has_get_users()) {
        for (const std::string& user : asked.get_users().names()) {
          if (user != "bob" || bob_key_ == 0) continue;
          v1::User& shown = *out.mutable_users()->add_users();
          shown.set_name(user);
          shown.set_public_key(spki(bob_key_));
        }
        out.mutable_users();
      } else if (asked.has_get_rekeys()) {
        out.mutable_rekeys()->set_first_public_key(spki(asked.get_rekeys().user() == "bob" ? 1 : 0));
      } else {
        continue;
      }
      if (lie_) lie_(out);
      if (mute_ && !out.has_pong()) continue;
      any = true;
      server_.engine().on_frame(turn_.now_ms(), out.SerializeAsString());
    }
    return any;
  }
  // Puts all clocks forward and serves.
  void later(int64_t ms) {
    away(ms);
    server_.engine().tick(turn_.now_ms());
    if (!server_.attached()) return session(broker_tells_);  // the link broke meanwhile
    serve();
  }
  store::LogTable& table() { return store_->pins().log(); }
  // Returns the conversation and the text of the alarms since the last call.
  std::vector<std::string> told() { return std::exchange(told_, {}); }
  void bob_wrote(const store::ConversationId& where = store::ConversationId::direct("bob")) {
    begin();
    store::Message row;
    row.conversation = where;
    row.kind = 1;
    row.from = "bob";
    row.from_fpr = bob();
    row.stream = Bytes(16, 's');
    row.seq = ++bobs_;
    row.hash = Bytes(32, static_cast<char>(bobs_));
    row.body = "sealed";
    EXPECT_TRUE(store_->messages().add(row, false).ok());
    commit();
  }
  bool hears(const LogHead& head, const std::string& from = "bob") {
    const bool well = rooms_.gossip.on_head(store::ConversationId::direct("bob"), from, head);
    serve();
    return well;
  }
  std::optional<LogHead> due() { return rooms_.gossip.due(store::ConversationId::direct("bob")); }

  const Bytes invite_key_;
  TestLog log_{realm()};
  std::function<void(v1::ServerFrame&)> lie_;
  bool mute_ = false;  // the server is there, and answers nothing
  Bytes broker_tells_;
  size_t bob_key_ = 1;  // of the pool, as the server shows it; 0: it knows no bob
  int log_asks_ = 0;
  uint64_t bobs_ = 0;
  std::vector<std::string> told_;
  PinBook pins_{store_->pins(), realm()};
  KeyLookup look_ups_{turn_,
                      server_,
                      *account_,
                      pins_,
                      {[](const auto&, const auto&) {}, [](const auto&) {}, [](const auto&) {}, [](auto) {},
                       [](const auto&, auto, const auto&) {}}};
  Transparency rooms_{
      turn_, server_, *store_, *account_, pins_, look_ups_, invite_key_, [this](const LogAlarm& a, const Bytes&) {
        told_.push_back(a.peer.stored() + "|" + a.text);
        return true;
      }};
};

}  // namespace fastchat::client
