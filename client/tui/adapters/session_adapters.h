// The adapters of one window of a session.
#pragma once

#include <functional>
#include <optional>

#include "client/runtime/tickets.h"
#include "client/session/serving.h"
#include "client/tui/adapters/session_accounts.h"
#include "client/tui/adapters/session_contacts.h"
#include "client/tui/adapters/session_conversations.h"
#include "client/tui/adapters/session_devices.h"
#include "client/tui/adapters/session_files.h"
#include "client/tui/adapters/session_groups.h"
#include "client/tui/adapters/session_messages.h"
#include "client/tui/adapters/session_search.h"
#include "client/tui/adapters/session_settings.h"
#include "client/tui/adapters/unsent_texts.h"

namespace fastchat::tui {

// The settings of a window that concern other people.
struct WindowManners {
  bool read_receipts = true;  // tells senders what was read
  bool typing = false;        // tells others that the person types, and shows who types
};

struct SessionAdapters {
  // `hear` receives all answers, and none after the SessionAdapters are destroyed. `profile`, `unsent`, `tickets`,
  // `invite` and `on` outlive the SessionAdapters. `window`: the window's number in profile.front. `typed_invite`: true
  // when the person typed the invite line into a form.
  SessionAdapters(client::OpenProfile& profile, uint64_t window, UnsentTexts& unsent, client::Tickets& tickets,
                  const std::optional<InviteLine>& invite, bool typed_invite, WindowManners manners, Screen& on,
                  const EventHandler& hear, std::function<void(Entry)> on_entry)
      : ticket(tickets),
        accounts(*profile.session, invite, typed_invite, on, ticket, hear, std::move(on_entry)),
        conversations(*profile.session, on, manners.read_receipts),
        search(*profile.session, window, on, ticket, hear),
        settings(profile.drafts, window, on),
        messages(*profile.session, unsent, manners.typing, on, ticket, hear),
        groups(*profile.session, on, ticket),
        files(*profile.session, on, ticket, hear),
        contacts(*profile.session, on, ticket, hear),
        devices(*profile.session, on, ticket, hear) {}

  client::Ticket ticket;
  SessionAccounts accounts;
  SessionConversations conversations;
  SessionSearch search;
  SessionSettings settings;
  SessionMessages messages;
  SessionGroups groups;
  SessionFiles files;
  SessionContacts contacts;
  SessionDevices devices;
};

}  // namespace fastchat::tui
