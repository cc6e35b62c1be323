// Writes a received envelope to the store: the message's row, and all its other effects. Lives on the session's thread;
// writes join the turn, and false means that the turn failed.
#pragma once

#include <string>

#include "client/contacts/arrival.h"
#include "client/contacts/standing_book.h"
#include "client/groups/group_sync.h"
#include "client/messages/annotations.h"
#include "client/messages/cards.h"
#include "client/messages/receipts.h"
#include "client/store/group_table.h"
#include "client/store/message_table.h"
#include "client/store/pin_table.h"
#include "client/store/stream_table.h"
#include "client/transparency/head_gossip.h"

namespace fastchat::client {

// An opened arrival until it is written.
struct Staged {
  e2e::Received received;
  Bytes envelope;
  int64_t waiting = 0;  // row of a message that waited on disk; 0: of no row
};

// The rooms that take notes between clients, which have no line.
struct NoteReaders {
  Cards& cards;
  HeadGossip& heads;
};

class MessageWriter {
 public:
  MessageWriter(Turn& turn, store::MessageTable& messages, store::QuarantineTable& quarantine,
                store::StreamTable& streams, store::WaitingTable& waiting, const Account& account, PinBook& pins,
                GroupBook& groups, FileRecords& files, Annotations& annotations, Receipts& receipts, GroupSync& sync,
                const StandingBook& standings, NoteReaders notes, Listener& listener)
      : turn_(turn),
        messages_(messages),
        quarantine_(quarantine),
        streams_(streams),
        waiting_(waiting),
        account_(account),
        pins_(pins),
        groups_(groups),
        files_(files),
        annotations_(annotations),
        receipts_(receipts),
        sync_(sync),
        standings_(standings),
        notes_(notes),
        listener_(listener) {}

  // Carries out the engine's decision about an opened envelope. `staged` is null for an envelope that is no longer
  // here.
  bool write(const core::PendingWrite& write, const Staged* staged);

 private:
  bool message(const core::PendingWrite& write, const Staged& staged, bool held, bool late);
  bool content(const e2e::Received& received);
  bool head(const e2e::Received& received, const LogHead& head);
  bool drops(const e2e::Received& received) const;
  bool known_already(const e2e::Received& received, const core::MessageKey& key, const e2e::MessageId& first);
  bool shows(const core::PendingWrite& write);
  bool hole(const core::PendingWrite& write, const core::DisplayStep& show);
  bool quarantine(const core::PendingWrite& write, const Staged& staged);
  bool waiting(const Staged& staged, bool* kept);

  Turn& turn_;
  store::MessageTable& messages_;
  store::QuarantineTable& quarantine_;
  store::StreamTable& streams_;
  store::WaitingTable& waiting_;
  const Account& account_;
  PinBook& pins_;
  GroupBook& groups_;
  FileRecords& files_;
  Annotations& annotations_;
  Receipts& receipts_;
  GroupSync& sync_;
  const StandingBook& standings_;
  const NoteReaders notes_;
  Listener& listener_;
};

}  // namespace fastchat::client
