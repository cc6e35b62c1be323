// Makes all adapters of one session, and from them the ports for make_page().
#pragma once

#include <functional>
#include <optional>

#include "client/session/session.h"
#include "client/tui/adapters/disk_files.h"
#include "client/tui/adapters/session_accounts.h"
#include "client/tui/adapters/session_contacts.h"
#include "client/tui/adapters/session_conversations.h"
#include "client/tui/adapters/session_devices.h"
#include "client/tui/adapters/session_files.h"
#include "client/tui/adapters/session_groups.h"
#include "client/tui/adapters/session_messages.h"
#include "client/tui/adapters/session_search.h"
#include "client/tui/adapters/session_settings.h"
#include "client/tui/ports/ports.h"

namespace fastchat::tui {

struct Adapters {
  // `hear` receives all answers. `loop`, `session`, `invite`, `on` and `of` outlive the Adapters. `typed_invite`: true
  // when the person typed the invite line into a form.
  Adapters(Loop& loop, client::Session& session, const std::optional<InviteLine>& invite, bool typed_invite,
           bool read_receipts, Screen& on, Desktop& of, const EventHandler& hear, std::function<void(Entry)> on_entry)
      : screen(on),
        desktop(of),
        accounts(session, invite, typed_invite, on, hear, std::move(on_entry)),
        conversations(session, on, read_receipts),
        search(session, on, hear),
        settings(session, on),
        messages(session, settings, on, hear),
        groups(session, on),
        files(session, on, hear),
        local_files(loop, hear),
        contacts(session, on, hear),
        devices(session, on, hear) {}

  Ports ports() {
    return {screen, accounts,    conversations, search,   messages, groups,
            files,  local_files, desktop,       contacts, devices,  settings};
  }

  Screen& screen;
  Desktop& desktop;
  SessionAccounts accounts;
  SessionConversations conversations;
  SessionSearch search;
  SessionSettings settings;
  SessionMessages messages;
  SessionGroups groups;
  SessionFiles files;
  DiskFiles local_files;
  SessionContacts contacts;
  SessionDevices devices;
};

}  // namespace fastchat::tui
