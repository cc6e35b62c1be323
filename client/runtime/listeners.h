// A Listener that passes each call on to any number of others, in the order in which they joined. A listener may leave,
// and others may join, inside a call. A listener that joins inside a call receives calls from the next one on. Lives on
// the session's thread.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "client/runtime/listener.h"

namespace fastchat::client {

class Listeners final : public Listener {
 public:
  // Adds `listener`, which lives until it leaves.
  void join(Listener& listener) { all_.push_back(&listener); }
  void leave(Listener& listener) {
    std::replace(all_.begin(), all_.end(), &listener, static_cast<Listener*>(nullptr));
    if (depth_ == 0) std::erase(all_, nullptr);
  }

  void on_message(const ChatMessage& message) override {
    tell([&](Listener& l) { l.on_message(message); });
  }
  void on_receipt(const ReceiptEvent& event) override {
    tell([&](Listener& l) { l.on_receipt(event); });
  }
  void on_changed(const ChatMessage& message) override {
    tell([&](Listener& l) { l.on_changed(message); });
  }
  void on_seen(const PeerName& peer) override {
    tell([&](Listener& l) { l.on_seen(peer); });
  }
  void on_trust(const std::string& user) override {
    tell([&](Listener& l) { l.on_trust(user); });
  }
  void on_group(const std::string& name) override {
    tell([&](Listener& l) { l.on_group(name); });
  }
  void on_connection(const ConnectionEvent& event) override {
    tell([&](Listener& l) { l.on_connection(event); });
  }
  void on_latency(const ConnectionEvent& event) override {
    tell([&](Listener& l) { l.on_latency(event); });
  }
  void on_notice(const Notice& notice) override {
    tell([&](Listener& l) { l.on_notice(notice); });
  }
  void on_typing(const PeerName& peer, const std::vector<std::string>& who) override {
    tell([&](Listener& l) { l.on_typing(peer, who); });
  }
  void on_transfer(const TransferEvent& event) override {
    tell([&](Listener& l) { l.on_transfer(event); });
  }

 private:
  template <class Call>
  void tell(Call call) {
    ++depth_;
    for (size_t i = 0, n = all_.size(); i < n; ++i) {
      if (all_[i] != nullptr) call(*all_[i]);
    }
    if (--depth_ == 0) std::erase(all_, nullptr);
  }

  std::vector<Listener*> all_;
  int depth_ = 0;
};

}  // namespace fastchat::client
