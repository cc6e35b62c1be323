#include "client/tui/adapters/session_groups.h"

#include <utility>

#include "client/tui/adapters/toasts.h"

namespace fastchat::tui {
namespace {

std::string shown(const std::string& group) {
  return client::PeerName::of_group(group).text();
}

}  // namespace

std::vector<client::GroupInfo> SessionGroups::list() {
  return value_or_toast(session_.groups(), screen_);
}

// Shows that the server is asked or, without a connection, that the change of a group is stored and made later.
void SessionGroups::say_asking() {
  const bool live = session_.connection().state == core::LinkState::kLive;
  screen_.toast(live ? "Asking the server ..." : "Stored: the change is made when the server answers.", Style::kDim);
}

client::Session::Done SessionGroups::told(std::string good) {
  return ticket_.guarded(toasts(screen_, std::move(good)));
}

void SessionGroups::create(const std::string& name, std::vector<std::string> members) {
  say_asking();
  session_.create_group(name, std::move(members), told(shown(name) + " is created: /msg #" + name));
}

void SessionGroups::change(const std::string& name, client::GroupEdit edit) {
  say_asking();
  session_.change_group(name, std::move(edit), told(shown(name) + " is changed."));
}

void SessionGroups::leave(const std::string& name) {
  say_asking();
  session_.leave_group(name, told("You left #" + name + "."));
}

void SessionGroups::erase(const std::string& name) {
  say_asking();
  session_.delete_group(name, told(shown(name) + " is deleted."));
}

}  // namespace fastchat::tui
