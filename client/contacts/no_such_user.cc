#include "client/contacts/no_such_user.h"

#include <string>
#include <vector>

#include "client/e2e/sanitise.h"
#include "common/nearest.h"

namespace fastchat::client {

Error no_such_user(const PinBook& pins, std::string_view name) {
  std::vector<std::string> known;
  known.reserve(pins.all().size());
  for (const auto& [user, pin] : pins.all()) {
    if (user != name) known.push_back(user);
  }
  return err(Code::kUnknownUser, "no such user: " + e2e::sanitise_line(name) + did_you_mean(name, known));
}

}  // namespace fastchat::client
