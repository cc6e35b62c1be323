#include "client/tui/pages/message_lines.h"

#include <algorithm>
#include <ctime>
#include <map>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/messages/action.h"
#include "client/tui/pages/file_text.h"
#include "client/tui/pages/links.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr int kWidePane = 64;  // columns from which names have a column of their own
constexpr int kNameColumn = 12;

tm local_time(int64_t ms) {
  const auto seconds = static_cast<time_t>(ms / 1000);
  tm local{};
  localtime_r(&seconds, &local);
  return local;
}

std::string blanks(int n) {
  return std::string(static_cast<size_t>(std::max(0, n)), ' ');
}

Style style_of(client::MessageState state) {
  switch (state) {
    case client::MessageState::kQueued:
      return Style::kWarn;
    case client::MessageState::kDelivered:
    case client::MessageState::kRead:
      return Style::kGood;
    case client::MessageState::kFailed:
      return Style::kBad;
    case client::MessageState::kSending:
    case client::MessageState::kReceived:
      break;
  }
  return Style::kDim;
}

std::string state_text(const client::ChatMessage& m) {
  if (!m.mine || m.ref == 0) return "";
  const bool some = m.members > 0 && m.state != client::MessageState::kFailed;
  const std::string of = "/" + std::to_string(m.members);
  if (some && m.read > 0) return "read " + std::to_string(m.read) + of;
  if (some && m.delivered > 0) return std::to_string(m.delivered) + of;
  return client::name(m.state);
}

// "  [👍 2 🎉]", in the order in which they came first; more than one of a kind are counted.
std::string reactions_text(const std::vector<client::Reaction>& reactions) {
  std::vector<std::string> kinds;
  std::map<std::string, size_t> count;
  for (const client::Reaction& r : reactions) {
    if (count[r.emoji]++ == 0) kinds.push_back(r.emoji);
  }
  std::string out;
  for (const std::string& kind : kinds) {
    out += (out.empty() ? "  [" : " ") + kind + (count[kind] > 1 ? " " + std::to_string(count[kind]) : "");
  }
  return out.empty() ? "" : out + "]";
}

bool is_note(const client::ChatMessage& m) {
  return m.kind == client::MessageKind::kHole || m.kind == client::MessageKind::kNotice ||
         m.kind == client::MessageKind::kWaiting;
}

Style style_of_sender(const client::ChatMessage& m) {
  return m.mine ? Style::kMine : style_of_name(m.from);
}

// Builds the start of the first row, before the text: the time, then the sender's name or a mark.
Row head_of(const client::ChatMessage& m, bool wide) {
  const std::string time = clock_time(m.sent_ms) + " ";
  if (is_note(m)) return {{wide ? time + blanks(kNameColumn - 2) + "-- " : "      -- ", Style::kDim}};
  const Style style = style_of_sender(m);
  if (client::is_action(m)) return {{time, Style::kDim}, {(wide ? blanks(kNameColumn - 1) : "") + "* ", style}};
  const std::string name = m.mine ? "me" : m.from;
  if (!wide) return {{time, Style::kDim}, {name + ": ", style}};
  const std::string cut = clip(name, kNameColumn);
  return {{time, Style::kDim}, {blanks(kNameColumn - width_of(cut)) + cut + " ", style}};
}

// Appends one line of a wrapped text in pieces, so that each piece is in one link or in none. `at`: where to look for
// the line in the text; it moves behind the line.
void add_line(Row& row, const std::string& line, Style style, const std::string& text, const std::vector<Link>& links,
              size_t& at) {
  const size_t begin = line.empty() ? at : text.find(line, at);
  if (begin == std::string::npos || links.empty()) return row.push_back({line, style});
  at = begin + line.size();
  size_t from = begin;
  for (const Link& link : links) {
    if (link.end <= from || link.begin >= at) continue;
    if (link.begin > from) row.push_back({text.substr(from, link.begin - from), style});
    from = std::max(from, link.begin);
    const size_t to = std::min(link.end, at);
    row.push_back({text.substr(from, to - from), style});
    row.back().link = link.url;
    from = to;
  }
  if (from < at || line.empty()) row.push_back({text.substr(from, at - from), style});
}

}  // namespace

