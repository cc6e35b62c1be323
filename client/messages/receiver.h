// Messages for us: opens what a worker delivers and what waited on disk, in order, asks the engine what becomes of each
// and writes that. The steps are those of docs/e2e.md. A message of a group that cannot be opened yet waits on disk,
// acknowledged, a share for each sender, when this device knows of the group: from its own states, from a key that
// somebody sent, or from the server's list. A message of any other group stays with the server until that list was
// asked for once more. Lives on the session's thread; writes join the turn.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/messages/message_writer.h"
#include "client/messages/typing.h"
#include "client/store/group_table.h"
#include "client/store/message_table.h"
#include "client/store/stream_table.h"

namespace fastchat::client {

class Receiver final : public TurnPart, public e2e::ReplayMarks {
 public:
  Receiver(Turn& turn, Server& server, store::MessageTable& messages, store::StreamTable& streams,
           store::WaitingTable& waiting, const Account& account, PinBook& pins, GroupBook& groups, GroupSync& sync,
           KeyLookup& look_ups, MessageWriter& writer, Timeline& timeline, Typing& typing, Listener& listener)
      : turn_(turn),
        server_(server),
        messages_(messages),
        streams_(streams),
        waiting_(waiting),
        account_(account),
        pins_(pins),
        groups_(groups),
        sync_(sync),
        look_ups_(look_ups),
        writer_(writer),
        timeline_(timeline),
        typing_(typing),
        listener_(listener) {}

  // Gives the engine the streams that hold messages back, as the last run left them.
  void restore();
  // A session began: what was put aside is delivered again.
  void attached();
  // Nothing that came waits to be opened.
  bool all_opened() const { return arrivals_.empty() && parked_.empty() && asking_.empty(); }
  // Something is to be opened in the next turn.
  bool pending() const { return !arrivals_.empty(); }
  // Nothing that came is on its way to the disk.
  bool settled() const { return arrivals_.empty() && parked_.empty() && staged_.empty(); }

  // ---- the engine's ports
  void open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind);
  std::optional<Bytes> find_mark(const core::MessageKey& key);
  core::StreamMark load_stream(const Bytes& from_fpr, const Bytes& stream);
  void write(const core::Write& write);
  void discard(uint64_t arrival);
  void show(const Bytes& from_fpr, const Bytes& stream, const core::Show& show);

  // ---- from the rooms of groups and keys
  // Messages that waited for a state or key of this group go the way of new ones.
  void reopen(const Bytes& group) { reopen_after(group, 0); }
  // The key of their sender is there: before what came later.
  void open_first(std::vector<Arrival> arrivals);
  // The sender's key cannot be had.
  void refuse(const std::string& user, std::vector<Arrival> arrivals, const std::string& why);
  // The list of this user's groups is asked for; it is there, or could not be had.
  void listing() { asking_ = std::exchange(parked_, {}); }
  void listed(bool there);

  // e2e::ReplayMarks: asked while a message is opened.
  std::optional<Seen> seen(const e2e::MessageId& id) const override;

  void work() override;
  void committed() override;
  void rolled_back(const Error& error) override;

 private:
  void open(Arrival arrival);
  void reopen_after(const Bytes& group, int64_t after);
  // True: it stays with the server, unacknowledged, until that said which groups this user is in.
  bool park(Arrival& arrival, const e2e::Received& received);

  Turn& turn_;
  Server& server_;
  store::MessageTable& messages_;
  store::StreamTable& streams_;
  store::WaitingTable& waiting_;
  const Account& account_;
  PinBook& pins_;
  GroupBook& groups_;
  GroupSync& sync_;
  KeyLookup& look_ups_;
  MessageWriter& writer_;
  Timeline& timeline_;
  Typing& typing_;
  Listener& listener_;
  std::deque<Arrival> arrivals_;
  std::vector<Arrival> parked_, asking_;         // of unknown groups; asking_: before the list that is being asked for
  std::map<std::string, int64_t> unlisted_;      // senders of such that were listed nowhere, and when that was found
  std::unordered_map<uint64_t, Staged> staged_;  // opened, until the engine says what becomes of them
  std::set<int64_t> reopening_;                  // rows of waiting messages that are being opened
  uint64_t last_write_ = 0;                      // of this turn
};

}  // namespace fastchat::client
