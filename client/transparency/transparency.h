// The rooms of the log of keys, made in order, and their door: what a session and the messages tell them. Lives on the
// session's thread.
#pragma once

#include <utility>

#include "client/store/store.h"
#include "client/transparency/head_gossip.h"
#include "client/transparency/leaf_reader.h"
#include "client/transparency/log_audit.h"
#include "client/transparency/pin_proofs.h"
#include "common/try.h"

namespace fastchat::client {

struct Transparency {
  // `invite_key`: the log key of an invite line that the person gave, or empty.
  Transparency(Turn& turn, Server& server, store::Store& store, const Account& account, const PinBook& pins,
               KeyLookup& look_ups, Bytes invite_key, LogAlarms::Tell tell)
      : alarms(turn, store.pins().log(), std::move(tell)),
        log(turn, server, store.pins().log(), account, alarms, std::move(invite_key),
            {[this](const LogHead& head) {
               proofs.forget();
               reader.begin(head);
             },
             [this](const LogHead& before, const LogHead& now, const merkle::Path& path) {
               reader.grew(before, now, path);
             }}),
        proofs(turn, server, store.pins().log(), account, pins, look_ups, log, alarms),
        reader(turn, server, store.pins().log(), account, log, alarms),
        gossip(turn, server, store.pins().log(), account, log, alarms),
        audit(turn, server, store.pins().log(), account, log, alarms) {}
  Transparency(const Transparency&) = delete;
  Transparency& operator=(const Transparency&) = delete;

  Result<> load() {
    FC_TRY(log.load());
    FC_TRY(proofs.load());
    FC_TRY(reader.load());
    return gossip.load();
  }
  // Notes that a session began. `told`: the log key that the broker told, or empty.
  void attached(const Bytes& told) {
    proofs.attached();
    reader.attached();
    gossip.attached();
    log.attached(told);
  }

  LogAlarms alarms;
  KeyLog log;
  PinProofs proofs;
  LeafReader reader;
  HeadGossip gossip;
  LogAudit audit;
};

}  // namespace fastchat::client
