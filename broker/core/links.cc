#include "broker/core/links.h"

#include <array>
#include <limits>

#include "common/check.h"

namespace fastchat::broker {
namespace {

constexpr size_t kStates = 8, kInputs = 8;

using enum Act;
// clang-format off
constexpr std::array<std::array<Act, kInputs>, kStates> kTable{{
    // hello       sign_up       log_in        change        parts         ping          bye      a request for a worker
    {{kGreet,      kNotLoggedIn, kNotLoggedIn, kNotLoggedIn, kNotLoggedIn, kNotLoggedIn, kForget, kNotLoggedIn}},  // NEW
    {{kNotAllowed, kSignUp,      kLogIn,       kNotAllowed,  kNotLoggedIn, kPong,        kForget, kNotLoggedIn}},  // READY
    {{kNotAllowed, kBusy,        kBusy,        kBusy,        kBusy,        kPong,        kForget, kNotLoggedIn}},  // SIGNING_UP
    {{kNotAllowed, kBusy,        kBusy,        kBusy,        kBusy,        kPong,        kForget, kNotLoggedIn}},  // VERIFYING
    {{kNotAllowed, kBusy,        kBusy,        kBusy,        kBusy,        kPong,        kForget, kNotLoggedIn}},  // ASSIGNING
    {{kNotAllowed, kNotAllowed,  kNotAllowed,  kChange,      kReadParts,   kPong,        kForget, kNotLoggedIn}},  // ASSIGNED
    {{kNotAllowed, kNotAllowed,  kNotAllowed,  kBusy,        kBusy,        kPong,        kForget, kNotLoggedIn}},  // CHANGING
    {{kNotAllowed, kNotAllowed,  kNotAllowed,  kBusy,        kBusy,        kPong,        kForget, kNotLoggedIn}},  // READING
}};
// clang-format on

}  // namespace

Act act_on(LinkState state, Input input) {
  return kTable[static_cast<size_t>(state)][static_cast<size_t>(input)];
}

Input input_of(v1::ClientFrame::BodyCase body) {
  switch (body) {
    case v1::ClientFrame::kHello:
      return Input::kHello;
    case v1::ClientFrame::kSignUp:
      return Input::kSignUp;
    case v1::ClientFrame::kLogIn:
      return Input::kLogIn;
    case v1::ClientFrame::kChangePassword:
    case v1::ClientFrame::kDeleteAccount:
      return Input::kChange;
    case v1::ClientFrame::kGetVaultParts:
      return Input::kParts;
    case v1::ClientFrame::kPing:
      return Input::kPing;
    case v1::ClientFrame::kBye:
      return Input::kBye;
    default:
      return Input::kForWorker;
  }
}

Link& Links::open(int64_t now_us, Rid rid, std::vector<Rid>* forgotten) {
  FC_CHECK(!by_rid_.contains(rid));
  while (by_rid_.size() >= capacity_) {
    forgotten->push_back(by_age_.front().rid);
    close(by_age_.front().rid);
  }
  Link& link = by_age_.emplace_back();
  link.rid = rid;
  link.serial = ++last_serial_;
  link.heard_us = now_us;
  by_rid_[rid] = std::prev(by_age_.end());
  return link;
}

Link* Links::find(Rid rid) {
  const auto it = by_rid_.find(rid);
  return it == by_rid_.end() ? nullptr : &*it->second;
}

Link* Links::find(Rid rid, uint64_t serial) {
  Link* link = find(rid);
  return link != nullptr && link->serial == serial ? link : nullptr;
}

void Links::heard(int64_t now_us, Rid rid) {
  const auto it = by_rid_.find(rid);
  if (it == by_rid_.end()) return;
  it->second->heard_us = now_us;
  by_age_.splice(by_age_.end(), by_age_, it->second);
}

void Links::close(Rid rid) {
  const auto it = by_rid_.find(rid);
  if (it == by_rid_.end()) return;
  by_age_.erase(it->second);
  by_rid_.erase(it);
}

void Links::clear() {
  by_rid_.clear();
  by_age_.clear();
}

std::vector<Rid> Links::expire(int64_t now_us) {
  std::vector<Rid> gone;
  while (!by_age_.empty() && now_us - by_age_.front().heard_us >= kIdleUs) {
    gone.push_back(by_age_.front().rid);
    close(gone.back());
  }
  return gone;
}

int64_t Links::next_expiry_us() const {
  return by_age_.empty() ? std::numeric_limits<int64_t>::max() : by_age_.front().heard_us + kIdleUs;
}

std::vector<Rid> Links::rids() const {
  std::vector<Rid> all;
  all.reserve(by_age_.size());
  for (const Link& link : by_age_) all.push_back(link.rid);
  return all;
}

}  // namespace fastchat::broker
