#include "client/tui/pages/info_rows.h"

#include <string>

#include "client/e2e/sanitise.h"
#include "client/tui/pages/file_text.h"
#include "client/tui/pages/message_lines.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr int kLabel = 13;
constexpr size_t kGroup = 4, kGroupsARow = 8;  // hex digits of a fingerprint

void add(std::vector<Row>& out, const std::string& label, const std::string& text, Style style = Style::kPlain) {
  out.push_back({{pad(label, kLabel), Style::kDim}, {text, style}});
}

std::string moment(int64_t ms) {
  return ms == 0 ? "unknown" : day_name(ms) + " " + clock_time(ms);
}

std::string key_text(client::MessageInfo::Key key, const std::string& from) {
  switch (key) {
    case client::MessageInfo::Key::kOwn:
      return "your own key";
    case client::MessageInfo::Key::kVerified:
      return "verified: you compared the safety number with " + from;
    case client::MessageInfo::Key::kNotCompared:
      return "not compared yet: /verify " + from;
    case client::MessageInfo::Key::kOther:
      return "another key than the one that you know of " + from + " now";
    case client::MessageInfo::Key::kUnknown:
      break;
  }
  return "no key of " + from + " is known now";
}

// Returns the delivery state of an own message.
std::string state_text(const client::ChatMessage& m) {
  if (m.members == 0) return client::name(m.state);
  return std::string(client::name(m.state)) + ": " + std::to_string(m.delivered) + " of " + std::to_string(m.members) +
         " members have it, " + std::to_string(m.read) + " have read it";
}

void add_fingerprint(std::vector<Row>& out, const std::string& hex) {
  std::string row;
  bool first = true;
  for (size_t i = 0; i < hex.size(); i += kGroup) {
    row += (row.empty() ? "" : " ") + hex.substr(i, kGroup);
    const bool full = (i / kGroup) % kGroupsARow == kGroupsARow - 1;
    if (!full && i + kGroup < hex.size()) continue;
    add(out, first ? "Fingerprint" : "", row);
    first = false;
    row.clear();
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

std::vector<Row> info_rows(const std::optional<client::MessageInfo>& info) {
  if (!info) return {{{"The message is not on this device any more.", Style::kBad}}};
  const client::ChatMessage& m = info->message;
  const Style trust = info->key == client::MessageInfo::Key::kOther || info->key == client::MessageInfo::Key::kUnknown
                          ? Style::kBad
                      : info->key == client::MessageInfo::Key::kNotCompared ? Style::kWarn
                                                                            : Style::kGood;
  std::vector<Row> out;
  const std::string text = m.deleted ? "(deleted)" : m.file ? file_text(*m.file) : m.text;
  out.push_back({{e2e::sanitise_as_line(text)}});
  out.push_back({});
  add(out, "From", m.mine ? m.from + " (you)" : m.from);
  add(out, "In", m.peer.text());
  add(out, "Sent", moment(m.sent_ms) + ", by the sender's clock");
  add(out, "Stored here", moment(m.received_ms));
  if (m.edited) add(out, "Changed", "yes: this is the latest text");
  if (m.late) add(out, "Order", "it came after messages that follow it");
  if (m.mine && m.ref != 0) add(out, "State", state_text(m));
  if (!info->read_by.empty()) add(out, "Read by", joined(info->read_by));
  if (!m.reactions.empty()) {
    std::string all;
    for (const client::Reaction& r : m.reactions) all += (all.empty() ? "" : ", ") + r.from + " " + r.emoji;
    add(out, "Reactions", all);
  }
  out.push_back({});
  add(out, "Key", key_text(info->key, m.from), trust);
  add_fingerprint(out, info->fingerprint);
  add(out, "Message id", m.id);
  return out;
}

}  // namespace fastchat::tui
