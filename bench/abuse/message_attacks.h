// Attacks by messages: a queue that one sender fills, and notes about unknown groups.
#pragma once

#include <optional>
#include <vector>

#include "bench/abuse/attack.h"
#include "client/e2e/message.h"

namespace fastchat::bench::abuse {

// D5: envelopes of at most 24 KiB for the honest user who is offline, as many as may be in flight.
class FullQueue final : public Attack {
 public:
  explicit FullQueue(const AttackOptions& options);
  void prepare() override;
  void go_on(uint64_t now) override;
  void on_receipt(Link& link, uint64_t ref, Receipt receipt) override;
  void on_lost(Link& link, const std::string& why) override;

 private:
  const Bytes body_;
  size_t size_;  // of the next envelope: smaller ones fill the space that larger ones leave
  int open_ = 0;
  uint64_t pause_until_ns_ = 0;
};

// D10: sealed and signed keys of groups that do not exist, and envelopes of these groups, sent to one person's running
// client.
class JunkNotes final : public Attack {
 public:
  explicit JunkNotes(const AttackOptions& options);
  void prepare() override;
  void go_on(uint64_t now) override;
  void on_answer(Link& link, const v1::ServerFrame& frame) override;
  void on_receipt(Link& link, uint64_t ref, Receipt receipt) override;
  void on_lost(Link& link, const std::string& why) override;

 private:
  static std::vector<e2e::KeyPair> one_key();
  Bytes key_note();
  Bytes group_envelope();
  Bytes sealed(Result<e2e::SealedMessage> message);
  e2e::StreamPosition next_position();

  const e2e::KeyPair epoch_key_;
  const e2e::Identity self_;
  std::optional<e2e::PeerKey> victim_;
  Bytes stream_, prev_;
  uint64_t seq_ = 0;
  int open_ = 0;
};

}  // namespace fastchat::bench::abuse
