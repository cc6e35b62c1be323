// All ports, for the places that make pages of every kind. A page names the few that it needs.
#pragma once

#include "client/tui/ports/accounts.h"
#include "client/tui/ports/contacts.h"
#include "client/tui/ports/conversations.h"
#include "client/tui/ports/desktop.h"
#include "client/tui/ports/devices.h"
#include "client/tui/ports/files.h"
#include "client/tui/ports/groups.h"
#include "client/tui/ports/local_files.h"
#include "client/tui/ports/message_search.h"
#include "client/tui/ports/messages.h"
#include "client/tui/ports/profile_settings.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

struct Ports {
  Screen& screen;
  Accounts& accounts;
  Conversations& conversations;
  MessageSearch& search;
  Messages& messages;
  Groups& groups;
  Files& files;
  LocalFiles& local_files;
  Desktop& desktop;
  Contacts& contacts;
  Devices& devices;
  ProfileSettings& settings;
};

}  // namespace fastchat::tui
