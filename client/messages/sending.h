// The rooms that send messages, made in order. Lives on the session's thread.
#pragma once

#include <utility>

#include "client/messages/out_streams.h"
#include "client/messages/outbox.h"
#include "client/messages/receipts.h"
#include "client/messages/resealing.h"
#include "client/messages/sender.h"
#include "client/store/store.h"

namespace fastchat::client {

struct Sending {
  Sending(Turn& turn, Server& server, store::Store& store, const Account& account, const PinBook& pins,
          Standings& standings, GroupFollower& follower, KeyLookup& look_ups, FileRecords& files, Timeline& timeline,
          Annotations& annotations, Outbox::Wrote wrote)
      : streams(turn, store),
        outbox(turn, server, store.messages(), store.outbox(), store.streams(), account, follower.book(), files,
               timeline, annotations, streams, std::move(wrote)),
        resealing(turn, server, store.messages(), store.outbox(), account, pins, follower, files, timeline, outbox,
                  [this](const core::Receipt& receipt) { receipts.on_receipt(receipt); }),
        receipts(turn, server, store.messages(), store.outbox(), store.seen(), account, pins, standings.book(),
                 follower.book(), timeline, outbox, resealing),
        sender(turn, store.messages(), account, follower.book(), look_ups, standings, timeline, outbox) {}
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  OutStreams streams;
  Outbox outbox;
  Resealing resealing;
  Receipts receipts;
  Sender sender;
};

}  // namespace fastchat::client
