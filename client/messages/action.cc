#include "client/messages/action.h"

namespace fastchat::client {

bool is_action(const ChatMessage& m) {
  return m.kind == MessageKind::kText && !m.deleted && m.text.starts_with(kActionBegin) &&
         m.text.find_first_not_of(" \t\n", kActionBegin.size()) != std::string::npos;
}

std::string shown_text(const ChatMessage& m) {
  return is_action(m) ? "* " + m.from + " " + m.text.substr(kActionBegin.size()) : m.text;
}

}  // namespace fastchat::client
