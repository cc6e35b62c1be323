#include "client/tui/pages/message_lines.h"

#include <algorithm>
#include <ctime>
#include <map>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/messages/action.h"
#include "client/messages/mention.h"
#include "client/tui/pages/emphasis.h"
#include "client/tui/pages/file_text.h"
#include "client/tui/pages/links.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr int kWidePane = 64;  // minimum columns for a column of names
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

// Returns "  [👍 2 🎉]": the kinds in the order in which they came first, with a number behind a kind that came several
// times.
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
  return m.hidden || m.kind == client::MessageKind::kHole || m.kind == client::MessageKind::kNotice ||
         m.kind == client::MessageKind::kWaiting;
}

Style style_of_sender(const client::ChatMessage& m) {
  return m.mine ? Style::kMine : style_of_name(m.from);
}

// Builds the start of the first row, before the text: the time, then the sender's name or a mark.
Row head_of(const client::ChatMessage& m, bool wide, bool bare) {
  const std::string time = clock_time(m.sent_ms) + " ";
  if (bare && is_note(m)) return {{"-- ", Style::kDim}};
  if (is_note(m)) return {{wide ? time + blanks(kNameColumn - 2) + "-- " : "      -- ", Style::kDim}};
  const Style style = style_of_sender(m);
  if (client::is_action(m)) return {{time, Style::kDim}, {(wide ? blanks(kNameColumn - 1) : "") + "* ", style}};
  const std::string name = m.mine ? "me" : m.from;
  if (!wide) return {{time, Style::kDim}, {name + ": ", style}};
  const std::string cut = clip(name, kNameColumn);
  return {{time, Style::kDim}, {blanks(kNameColumn - width_of(cut)) + cut + " ", style}};
}

// The look of each byte of a text.
class TextLooks {
 public:
  TextLooks(const std::string& text, Style style) : text_(text), base_(style), looks_(text.size(), Look{style}) {}

  // Marks up the first `said` bytes, which the sender wrote. The text behind them comes from this program, or is a
  // reaction of somebody else.
  void mark_up(const client::ChatMessage& m, size_t said) {
    const std::string_view written = std::string_view(text_).substr(0, said);
    for (const Emphasis& e : emphasis_in(written)) {
      each(e.begin, e.end, [&](Look& look) {
        if (e.kind == Emphasis::Kind::kCode) look.style = Style::kCode;
        if (e.kind == Emphasis::Kind::kBold) look.bold = true;
        if (e.kind == Emphasis::Kind::kItalic) look.italic = true;
      });
    }
    for (const client::Mention& mention : client::mentions_in(written, m.mentioned)) {
      const bool me = !m.mentioned.empty() && mention.user == m.mentioned;
      each(mention.begin, mention.end, [&](Look& look) {
        if (look.style == Style::kCode) return;
        look.style = me ? Style::kUnread : style_of_name(mention.user);
        look.bold = true;
      });
    }
    links_ = links_in(written);
    for (size_t n = 0; n < links_.size(); ++n) {
      each(links_[n].begin, links_[n].end, [&](Look& look) { look = {look.style, false, false, n + 1}; });
    }
  }

  // Appends the next line of the wrapped text, in pieces of one look.
  void add_line(Row& row, const std::string& line) {
    const size_t begin = text_.find(line, at_);
    if (line.empty() || begin == std::string::npos) return row.push_back({line, base_});
    at_ = begin + line.size();
    for (size_t from = begin; from < at_;) {
      size_t to = from + 1;
      while (to < at_ && looks_[to] == looks_[from]) ++to;
      const Look& look = looks_[from];
      row.push_back({text_.substr(from, to - from), look.style});
      row.back().bold = look.bold;
      row.back().italic = look.italic;
      if (look.link != 0) row.back().link = links_[look.link - 1].url;
      from = to;
    }
  }

 private:
  struct Look {
    Style style = Style::kPlain;
    bool bold = false, italic = false;
    size_t link = 0;  // number of the link, from 1; 0: none
    bool operator==(const Look&) const = default;
  };
  template <class F>
  void each(size_t begin, size_t end, F change) {
    for (size_t i = begin; i < std::min(end, looks_.size()); ++i) change(looks_[i]);
  }

  const std::string& text_;
  const Style base_;
  std::vector<Look> looks_;
  std::vector<Link> links_;
  size_t at_ = 0;
};

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
  const auto rule = [](int columns) {
    std::string line;
    for (int i = 0; i < columns; ++i) line += "─";
    return line;
  };
  // A rule may be fainter than a text.
  const Style of_text = style == Style::kDay ? Style::kDim : style;
  return {{rule(left), style}, {middle, of_text}, {rule(width - left - width_of(middle)), style}};
}

int text_column(int width) {
  constexpr int kTimeColumns = 6;
  return width >= kWidePane ? kTimeColumns + kNameColumn + 1 : kTimeColumns;
}

int message_width(int width, int text_width) {
  constexpr int kStateColumns = 11;
  return text_width == 0 ? width : std::min(width, text_column(width) + text_width + kStateColumns);
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
  const int indent = text_column(width);
  return {{blanks(indent) + clip("│ " + text, std::max(4, width - indent)), Style::kDim}};
}

std::vector<Row> message_rows(const client::ChatMessage& m, int width, bool bare) {
  const bool wide = width >= kWidePane && !bare;
  const Row head = head_of(m, wide, bare);
  const int indent = bare ? 0 : text_column(width);
  const int first_indent = wide ? indent : width_of(head);
  const std::string state = bare ? "" : state_text(m);
  const int state_room = bare ? 0 : std::max(m.mine ? 11 : 0, width_of(state) + 1);
  const bool action = client::is_action(m);
  // The star of an action stands before the text already.
  const std::string said = action ? client::shown_text(m).substr(2) : m.text;
  const std::string shown = expand_tabs(m.file ? file_text(*m.file) : said);
  const std::string text = shown + expand_tabs((m.late ? "  (late)" : "") +
                                               std::string(m.deleted  ? "(deleted)"
                                                           : m.edited ? "  (edited)"
                                                                      : "") +
                                               reactions_text(m.reactions));
  const Style style = is_note(m) ? Style::kDim : action ? style_of_sender(m) : Style::kPlain;
  const int room = std::max(4, width - indent - state_room);
  // The name may leave the first row less room than the others have. Blanks stand for the missing room.
  const std::string lead = blanks(std::min(first_indent - indent, room - 1));
  TextLooks looks(text, style);
  if (!m.deleted && !m.file && !is_note(m)) looks.mark_up(m, shown.size());
  std::vector<Row> out;
  for (const std::string& line : wrap_after(lead, text, room)) {
    Row row = out.empty() ? head : bare ? Row() : Row{{blanks(indent)}};
    looks.add_line(row, line);
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
