// Subscriptions to a profile's events. Lines of conversations have a cursor: their position, which rises in the order
// in which lines came to be shown and never changes. Subscriptions reads the lines after a subscriber's cursor from the
// store, in order, each at least once, however often either side is killed. All other events (receipts, edits, the
// connection, typing, transfers) go to the present subscribers. The profile keeps the cursor of a subscriber with a
// name. Marks nothing as read. Lives on the loop's thread.
#pragma once

#include <deque>
#include <list>
#include <set>
#include <string>

#include "client/rpc/server.h"
#include "client/session/session.h"
#include "common/json.h"
#include "common/loop.h"

namespace fastchat::cli {

inline constexpr size_t kMaxSubscriptions = 64;
inline constexpr size_t kMaxUnacknowledged = 32;  // lines sent and not acknowledged

class Subscriptions final : public client::Listener {
 public:
  Subscriptions(Loop& loop, client::Session& session) : loop_(loop), session_(session) {}

  // Handle the methods of docs/rpc.md, which describes `params` and the result. Fail with kLocalUsage for wrong
  // parameters, and with kThrottled for too many subscriptions.
  Result<std::string> subscribe(rpc::Peer& peer, const JsonValue& params);
  Result<std::string> unsubscribe(rpc::Peer& peer, const JsonValue& params);
  Result<std::string> acknowledge(rpc::Peer& peer, const JsonValue& params);
  // Removes the subscriptions of a connection that is gone. Called from turn to turn, never inside another call.
  void gone(const rpc::Peer& peer);
  // Sends the lines that are there, as far as the subscribers take them. Called at the end of each turn of the loop.
  void turn();

  // ---- Listener
  void on_message(const client::ChatMessage&) override { behind(); }
  void on_changed(const client::ChatMessage& message) override;
  void on_receipt(const client::ReceiptEvent& event) override;
  void on_group(const std::string& name) override;
  void on_connection(const client::ConnectionEvent& event) override;
  void on_notice(const client::Notice& notice) override;
  void on_typing(const client::PeerName& peer, const std::vector<std::string>& who) override;
  void on_transfer(const client::TransferEvent& event) override;

 private:
  struct One {
    uint64_t number = 0;
    rpc::Peer* peer = nullptr;
    std::string name;
    std::set<std::string> events;  // empty: all
    bool ack = false, behind = true;
    bool fresh = true;            // its answer is not sent yet, and no event is sent before
    int64_t told = 0, acked = 0;  // the cursors of the last lines sent, and acknowledged
    std::deque<int64_t> unacked;  // with `ack`
  };

  One* find(const rpc::Peer& peer, const JsonValue& params);
  Result<> set_cursor(One& one, const JsonValue* since);
  void replace_named(const std::string& name);
  void tell_lines(One& one);
  void tell(const One& one, const std::string& event, const std::string& cursor = "");
  void tell_all(const char* kind, const std::string& event);
  void behind();

  Loop& loop_;
  client::Session& session_;
  std::list<One> all_;
  uint64_t next_ = 0;
  Loop::TimerId timer_ = 0;
};

// Returns {"state":"live",...}, as the event "connection" and the method "connection" have it.
Json connection_json(const client::ConnectionEvent& event);

}  // namespace fastchat::cli
