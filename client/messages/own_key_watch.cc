#include "client/messages/own_key_watch.h"

#include <algorithm>

#include "client/e2e/rekey.h"
#include "common/codes.h"

namespace fastchat::client {

bool OwnKeyWatch::hold(Arrival& arrival) {
  if (arrival.waiting != 0) return false;
  if (!server_.attached()) return true;
  const bool asked = !asking_ && held_.empty() && turn_.now_ms() < ask_at_;
  if (asked || server_.worker_version() < 3) return false;
  arrival.looked_up = true;
  held_.push_back(std::move(arrival));
  turn_.wake();
  return true;
}

void OwnKeyWatch::clear() {
  held_.clear();
  refused_.clear();
  asking_ = moved_ = false;
}

void OwnKeyWatch::work() {
  if (std::exchange(moved_, false)) {
    return server_.engine().again(turn_.now_ms(), Code::kPasswordNeeded,
                                  "another device changed the key of this account: logging in again");
  }
  if (held_.empty() || asking_ || turn_.now_ms() < ask_at_ || !server_.attached()) return;
  asking_ = true;
  ask_at_ = turn_.now_ms() + kAskEveryMs;
  v1::ClientFrame frame;
  frame.mutable_get_rekeys()->set_user(account_.profile().user);
  server_.ask(std::move(frame), [this](const Result<v1::ServerFrame*>& answer) { on_rekeys(answer); });
}

void OwnKeyWatch::on_rekeys(const Result<v1::ServerFrame*>& answer) {
  if (!std::exchange(asking_, false)) return;  // asked in a session before
  turn_.wake();
  if (!answer.ok() && is_temporary(answer.code())) return;
  moved_ = answer.ok() && (*answer)->has_rekeys() && leads_on((*answer)->rekeys());
  if (moved_) return held_.clear();
  refused_.insert(refused_.end(), std::make_move_iterator(held_.begin()), std::make_move_iterator(held_.end()));
  held_.clear();
}

// Returns true when signed changes lead from this device's key to another one.
bool OwnKeyWatch::leads_on(const v1::Rekeys& rekeys) const {
  const store::Profile& me = account_.profile();
  const std::vector<Bytes> changes(rekeys.rekeys().begin(), rekeys.rekeys().end());
  const auto line = e2e::follow_rekeys(me.realm, me.user, rekeys.first_public_key(), changes);
  if (!line.ok() || line->back().fpr == me.fpr) return false;
  return std::any_of(line->begin(), line->end(), [&](const e2e::PeerKey& key) { return key.fpr == me.fpr; });
}

}  // namespace fastchat::client