std::string clock_time(int64_t ms) {
  const tm local = local_time(ms);
  char out[8];
  std::strftime(out, sizeof out, "%H:%M", &local);
  return out;
}

std::string day_name(int64_t ms) {
  const tm local = local_time(ms);
  char out[64];
  const size_t n = std::strftime(out, sizeof out, "%A, %d %B %Y", &local);
  return {out, n};
}

int day_number(int64_t ms) {
  const tm local = local_time(ms);
  return (local.tm_year * 366) + local.tm_yday;
}

Row separator(const std::string& text, int width, Style style) {
  const std::string middle = text.empty() ? "" : " " + clip(text, std::max(1, width - 6)) + " ";
  const int left = std::max(0, width - width_of(middle)) / 2;
  std::string line;
  for (int i = 0; i < left; ++i) line += "─";
  line += middle;
  for (int i = width_of(line); i < width; ++i) line += "─";
  return {{line, style}};
}

Row quote_row(const client::ChatMessage* answered, int width) {
  constexpr size_t kMax = 400;  // bytes: more than a row of a wide screen
  std::string text = "an earlier message";
  if (answered != nullptr) {
    const std::string whole = answered->deleted ? "(deleted)"
                              : answered->file  ? file_text(*answered->file)
                                                : client::shown_text(*answered);
    const std::string who = client::is_action(*answered) ? "" : (answered->mine ? "me" : answered->from) + ": ";
    text = who + e2e::sanitise_as_line(e2e::cut(whole, kMax));
  }
  const int indent = width >= kWidePane ? 6 + kNameColumn + 1 : 6;
  return {{blanks(indent) + clip("│ " + text, std::max(4, width - indent)), Style::kDim}};
}

std::vector<Row> message_rows(const client::ChatMessage& m, int width) {
  const bool wide = width >= kWidePane;
  const Row head = head_of(m, wide);
  const int indent = wide ? 6 + kNameColumn + 1 : 6;
  const int first_indent = wide ? indent : width_of(head);
  const std::string state = state_text(m);
  const int state_room = std::max(m.mine ? 11 : 0, width_of(state) + 1);
  const bool action = client::is_action(m);
  // The star of an action stands before the text already.
  const std::string said = action ? client::shown_text(m).substr(2) : m.text;
  const std::string text = expand_tabs((m.file ? file_text(*m.file) : said) + (m.late ? "  (late)" : "") +
                                       (m.deleted  ? "(deleted)"
                                        : m.edited ? "  (edited)"
                                                   : "") +
                                       reactions_text(m.reactions));
  const Style style = is_note(m) ? Style::kDim : action ? style_of_sender(m) : Style::kPlain;
  const int room = std::max(4, width - indent - state_room);
  // The name may leave the first row less room than the others: blanks stand for what is missing.
  const std::string lead = blanks(std::min(first_indent - indent, room - 1));
  const std::vector<Link> links = m.deleted || m.file ? std::vector<Link>() : links_in(text);
  std::vector<Row> out;
  size_t at = 0;
  for (const std::string& line : wrap_after(lead, text, room)) {
    Row row = out.empty() ? head : Row{{blanks(indent)}};
    add_line(row, line, style, text, links, at);
    out.push_back(std::move(row));
  }
  if (!state.empty()) {
    Row& last = out.back();
    last.push_back({blanks(width - width_of(last) - width_of(state))});
    last.push_back({state, style_of(m.state)});
  }
  return out;
}

std::string typing_text(const std::vector<std::string>& who) {
  switch (who.size()) {
    case 0:
      return "";
    case 1:
      return who[0] + " is typing";
    case 2:
      return who[0] + " and " + who[1] + " are typing";
    case 3:
      return who[0] + ", " + who[1] + " and " + who[2] + " are typing";
    default:
      return who[0] + " and " + std::to_string(who.size() - 1) + " others are typing";
  }
}

}  // namespace fastchat::tui
