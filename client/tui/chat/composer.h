// The input field for messages: a LineEditor over several lines, with completion and a question before a large paste.
// Each conversation has a draft and a history of sent texts. Pure; the owner keeps drafts on disk.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/tui/chat/completion.h"
#include "client/tui/pages/line_editor.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class Composer {
 public:
  static constexpr int kCandidateRows = 5;
  static constexpr size_t kQuietPasteLines = 5, kQuietPasteCharacters = 2000;

  // Shows the draft of this conversation from now on; the other's is remembered here.
  void open(const client::PeerName& peer);
  // Sets the draft that an earlier run left and, with set_history(), the texts sent before, oldest first. Each is set
  // once for a conversation.
  void set_draft(const client::PeerName& peer, std::string text);
  // Puts a text that could not be sent before the text that is being written meanwhile.
  void give_back(const client::PeerName& peer, const std::string& text);
  // Of a conversation that is not shown.
  const std::string& draft(const client::PeerName& peer) { return drafts_[peer]; }
  void set_history(const client::PeerName& peer, std::vector<std::string> sent);
  bool has_history(const client::PeerName& peer) const { return history_.contains(peer); }

  // True when the key was one of these: editing, the history, the answer to a question.
  bool press(const Key& key);
  // Takes the next candidate of what stands before the cursor, or the one before when `by` is -1; false when there is
  // none.
  bool complete(const CompletionSource& source, int by = 1);
  void new_line() { editor_.insert("\n"); }
  // Another text in the line, the cursor at its end.
  void rewrite(std::string text) { editor_.set(std::move(text)); }
  // Shows what was written before in this conversation; false at the beginning.
  bool recall_older() { return recall(-1); }
  const std::string& text() const { return editor_.text(); }
  bool empty() const { return editor_.text().empty(); }
  bool asking() const { return paste_.has_value(); }
  // The text, which joins the conversation's history.
  std::string take();

  // At most `max_rows` rows, cursor included; above them up to kCandidateRows, and at most `max_rows`, of the
  // candidates while there are several.
  Frame draw(int width, int max_rows);

 private:
  struct History {
    std::vector<std::string> sent;
    size_t at = 0;  // == sent.size(): what is being written
    std::string unfinished;
  };
  bool recall(int by);
  bool answer(const Key& key);
  bool offering() const { return !offer_.candidates.empty() && editor_.text() == offered_text_; }
  void draw_offer(Frame& out, int max_rows) const;

  LineEditor editor_;
  client::PeerName peer_;
  std::map<client::PeerName, std::string> drafts_;
  std::map<client::PeerName, History> history_;
  std::optional<std::string> paste_;
  Completion offer_;
  size_t offered_ = 0;
  std::string offered_text_;  // the line after the last completion; when it differs, the offer is over
  int columns_ = 78;          // as drawn last
};

}  // namespace fastchat::tui
