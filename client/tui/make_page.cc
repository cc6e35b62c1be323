#include "client/tui/make_page.h"

#include "client/tui/chat/help_rows.h"
#include "client/tui/chat/main_page.h"
#include "client/tui/pages/card_page.h"
#include "client/tui/pages/devices_page.h"
#include "client/tui/pages/form_page.h"
#include "client/tui/pages/group_page.h"
#include "client/tui/pages/info_rows.h"
#include "client/tui/pages/menu_page.h"
#include "client/tui/pages/pager_page.h"
#include "client/tui/pages/people_page.h"
#include "client/tui/pages/quarantine_rows.h"
#include "client/tui/pages/replace_page.h"
#include "client/tui/pages/requests_page.h"
#include "client/tui/pages/search_page.h"
#include "client/tui/pages/transfers_page.h"
#include "client/tui/pages/verify_page.h"
#include "client/tui/pages/view_page.h"

namespace fastchat::tui {
namespace {

std::unique_ptr<Page> form(const Ports& p, FormPage::Purpose purpose) {
  return std::make_unique<FormPage>(p.screen, p.accounts, purpose);
}

std::unique_ptr<Page> people(const Ports& p, PeoplePage::Purpose purpose) {
  return std::make_unique<PeoplePage>(p.screen, p.conversations, p.groups, purpose);
}

}  // namespace

std::unique_ptr<Page> make_page(PageName name, const std::string& argument, const Ports& p, const KeyTable& keys,
                                MainOptions options) {
  switch (name) {
    case PageName::kWelcome:
      return welcome_menu(p.screen);
    case PageName::kMain:
      return std::make_unique<MainPage>(p.screen, p.conversations, p.messages, p.groups, p.files, p.local_files,
                                        p.desktop, p.contacts, p.settings, keys, options);
    case PageName::kSignUp:
      return form(p, FormPage::Purpose::kSignUp);
    case PageName::kLogIn:
      return argument.empty() ? form(p, FormPage::Purpose::kLogIn) : FormPage::again(p.screen, p.accounts, argument);
    case PageName::kUnlock:
      return form(p, FormPage::Purpose::kUnlock);
    case PageName::kMenu:
      return main_menu(p.screen, p.accounts);
    case PageName::kPeople:
      return people(p, PeoplePage::Purpose::kPerson);
    case PageName::kRequests:
      return std::make_unique<RequestsPage>(p.screen, p.contacts);
    case PageName::kCard:
      return std::make_unique<CardPage>(p.screen, p.contacts, p.desktop);
    case PageName::kGroups:
      return people(p, argument == "settings" ? PeoplePage::Purpose::kGroupSettings : PeoplePage::Purpose::kGroup);
    case PageName::kGroupSettings:
      return GroupPage::of(p.screen, p.groups, argument);
    case PageName::kHelp:
      return std::make_unique<PagerPage>(p.screen, "Help", help_rows(keys));
    case PageName::kSearch:
      return std::make_unique<SearchPage>(p.screen, p.conversations, p.search, argument);
    case PageName::kVerify:
      return std::make_unique<VerifyPage>(p.screen, p.contacts, argument);
    case PageName::kQuarantine:
      return std::make_unique<PagerPage>(p.screen, "Quarantine", quarantine_rows(p.contacts.quarantine()));
    case PageName::kMessageInfo:
      return std::make_unique<PagerPage>(p.screen, "Message", info_rows(p.conversations.info(argument)));
    case PageName::kView:
      return std::make_unique<ViewPage>(p.screen, p.local_files, argument);
    case PageName::kTransfers:
      return std::make_unique<TransfersPage>(p.screen, p.files);
    case PageName::kPassword:
      return form(p, FormPage::Purpose::kPassword);
    case PageName::kRekey:
      return form(p, FormPage::Purpose::kRekey);
    case PageName::kDeleteAccount:
      return form(p, FormPage::Purpose::kDelete);
    case PageName::kReplace:
      return std::make_unique<ReplacePage>(p.screen, p.accounts);
    case PageName::kDevices:
      return std::make_unique<DevicesPage>(p.screen, p.devices);
  }
  return nullptr;
}

}  // namespace fastchat::tui
