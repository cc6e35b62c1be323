#include "client/cli/known_peers.h"

#include <algorithm>
#include <vector>

#include "client/e2e/sanitise.h"
#include "common/nearest.h"

namespace fastchat::cli {

std::string mistyped_peer(client::Session& session, const client::PeerName& name) {
  std::vector<std::string> known;
  if (const auto status = session.status(); status.ok()) {
    for (const client::ContactInfo& contact : status->contacts) known.push_back(contact.user);
  }
  if (const auto all = session.conversations(); all.ok()) {
    for (const client::ConversationInfo& conversation : *all) known.push_back(conversation.peer.text());
  }
  if (name.text() == session.user() || std::find(known.begin(), known.end(), name.text()) != known.end()) return "";
  const std::string hint = did_you_mean(name.text(), known);
  return hint.empty() ? "" : "no conversation with " + e2e::sanitise_line(name.text()) + hint;
}

}  // namespace fastchat::cli
