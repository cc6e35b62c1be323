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

client::PlaceInfo SessionConversations::place(const client::PeerName& peer, int64_t position) {
  // A drawing asks: a disk that fails costs the share, and no toast at each drawing.
  const auto place = session_.place(peer, position);
  return place.ok() ? *place : client::PlaceInfo();
}

std::optional<client::MessageInfo> SessionConversations::info(const std::string& id) {
  auto info = session_.message_info(id);
  if (info.ok()) return std::move(*info);
  screen_.toast(info.error().text, Style::kBad);
  return std::nullopt;
}

void SessionConversations::mark_read(const client::PeerName& peer) {
  session_.mark_peer_read(peer, read_receipts_);
}

}  // namespace fastchat::tui
