#include "client/tui/adapters/session_conversations.h"

#include "client/tui/adapters/toasts.h"

namespace fastchat::tui {

std::vector<client::ConversationInfo> SessionConversations::list() {
  return value_or_toast(session_.conversations(), screen_);
}

std::vector<client::ChatMessage> SessionConversations::history(const client::PeerName& peer, size_t limit,
                                                               int64_t before) {
  return value_or_toast(session_.history(peer, limit, before), screen_);
}

std::vector<client::ChatMessage> SessionConversations::history_after(const client::PeerName& peer, size_t limit,
                                                                     int64_t after) {
  return value_or_toast(session_.history_after(peer, limit, after), screen_);
}

std::optional<client::MessageInfo> SessionConversations::info(const std::string& id) {
  auto info = session_.message_info(id);
  if (info.ok()) return std::move(*info);
  screen_.toast(info.error().text, Style::kBad);
  return std::nullopt;
}

void SessionConversations::mark_read(const client::PeerName& peer) {
  read_receipts_ ? session_.mark_peer_read(peer) : session_.mark_peer_seen(peer);
}

}  // namespace fastchat::tui
