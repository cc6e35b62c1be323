#include "client/tui/attached_profile.h"

#include <utility>

namespace fastchat::tui {

AttachedProfile::AttachedProfile(Needs needs, rpc::Descriptor holder)
    : needs_(std::move(needs)),
      link_(needs_.loop, std::move(holder),
            {[this](const rpc::Answer& told) { hear(told); },
             [this](const std::string& why) { needs_.screen.toast(why, Style::kBad); },
             [this](const Error& why) { needs_.on_lost(why); }}),
      disk_(needs_.loop, needs_.hear) {}

Result<> AttachedProfile::open() {
  OpenWindow ask;
  ask.version = FASTCHAT_VERSION;
  ask.read_receipts = needs_.manners.read_receipts;
  ask.typing = needs_.manners.typing;
  auto opened = link_.ask(ask);
  if (opened.code() == Code::kUnsupportedVersion) {
    return err(Code::kLocalProfileInUse,
               "the program that has this profile open is of another version, which knows no windows: end that "
               "program, or start the same version");
  }
  if (!opened.ok()) return opened.error();
  opened_ = std::move(*opened);
  return Unit{};
}

Ports AttachedProfile::ports() {
  return {needs_.screen, accounts_, conversations_, search_,   messages_, groups_,
          files_,        disk_,     needs_.desktop, contacts_, devices_,  settings_};
}

void AttachedProfile::make(const std::vector<OwedCall>& calls) {
  for (const OwedCall& call : calls) link_.tell(call);
}

void AttachedProfile::used() {
  if (!front_) link_.tell(UseWindow{});
}

std::string AttachedProfile::close() {
  const size_t owed = link_.owed();
  if (owed == 0) return "";
  return "the program that has this profile open has not confirmed the last " + std::to_string(owed) +
         (owed == 1 ? " change" : " changes") + ": look whether all is there";
}

template <class Told>
bool AttachedProfile::heard(const rpc::Answer& notification) {
  if (notification.method != Told::kName) return false;
  const auto told = read_fields<Told>(notification.params);
  if (told.ok()) handle(*told);
  return told.ok();
}

void AttachedProfile::hear(const rpc::Answer& told) {
  if (told.method == kWindowEvent) {
    const Result<Event> event = read_event(told.params);
    if (event.ok()) return needs_.hear(*event);
  } else if (heard<ShowLine>(told) || heard<ShowPage>(told) || heard<ComeToFront>(told) || heard<EndWindow>(told)) {
    return;
  }
  needs_.on_lost(err(Code::kMalformed, "the program that has this profile open answers in another way: end it"));
}

void AttachedProfile::handle(const ShowPage& page) {
  switch (page.what) {
    case ShowPage::What::kMain:
      return needs_.screen.open(PageName::kMain);
    case ShowPage::What::kReplace:
      return needs_.screen.open(PageName::kReplace);
    case ShowPage::What::kHome:
      return needs_.screen.home();
  }
}

}  // namespace fastchat::tui
