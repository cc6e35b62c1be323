#include "client/groups/no_such_group.h"

#include <string>
#include <vector>

#include "client/e2e/sanitise.h"
#include "client/runtime/peer_name.h"
#include "common/nearest.h"

namespace fastchat::client {

Error no_such_group(const GroupBook& groups, std::string_view name) {
  std::vector<std::string> known;
  for (const auto& [id, group] : groups.groups()) {
    if (!group.name.empty()) known.push_back(PeerName::of_group(group.name).text());
  }
  const std::string shown = PeerName::of_group(std::string(name)).text();
  return err(Code::kUnknownGroup, "no such group: " + e2e::sanitise_line(shown) + did_you_mean(shown, known));
}

}  // namespace fastchat::client
