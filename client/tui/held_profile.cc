#include "client/tui/held_profile.h"

#include <memory>
#include <utility>
#include <variant>

#include "client/runtime/loop_machine.h"
#include "client/tui/window/run_call.h"

namespace fastchat::tui {

HeldProfile::HeldProfile(Needs needs)
    : needs_(std::move(needs)),
      events_([this](const Event& event) {
        if (needs_.manners.typing || !std::holds_alternative<TypingChanged>(event)) needs_.hear(event);
      }),
      window_(profile_.front.join([](bool) {})),
      files_(needs_.loop, needs_.hear) {}

// Destroys the serving object before the adapters, and the adapters before the session.
HeldProfile::~HeldProfile() {
  profile_.serving.reset();
  adapters_.reset();
}

Result<> HeldProfile::open() {
  auto opened =
      client::Session::open(std::make_unique<client::LoopMachine>(needs_.loop), needs_.options, profile_.listeners);
  if (!opened.ok()) return opened.error();
  profile_.session = std::move(*opened);
  profile_.listeners.join(events_);
  unsent_.emplace(*profile_.session, kUnsent);
  adapters_.emplace(profile_, window_, *unsent_, tickets_, needs_.options.invite, needs_.typed_invite, needs_.manners,
                    needs_.screen, needs_.hear, needs_.on_entry);
  return Unit{};
}

Ports HeldProfile::ports() {
  SessionAdapters& a = *adapters_;
  return {needs_.screen, a.accounts, a.conversations, a.search,   a.messages, a.groups,
          a.files,       files_,     needs_.desktop,  a.contacts, a.devices,  a.settings};
}

PageName HeldProfile::begin() {
  if (!profile_.session->has_profile()) return PageName::kWelcome;
  if (!profile_.session->unlocked()) return PageName::kUnlock;
  profile_.session->start();
  return PageName::kMain;
}

void HeldProfile::begun() {
  profile_.serving = needs_.serve(needs_.loop, profile_, [this] { needs_.loop.stop(); });
  if (profile_.serving != nullptr) return;
  needs_.screen.toast("the profile's socket cannot be made: no other program can use this profile meanwhile",
                      Style::kBad);
}

void HeldProfile::make(const std::vector<OwedCall>& calls) {
  for (const OwedCall& call : calls) {
    Result<JsonValue> params = parse_json(call.params);
    const RunnableCall* known = find_call(call.name);
    if (params.ok() && known != nullptr) (void)known->run(*adapters_, *params);
  }
}

void HeldProfile::restore_texts() {
  restore_unsent(kUnsent, *profile_.session, adapters_->settings, needs_.screen);
  if (!std::exchange(restored_, true))
    restore_unsent(kUnsentOfWindows, *profile_.session, adapters_->settings, needs_.screen);
}

void HeldProfile::keep_texts() {
  if (auto kept = unsent_->keep(); !kept.ok()) needs_.screen.toast(kept.error().text, Style::kBad);
}

void HeldProfile::end() {
  profile_.drafts.leave(window_);
  if (profile_.serving != nullptr) profile_.serving->end();
  profile_.session->settle();
}

bool HeldProfile::ended() const {
  return profile_.session->settled() && !unsent_->waiting() &&
         (profile_.serving == nullptr || profile_.serving->ended());
}

std::string HeldProfile::close() {
  profile_.session->stop();
  needs_.loop.run_once(0);
  return "";
}

}  // namespace fastchat::tui
