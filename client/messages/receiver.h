// Received messages: opens deliveries of the worker and messages that waited on disk, in order, asks the engine for a
// decision on each, and writes it. The steps are those of docs/e2e.md. A message of a known group that cannot be opened
// yet waits on disk, acknowledged, within a share for each sender. A group is known from this device's own states, from
// a key that somebody sent, or from the server's list. A message of any other group is parked. Lives on the session's
// thread; writes join the turn.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/contacts/key_lookup.h"
#include "client/messages/in_streams.h"
#include "client/messages/message_writer.h"
#include "client/messages/parked_messages.h"
#include "client/store/group_table.h"

namespace fastchat::client {

class Receiver final : public TurnPart {
 public:
  Receiver(Turn& turn, Server& server, store::WaitingTable& waiting, const Account& account, PinBook& pins,
           GroupBook& groups, GroupSync& sync, KeyLookup& look_ups, MessageWriter& writer, InStreams& streams,
           ParkedMessages& parked)
      : turn_(turn),
        server_(server),
        waiting_(waiting),
        account_(account),
        pins_(pins),
        groups_(groups),
        sync_(sync),
        look_ups_(look_ups),
        writer_(writer),
        streams_(streams),
        parked_(parked) {}

  // Called when a session began: drops the parked messages, which the server delivers again.
  void attached() { parked_.clear(); }
  // Returns true when no received message waits to be opened.
  bool all_opened() const { return arrivals_.empty() && parked_.empty(); }
  // Returns true when the next turn opens a message.
  bool pending() const { return !arrivals_.empty(); }
  // Returns true when no received message is on its way to the disk.
  bool settled() const { return arrivals_.empty() && parked_.settled() && staged_.empty(); }

  // ---- the engine's ports
  void open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind);
  void write(const core::PendingWrite& write);
  void discard(uint64_t arrival);

  // ---- from the rooms of groups and keys
  // Queues the waiting messages of this group again, since a state or key came. The messages take the path of new ones.
  void reopen(const Bytes& group) { reopen_after(group, 0); }
  // Queues messages ahead of later ones: the key of their sender is there.
  void open_first(std::vector<Arrival> arrivals);
  // Quarantines messages whose sender's key cannot be had.
  void refuse(const std::string& user, std::vector<Arrival> arrivals, const std::string& why);
  // Called when the list of this user's groups is requested; listed() when it came (`there`) or could not be fetched.
  void listing() { parked_.listing(); }
  void listed(bool there);

  void work() override;
  void committed() override;
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override { return parked_.own_key().next_wake(); }

 private:
  void open(Arrival arrival);
  bool may_have_changed(const e2e::Received& received) const;
  void reopen_after(const Bytes& group, int64_t after);

  Turn& turn_;
  Server& server_;
  store::WaitingTable& waiting_;
  const Account& account_;
  PinBook& pins_;
  GroupBook& groups_;
  GroupSync& sync_;
  KeyLookup& look_ups_;
  MessageWriter& writer_;
  InStreams& streams_;
  ParkedMessages& parked_;
  std::deque<Arrival> arrivals_;
  std::unordered_map<uint64_t, Staged> staged_;  // opened messages until the engine decides on them
  std::set<int64_t> reopening_;                  // rows of waiting messages that are being opened
  uint64_t last_write_ = 0;                      // of this turn
};

}  // namespace fastchat::client
