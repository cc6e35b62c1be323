#include "client/tui/chat/help_rows.h"

#include <algorithm>

#include "client/tui/chat/command_table.h"
#include "client/tui/chat/trust.h"
#include "client/tui/pages/line_editor.h"
#include "client/tui/pages/vi_line.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr int kLeft = 24;

void add(std::vector<Row>& out, const std::string& left, const std::string& right) {
  if (width_of(left) >= kLeft) {
    out.push_back({{left, Style::kBold}});
    out.push_back({{std::string(kLeft, ' ')}, {right}});
  } else {
    out.push_back({{pad(left, kLeft), Style::kBold}, {right}});
  }
}

}  // namespace

std::vector<Row> help_rows(const KeyTable& keys) {
  std::vector<Row> out;
  out.push_back({{"Keys", Style::kUnread}});
  for (const auto& line : keys.help()) add(out, line.keys, line.what);
  out.push_back({});
  if (keys.vi()) {
    out.push_back({{"Normal mode, after Esc", Style::kUnread}});
    for (const auto& line : keys.normal_help()) add(out, line.keys, line.what);
    for (const auto& [left, right] : ViLine::help()) add(out, left, right);
    add(out, "j, k, g, G, Ctrl+D, Ctrl+U", "move in lists and pages; Esc leaves their line, i goes back to it");
    out.push_back({});
  }
  out.push_back({{"Writing", Style::kUnread}});
  for (const auto& [left, right] : LineEditor::help()) add(out, left, right);
  out.push_back({});
  out.push_back({{"Commands", Style::kUnread}});
  for (const Command& command : all_commands()) {
    if (command.is(kHidden)) continue;
    add(out, std::string("/") + command.name + (*command.arguments == '\0' ? "" : " ") + command.arguments,
        command.help);
  }
  add(out, "//text", "sends /text; a space before the slash does the same");
  out.push_back({});
  out.push_back({{"States of a message", Style::kUnread}});
  add(out, "sending", "on this disk; not accepted by the server yet");
  add(out, "queued", "stored on the server until a device of the recipient fetches it");
  add(out, "delivered", "on the disk of a device of the recipient");
  add(out, "read", "seen by the recipient, who signed a receipt");
  out.push_back({});
  out.push_back({{"Marks of a conversation", Style::kUnread}});
  for (const TrustLevel level : {TrustLevel::kVerified, TrustLevel::kNotCompared, TrustLevel::kFirstContact,
                                 TrustLevel::kChanged, TrustLevel::kBlocked}) {
    add(out, std::string(trust_mark(level)) + " " + trust_word(level), trust_help(level));
  }
  add(out, "@", "before the number of unread messages: one of them names you");
  add(out, "·", "behind its number: the conversation is pinned");
  return out;
}

}  // namespace fastchat::tui
