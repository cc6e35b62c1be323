#include "client/cli/export_text.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "client/cli/progress.h"
#include "client/e2e/hash.h"
#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/messages/action.h"
#include "common/bytes.h"
#include "common/json.h"
#include "common/try.h"

namespace fastchat::cli {
namespace {

constexpr size_t kLongestBlock = 8 * 1024 * 1024;  // bytes; a message with the reactions of a full group has fewer
constexpr int64_t kDayMs = 86'400'000, kYear9999Ms = 253'370'764'800'000;
constexpr size_t kQuotedBytes = 60;
constexpr size_t kIdDigits = 8;
constexpr std::string_view kTimeForm = "0000-00-00 00:00:00 +0000  ";
constexpr std::string_view kMore = "  ";  // begins each further line of a block
constexpr std::string_view kNote = "-- ";

// Returns "2026-11-30 06:59:07 +0100": a local time that names the same moment everywhere.
std::string time_text(int64_t ms) {
  // The sender names the time of a message. Years have four digits here.
  const time_t seconds = static_cast<time_t>(std::clamp<int64_t>(ms, kDayMs, kYear9999Ms) / 1000);
  tm parts{};
  char text[48] = "";
  if (localtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &parts);
  return text;
}

std::string rfc3339(int64_t ms) {
  const time_t seconds = static_cast<time_t>(ms / 1000);
  tm parts{};
  char text[48] = "";
  if (gmtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// Returns the moment that a block of text begins with, in seconds; nullopt for another beginning. Only signs and digits
// of time_text() fit, so the numbers are in their bounds.
std::optional<int64_t> moment_of(std::string_view block) {
  if (block.size() < kTimeForm.size()) return std::nullopt;
  for (size_t i = 0; i < kTimeForm.size(); ++i) {
    const char c = block[i];
    const bool fits = kTimeForm[i] == '0'   ? c >= '0' && c <= '9'
                      : kTimeForm[i] == '+' ? c == '+' || c == '-'
                                            : c == kTimeForm[i];
    if (!fits) return std::nullopt;
  }
  const auto number = [&](size_t at, size_t digits) {
    int out = 0;
    for (size_t i = at; i < at + digits; ++i) out = 10 * out + (block[i] - '0');
    return out;
  };
  tm parts{};
  parts.tm_year = number(0, 4) - 1900;
  parts.tm_mon = number(5, 2) - 1;
  parts.tm_mday = number(8, 2);
  parts.tm_hour = number(11, 2);
  parts.tm_min = number(14, 2);
  parts.tm_sec = number(17, 2);
  const int64_t offset = number(21, 2) * 3600 + number(23, 2) * 60;
  return static_cast<int64_t>(timegm(&parts)) - (block[20] == '-' ? -offset : offset);
}

std::string indented(std::string text, std::string_view by) {
  const std::string to = "\n" + std::string(by);
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += to.size()) text.replace(at, 1, to);
  return text;
}

std::string note(const std::string& text) {
  return "\n" + std::string(kMore) + std::string(kNote) + text;
}

std::string who_wrote(const client::ChatMessage& m) {
  std::string out = m.from;
  if (m.edited) out += " (edited)";
  if (m.late) out += " (late)";
  if (m.first_contact) out += " (first contact)";
  if (m.mine && m.state == client::MessageState::kFailed) out += " (not sent)";
  return out + ": ";
}

}  // namespace

std::string ExportSource::jsonl_identity() const {
  Json json;
  json.add("event", "export").add("user", user).add("realm", realm).add("with", with.text());
  if (!group.empty()) json.add("group", group);
  std::string out = json.str();
  out.back() = ',';
  return out;
}

std::string ExportSource::text_identity() const {
  return "FastChat export of " + user + " with " + with.text() + ", realm " + realm +
         (group.empty() ? "" : ", group " + group) + "\n";
}

std::string jsonl_heading(const ExportSource& source, const std::string& version, int64_t now_ms) {
  return source.jsonl_identity() + Json().add("version", version).add("time", rfc3339(now_ms)).str().substr(1) + "\n";
}

std::string text_heading(const ExportSource& source, const std::string& version, int64_t now_ms, bool first) {
  const std::string line = std::string(kNote) + "exported " + time_text(now_ms) + " by FastChat " + version + "\n\n";
  return first ? source.text_identity() + line : "\n" + line;
}

std::string exported_name(const client::ChatMessage& m) {
  return m.id.substr(0, kIdDigits) + "-" + e2e::safe_file_name(m.file ? m.file->name : "");
}

std::string text_block(const client::ChatMessage& m, const client::ChatMessage* answered) {
  using Kind = client::MessageKind;
  std::string out = time_text(m.sent_ms) + "  ";
  const std::string deep = std::string(kMore) + std::string(kMore);
  std::string text = indented(client::shown_text(m), deep);
  if (m.kind == Kind::kHole) return out + std::string(kNote) + text + " (from " + m.from + ")";
  if (m.kind == Kind::kNotice || m.kind == Kind::kWaiting) return out + std::string(kNote) + text;
  if (m.file) text = "[file " + exported_name(m) + ", " + human_bytes(m.file->size) + "]";
  if (m.poll) text = "[poll] " + text;
  if (m.deleted) text = "(deleted)";
  out += who_wrote(m) + text;
  if (!m.reply_to.empty()) {
    const std::string quoted =
        answered == nullptr ? ""
                            : e2e::sanitise_line(e2e::cut(
                                  answered->deleted ? "(deleted)" : client::shown_text(*answered), kQuotedBytes));
    out +=
        note(answered == nullptr ? "answers a message that is not here" : "answers " + answered->from + ": " + quoted);
  }
  std::string reactions;
  for (const client::Reaction& r : m.reactions) reactions += (reactions.empty() ? "" : ", ") + r.from + " " + r.emoji;
  if (!reactions.empty()) out += note("reactions: " + reactions);
  return out;
}

ExportedBlocks::Key ExportedBlocks::key_of(std::string_view bytes) {
  const Bytes hash = e2e::sha256(bytes);
  return {get_u64(hash.data()), get_u64(hash.data() + 8)};
}

// A line of JSON is the same message whatever its event says, and a time the same moment in every time zone.
std::optional<ExportedBlocks::Keys> ExportedBlocks::keys_of(std::string_view block) const {
  if (form_ == Form::kText) {
    const auto moment = moment_of(block);
    if (!moment) return std::nullopt;
    return Keys{key_of(std::to_string(*moment) + std::string(block.substr(kTimeForm.size()))), std::nullopt};
  }
  constexpr std::string_view kEvent = R"({"event":")", kId = R"(","id":")";
  if (!block.starts_with(kEvent) || !block.ends_with('}')) return std::nullopt;
  const size_t word_end = block.find('"', kEvent.size());
  if (word_end == block.npos || !block.substr(word_end).starts_with(kId)) return std::nullopt;
  const std::string_view rest = block.substr(word_end);
  const size_t id_end = rest.find('"', kId.size());
  if (id_end == rest.npos) return std::nullopt;
  const std::string_view id = rest.substr(kId.size(), id_end - kId.size());
  return Keys{key_of(rest), id.empty() ? std::nullopt : std::optional(key_of(id))};
}

Result<> ExportedBlocks::add(std::string_view piece) {
  partial_.append(piece);
  size_t at = 0;
  for (size_t end = 0; (end = partial_.find('\n', at)) != std::string::npos; at = end + 1) {
    FC_TRY(add_line(std::string_view(partial_).substr(at, end - at)));
  }
  partial_.erase(0, at);
  if (partial_.size() > kLongestBlock || block_.size() > kLongestBlock)
    return err(Code::kLocalUsage, "a line is too long");
  return Unit{};
}

Result<> ExportedBlocks::add_line(std::string_view line) {
  if (!std::exchange(begun_, true)) {
    const bool same = (std::string(line) + "\n").starts_with(identity_);
    return same ? Result<>(Unit{}) : err(Code::kLocalUsage, "its first line names another conversation");
  }
  if (form_ == Form::kText && line.starts_with(kMore) && !block_.empty()) {
    block_.append("\n").append(line);
    return Unit{};
  }
  FC_TRY(end_block());
  if (form_ == Form::kText && (line.empty() || line.starts_with(kNote))) return Unit{};
  if (form_ == Form::kJsonl && (std::string(line) + "\n").starts_with(identity_)) return Unit{};
  block_ = line;
  return Unit{};
}

Result<> ExportedBlocks::end_block() {
  if (block_.empty()) return Unit{};
  const auto keys = keys_of(std::exchange(block_, {}));
  if (!keys) return err(Code::kLocalUsage, "a line is no message");
  if (keys->id) {
    named_.emplace_back(*keys->id, keys->content);
  } else {
    plain_.emplace_back(keys->content, 1);
  }
  return Unit{};
}

Result<> ExportedBlocks::end_of_old() {
  FC_TRY(end_block());
  if (!begun_ || !partial_.empty()) return err(Code::kLocalUsage, "its last line is not whole");
  const auto by_key = [](const auto& a, const auto& b) { return a.first < b.first; };
  const auto same_key = [](const auto& a, const auto& b) { return a.first == b.first; };
  // Of the blocks with one id, the last one stays.
  std::reverse(named_.begin(), named_.end());
  std::stable_sort(named_.begin(), named_.end(), by_key);
  named_.erase(std::unique(named_.begin(), named_.end(), same_key), named_.end());
  std::sort(plain_.begin(), plain_.end());
  size_t kept = 0;
  for (size_t i = 0; i < plain_.size(); ++i) {
    if (kept > 0 && plain_[kept - 1].first == plain_[i].first) {
      ++plain_[kept - 1].second;
    } else {
      plain_[kept++] = plain_[i];
    }
  }
  plain_.resize(kept);
  return Unit{};
}

ExportedBlocks::Fate ExportedBlocks::take(std::string_view block) {
  const auto keys = keys_of(block);
  if (!keys) return Fate::kNew;
  const auto find = [](auto& list, const Key& key) {
    const auto at =
        std::lower_bound(list.begin(), list.end(), key, [](const auto& a, const Key& k) { return a.first < k; });
    return at != list.end() && at->first == key ? at : list.end();
  };
  if (keys->id) {
    const auto at = find(named_, *keys->id);
    if (at == named_.end()) return Fate::kNew;
    return at->second == keys->content ? Fate::kThere : Fate::kChanged;
  }
  const auto at = find(plain_, keys->content);
  if (at == plain_.end() || at->second == 0) return Fate::kNew;
  --at->second;
  return Fate::kThere;
}

}  // namespace fastchat::cli
