// The tables of the local store, over one database. The Store makes and owns the tables. Lives on the store's thread.
#pragma once

#include "client/store/account_table.h"
#include "client/store/annotation_table.h"
#include "client/store/file_table.h"
#include "client/store/group_table.h"
#include "client/store/message_table.h"
#include "client/store/outbox_table.h"
#include "client/store/pin_table.h"
#include "client/store/search_table.h"
#include "client/store/sqlite.h"
#include "client/store/standing_table.h"
#include "client/store/stream_table.h"

namespace fastchat::store {

struct Tables {
  // `db` outlives the tables.
  explicit Tables(Sqlite& db)
      : account(db),
        devices(db),
        settings(db),
        messages(db),
        seen(db),
        annotations(db),
        search(db),
        streams(db),
        outbox(db),
        files(db),
        groups(db),
        waiting(db),
        pins(db),
        standings(db),
        quarantine(db) {}

  AccountTable account;
  DeviceTable devices;
  SettingTable settings;
  MessageTable messages;
  SeenTable seen;
  AnnotationTable annotations;
  SearchTable search;
  StreamTable streams;
  OutboxTable outbox;
  FileTable files;
  GroupTable groups;
  WaitingTable waiting;
  PinTable pins;
  StandingTable standings;
  QuarantineTable quarantine;
};

}  // namespace fastchat::store
