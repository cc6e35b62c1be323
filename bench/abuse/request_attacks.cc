#include "bench/abuse/request_attacks.h"

#include <algorithm>

#include "bench/meter.h"
#include "common/random.h"
#include "common/wire.h"

namespace fastchat::bench::abuse {
namespace {

constexpr int kLookUps = 2000, kVaults = 3000, kSlow = 5000;
constexpr uint64_t kSecondNs = 1'000'000'000, kRequestRefusedNs = 50'000'000;
constexpr size_t kMaxSentATurn = 500;  // frames; then the received frames are read

}  // namespace

void UnknownNames::go_on(uint64_t now) {
  static_cast<void>(now);
  come_back();
  if (!ready(0)) return;
  for (size_t n = 0; n < kMaxSentATurn && under_way(0) < scaled(kLookUps); ++n) {
    v1::ClientFrame frame;
    for (size_t i = 0; i < wire::kMaxNamesPerLookup; ++i) {
      frame.mutable_get_users()->add_names("nobody-" + std::to_string(1'000'000'000'000 + name_++));
    }
    ask(0, std::move(frame));
  }
}

void UnreadVaults::prepare() {
  link(0).recv_hwm = 1;
  log_in_all();
  wait("the vault", [&] { return stored_; });
  link(0).unread = true;
}

void UnreadVaults::began(int user) {
  if (stored_) {
    link(user).unread = true;
    return;
  }
  v1::ClientFrame frame;
  frame.mutable_put_vault()->set_version(2);
  frame.mutable_put_vault()->set_blob(random_bytes(wire::kMaxVault));
  ask(user, std::move(frame));
}

void UnreadVaults::on_answer(Link& link, const v1::ServerFrame& frame) {
  Attack::on_answer(link, frame);
  stored_ = stored_ || frame.body_case() == v1::ServerFrame::kVaultStored;
}

void UnreadVaults::go_on(uint64_t now) {
  if (!is_open(0)) link(0).unread = false;
  come_back();
  if (!ready(0) || now < next_ns_) return;
  next_ns_ = now + kSecondNs;
  for (int i = 0; i < scaled(kVaults); ++i) {
    v1::ClientFrame frame;
    frame.mutable_get_vault();
    ask(0, std::move(frame));
  }
}

void SlowRequests::go_on(uint64_t now) {
  static_cast<void>(now);
  come_back();
  for (int user = 0; user < users(); ++user) {
    for (size_t n = 0; n < kMaxSentATurn && ready(user) && under_way(user) < scaled(kSlow); ++n) {
      v1::ClientFrame frame;
      if (user == 0) {
        frame.mutable_leave_group()->set_group_id(random_bytes(wire::kGroupId));
      } else {
        frame.mutable_get_devices();
      }
      ask(user, std::move(frame));
    }
  }
}

ManyEpochs::ManyEpochs(const AttackOptions& options)
    : Attack(options, 1), group_(random_bytes(wire::kGroupId)), state_(random_bytes(wire::kMaxGroupState)) {}

// Continues after a refusal.
void ManyEpochs::go_on(uint64_t now) {
  come_back();
  if (!ready(0) || under_way(0) > 0 || now < pause_until_ns_) return;
  v1::ClientFrame frame;
  v1::PutGroup& put = *frame.mutable_put_group();
  put.set_group_id(group_);
  put.set_epoch(epoch_);
  put.set_name("rogue-" + to_hex(group_).substr(0, 8));
  put.set_admin(driver().identity(0).name);
  put.add_members(driver().identity(0).name);
  put.set_state(state_);
  ask(0, std::move(frame));
}

void ManyEpochs::on_answer(Link& link, const v1::ServerFrame& frame) {
  Attack::on_answer(link, frame);
  if (frame.body_case() == v1::ServerFrame::kGroupStored) {
    ++epoch_;
  } else {
    pause_until_ns_ = now_ns() + kRequestRefusedNs;
  }
}

}  // namespace fastchat::bench::abuse
