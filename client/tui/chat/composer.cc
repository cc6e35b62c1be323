#include "client/tui/chat/composer.h"

#include <algorithm>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/tui/pages/page.h"
#include "client/tui/terminal/text.h"

namespace fastchat::tui {
namespace {

constexpr size_t kRemembered = 200;  // sent texts of a conversation

bool large(const std::string& text) {
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  const auto characters = e2e::count_clusters(text);
  return static_cast<size_t>(lines) > Composer::kQuietPasteLines || characters > Composer::kQuietPasteCharacters;
}

}  // namespace

void Composer::open(const client::PeerName& peer) {
  if (peer == peer_) return;
  drafts_[peer_] = editor_.take();
  peer_ = peer;
  paste_.reset();
  offer_ = {};
  put(drafts_[peer_]);
}

// Sets a text that is no change of the one before.
void Composer::put(std::string text) {
  editor_.set(std::move(text));
  vi_.forget(editor_);
}

void Composer::set_draft(const client::PeerName& peer, std::string text) {
  if (peer == peer_) {
    put(std::move(text));
  } else {
    drafts_[peer] = std::move(text);
  }
}

void Composer::give_back(const client::PeerName& peer, const std::string& text) {
  const std::string written = peer == peer_ ? editor_.text() : drafts_[peer];
  set_draft(peer, written.empty() ? text : text + "\n" + written);
}

void Composer::set_history(const client::PeerName& peer, std::vector<std::string> sent) {
  History& h = history_[peer];
  h.sent = std::move(sent);
  h.at = h.sent.size();
}

bool Composer::press(const Key& key) {
  if (paste_) return answer(key);
  if (key.kind == KeyKind::kPaste && large(key.text)) {
    paste_ = key.text;
    return true;
  }
  if (is_control(key, 'j')) {
    new_line();
    return true;
  }
  const bool up = key.kind == KeyKind::kUp && !key.alt, down = key.kind == KeyKind::kDown && !key.alt;
  if (up || down) {
    const bool moved = up ? editor_.move_up(columns_) || recall(-1) : editor_.move_down(columns_) || recall(1);
    vi_.settle(editor_);
    return moved;
  }
  if (!vi_.normal()) return editor_.press(key);
  vi_.press(editor_, key);
  return true;
}

bool Composer::answer(const Key& key) {
  const auto text = std::exchange(paste_, std::nullopt);
  if (key.kind != KeyKind::kEnter && !says_yes(key)) return true;
  Key paste{KeyKind::kPaste};
  paste.text = *text;
  vi_.normal() ? vi_.press(editor_, paste) : (void)editor_.press(paste);
  return true;
}

// Moves through the history. Keeps the text being written behind the newest entry.
bool Composer::recall(int by) {
  History& h = history_[peer_];
  if (by < 0 && h.at == 0) return false;
  if (by > 0 && h.at >= h.sent.size()) return false;
  if (h.at >= h.sent.size()) h.unfinished = editor_.text();
  h.at = by < 0 ? h.at - 1 : h.at + 1;
  editor_.set(h.at < h.sent.size() ? h.sent[h.at] : std::exchange(h.unfinished, ""));
  return true;
}

std::string Composer::take() {
  std::string text = editor_.take();
  History& h = history_[peer_];
  if (!text.empty() && (h.sent.empty() || h.sent.back() != text)) h.sent.push_back(text);
  if (h.sent.size() > kRemembered) h.sent.erase(h.sent.begin());
  h.at = h.sent.size();
  h.unfinished.clear();
  vi_.enter(editor_);
  vi_.forget(editor_);
  return text;
}

bool Composer::complete(const CompletionSource& source, int by) {
  const bool goes_on = offering();
  if (!goes_on) offer_ = tui::complete(editor_.text(), editor_.cursor(), source);
  const size_t n = offer_.candidates.size();
  if (n == 0) return false;
  const size_t from = goes_on ? offered_ : by > 0 ? n - 1 : 0;
  offered_ = by > 0 ? (from + 1) % n : (from + n - 1) % n;
  const std::string& with = offer_.candidates[offered_];
  editor_.replace(offer_.from, offer_.to, with);
  offer_.to = offer_.from + with.size();
  offered_text_ = editor_.text();
  return true;
}

void Composer::draw_offer(Frame& out, int max_rows) const {
  const size_t n = offer_.candidates.size();
  if (!offering() || n < 2) return;
  const size_t room = std::min(n, static_cast<size_t>(std::clamp(max_rows, 1, kCandidateRows)));
  const size_t from = offered_ < room ? 0 : offered_ + 1 - room;
  for (size_t i = from; i < from + room; ++i) {
    const bool here = i == offered_;
    const std::string where = here && n > room ? " " + std::to_string(i + 1) + "/" + std::to_string(n) : "";
    std::string candidate = e2e::sanitise_line(offer_.candidates[i]);
    while (candidate.ends_with(' ')) candidate.pop_back();
    const std::string text = clip((here ? "> " : "  ") + candidate, out.width - width_of(where));
    const std::string note = i < offer_.notes.size() ? "  " + offer_.notes[i] : "";
    const Style style = here ? Style::kSelected : Style::kPlain;
    const int y = out.height++;
    out.put(y, text, style);
    out.put(y, pad(note, out.width - width_of(text) - width_of(where)) + where, here ? Style::kSelected : Style::kDim);
  }
}

Frame Composer::draw(int width, int max_rows) {
  Frame out{width, 1};
  if (paste_) {
    const auto lines = std::count(paste_->begin(), paste_->end(), '\n') + 1;
    const auto characters = e2e::count_clusters(*paste_);
    const std::string question =
        "Paste " + std::to_string(lines) + " lines, " + std::to_string(characters) + " characters? y n";
    out.put(0, clip(question, width), Style::kWarn);
    return out;
  }
  columns_ = std::max(2, width - 2);
  const LineEditor::Block block = editor_.block(columns_);
  const int total = static_cast<int>(block.lines.size());
  out.height = 0;
  draw_offer(out, max_rows);
  const int top = out.height, rows = std::clamp(total, 1, std::max(1, max_rows));
  const int from = std::clamp(block.row - rows + 1, 0, total - rows);
  out.height += rows;
  for (int y = 0; y < rows; ++y) {
    out.put(top + y, from + y == 0 ? "> " : "  ", Style::kBold);
    out.put(top + y, block.lines[static_cast<size_t>(from + y)]);
  }
  out.cursor_row = top + block.row - from;
  out.cursor_column = 2 + block.column;
  return out;
}

}  // namespace fastchat::tui
