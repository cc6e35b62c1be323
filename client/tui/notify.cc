#include "client/tui/notify.h"

#include "client/e2e/sanitise.h"
#include "client/messages/action.h"
#include "client/tui/terminal/text.h"
#include "common/json.h"

namespace fastchat::tui {
namespace {

constexpr int kColumns = 120;  // of a notification's text

std::string through_tmux(const std::string& sequence) {
  std::string out = "\033Ptmux;";
  for (const char c : sequence) out += c == '\033' ? "\033\033" : std::string(1, c);
  return out + "\033\\";
}

}  // namespace

NotifyVia choose_notify(const std::string& wanted, const TerminalHints& hints) {
  if (wanted == "none") return NotifyVia::kNone;
  if (wanted == "osc9") return NotifyVia::kOsc9;
  if (wanted == "osc777") return NotifyVia::kOsc777;
  if (hints.term == "linux" || hints.term == "dumb") return NotifyVia::kNone;
  const bool known = hints.vte || hints.term.starts_with("rxvt") || hints.term.starts_with("foot");
  return known ? NotifyVia::kOsc777 : NotifyVia::kOsc9;
}

std::string notify_bytes(const NotifySettings& settings, const TerminalHints& hints,
                         const client::ChatMessage& message) {
  // Sanitised text holds no control character, so nothing in it can end the sequence.
  const std::string who =
      e2e::sanitise_line(message.from + (message.peer.is_group() ? " in " + message.peer.text() : ""));
  const std::string what =
      settings.text ? clip(e2e::sanitise_as_line(client::shown_text(message)), kColumns) : "a message";
  std::string sequence;
  switch (choose_notify(settings.desktop, hints)) {
    case NotifyVia::kNone:
      break;
    case NotifyVia::kOsc9:
      sequence = "\033]9;" + who + ": " + what + "\033\\";
      break;
    case NotifyVia::kOsc777:
      sequence = "\033]777;notify;" + who + ";" + what + "\033\\";
      break;
  }
  if (hints.tmux && !sequence.empty()) sequence = through_tmux(sequence);
  return (settings.bell ? "\a" : "") + sequence;
}

std::string notify_json(const client::ChatMessage& message, bool with_text) {
  Json out;
  out.add("event", "message").add("id", message.id).add("peer", message.peer.text()).add("from", message.from);
  if (with_text) out.add("text", client::exact_text(message));
  if (with_text && client::is_action(message)) out.add_bool("action", true);
  return e2e::escape_hidden(out.add_number("sent_ms", message.sent_ms).str()) + "\n";
}

}  // namespace fastchat::tui
