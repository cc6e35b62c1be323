// The rooms that a received message passes, made in order: its stream's marks, the parked messages of unknown groups,
// the writer, the receiver that opens it, and the screen.
#pragma once

#include "client/messages/display.h"
#include "client/messages/in_streams.h"
#include "client/messages/message_writer.h"
#include "client/messages/parked_messages.h"
#include "client/messages/receiver.h"
#include "client/store/store.h"

namespace fastchat::client {

struct Receiving {
  Receiving(Turn& turn, Server& server, store::Store& store, const Account& account, PinBook& pins, GroupBook& groups,
            GroupSync& sync, KeyLookup& look_ups, FileRecords& files, Annotations& annotations, Receipts& receipts,
            Timeline& timeline, Typing& typing, const StandingBook& standings, Cards& cards, Requests& requests,
            HeadGossip& heads, Listener& listener)
      : streams(turn, server, store.streams(), groups),
        parked(turn, server, account, sync),
        writer(turn, store.messages(), store.quarantine(), store.streams(), store.waiting(), account, pins, groups,
               files, annotations, receipts, sync, standings, {cards, heads}, listener),
        receiver(turn, server, store.waiting(), account, pins, groups, sync, look_ups, writer, streams, parked),
        display(turn, store.messages(), pins, timeline, typing, requests, listener) {}

  InStreams streams;
  ParkedMessages parked;
  MessageWriter writer;
  Receiver receiver;
  Display display;
};

}  // namespace fastchat::client
