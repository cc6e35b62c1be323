#include "bench/abuse/message_attacks.h"

#include <algorithm>

#include "bench/fail.h"
#include "bench/meter.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/wire.h"

namespace fastchat::bench::abuse {
namespace {

constexpr int kQueueAtOnce = 256, kNotesAtOnce = 64;
constexpr int kNotesATurn = 8;  // each takes milliseconds to seal
constexpr uint64_t kRefusedNs = 20'000'000;

}  // namespace

// User 1 is only a name: the honest user who is offline.
FullQueue::FullQueue(const AttackOptions& options)
    : Attack(options, 2), body_(wire::kMaxEnvelope, 'x'), size_(body_.size()) {
  driver().identity(1).name = Accounts(options.honest.prefix, "").name(away_user(options.honest.pairs));
}

void FullQueue::prepare() {
  sign_up(0, 1);
  login(0);
  wait("a login", [&] { return ready(0); });
}

void FullQueue::go_on(uint64_t now) {
  come_back();
  for (; ready(0) && now >= pause_until_ns_ && open_ < scaled(kQueueAtOnce); ++open_) {
    count_sent();
    driver().send_to(link(0), 1, ByteView(body_).substr(0, size_));
  }
}

void FullQueue::on_receipt(Link& link, uint64_t ref, Receipt receipt) {
  Attack::on_receipt(link, ref, receipt);
  --open_;
  if (receipt != Receipt::kRejected) return;
  pause_until_ns_ = now_ns() + kRefusedNs;
  size_ = std::max<size_t>(size_ / 2, 1);
}

void FullQueue::on_lost(Link& link, const std::string& why) {
  Attack::on_lost(link, why);
  open_ = 0;
}

JunkNotes::JunkNotes(const AttackOptions& options)
    : Attack(options, 2),
      epoch_key_(e2e::KeyPair::generate()),
      self_(broker().realm, driver().identity(0).name, one_key()),
      stream_(random_bytes(wire::kStream)) {
  driver().identity(0).public_key = self_.key().public_key().spki();
  driver().identity(1).name = options.victim;
}

std::vector<e2e::KeyPair> JunkNotes::one_key() {
  std::vector<e2e::KeyPair> keys;
  keys.push_back(e2e::KeyPair::generate());
  return keys;
}

void JunkNotes::prepare() {
  sign_up(0, 1);
  login(0);
  wait("a login", [&] { return ready(0); });
  v1::ClientFrame frame;
  frame.mutable_get_users()->add_names(options().victim);
  ask(0, std::move(frame));
  wait("the victim's key", [&] { return victim_.has_value(); });
}

void JunkNotes::on_answer(Link& link, const v1::ServerFrame& frame) {
  Attack::on_answer(link, frame);
  if (frame.body_case() != v1::ServerFrame::kUsers || frame.users().users_size() != 1) return;
  auto key = e2e::peer_key(broker().realm, options().victim, frame.users().users(0).public_key());
  if (!key) fail("the victim has no key: " + key.error().text);
  victim_ = std::move(*key);
}

e2e::StreamPosition JunkNotes::next_position() {
  e2e::StreamPosition at;
  at.stream = stream_;
  at.seq = ++seq_;
  at.prev = prev_;
  return at;
}

Bytes JunkNotes::sealed(Result<e2e::SealedMessage> message) {
  if (!message) fail("cannot seal: " + message.error().text);
  prev_ = message->hash;
  return std::move(message->envelope);
}

Bytes JunkNotes::key_note() {
  e2e::KeyShare note;
  note.group_id = random_bytes(wire::kGroupId);
  note.epoch = 1;
  note.state_hash = random_bytes(wire::kGroupId);
  note.pkcs8 = epoch_key_.pkcs8();
  return sealed(e2e::seal_message(self_, *victim_, next_position(), std::move(note), Clock::wall_ms()));
}

Bytes JunkNotes::group_envelope() {
  auto group = e2e::create_group(self_, "junk", {}, epoch_key_.public_key());
  if (!group) fail("cannot make a group: " + group.error().text);
  return sealed(e2e::seal_group_message(self_, *group, next_position(), e2e::Text{"junk"}, Clock::wall_ms()));
}

void JunkNotes::go_on(uint64_t now) {
  static_cast<void>(now);
  come_back();
  for (int n = 0; n < kNotesATurn && ready(0) && open_ < kNotesAtOnce; ++n, ++open_) {
    count_sent();
    driver().send_to(link(0), 1, n % 2 == 0 ? key_note() : group_envelope());
  }
}

void JunkNotes::on_receipt(Link& link, uint64_t ref, Receipt receipt) {
  Attack::on_receipt(link, ref, receipt);
  // The receipt for a queued message's delivery counts the message a second time.
  if (open_ > 0) --open_;
}

void JunkNotes::on_lost(Link& link, const std::string& why) {
  Attack::on_lost(link, why);
  open_ = 0;
}

}  // namespace fastchat::bench::abuse
