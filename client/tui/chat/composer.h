// The input field for messages: a LineEditor over several lines, with completion and a question before a large paste.
// Each conversation has a draft and a history of sent texts. Pure; the owner keeps drafts on disk.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/tui/chat/completion.h"
#include "client/tui/pages/line_editor.h"
#include "client/tui/pages/vi_line.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

class Composer {
 public:
  static constexpr int kCandidateRows = 5;
  static constexpr size_t kQuietPasteLines = 5, kQuietPasteCharacters = 2000;

  // Shows the draft of this conversation from now on. The composer keeps the draft of the conversation before.
  void open(const client::PeerName& peer);
  // Sets the draft of a conversation, such as the one that an earlier run left. set_history() sets the texts sent
  // before, oldest first, once for each conversation.
  void set_draft(const client::PeerName& peer, std::string text);
  // Puts a text that was not sent in front of the draft of the conversation.
  void give_back(const client::PeerName& peer, const std::string& text);
  // Returns the draft of a conversation that is not shown.
  const std::string& draft(const client::PeerName& peer) { return drafts_[peer]; }
  void set_history(const client::PeerName& peer, std::vector<std::string> sent);
  bool has_history(const client::PeerName& peer) const { return history_.contains(peer); }

  // Handles keys for editing, for the history and for the answer to a question. Returns true when the key was one of
  // these.
  bool press(const Key& key);
  // Inserts the next candidate for the text before the cursor, or the previous one when `by` is -1. Returns false when
  // there is no candidate.
  bool complete(const CompletionSource& source, int by = 1);
  void new_line() { editor_.insert("\n"); }
  // Replaces the text and puts the cursor at its end.
  void rewrite(std::string text) { put(std::move(text)); }
  // Shows the previous text of this conversation's history. Returns false at the beginning.
  bool recall_older() { return recall(-1); }
  const std::string& text() const { return editor_.text(); }
  bool empty() const { return editor_.text().empty(); }
  bool asking() const { return paste_.has_value(); }
  // Returns the state of vi's keys. Only insert mode while the person does not use them.
  ViLine& vi() { return vi_; }
  // Leave the line for normal mode, and begin to write in it.
  void to_normal() { vi_.leave(editor_); }
  void to_insert() { vi_.enter(editor_); }
  // Empties the line and returns its text. Adds the text to the conversation's history.
  std::string take();

  // Draws the text in at most `max_rows` rows, with the row of the cursor. While there are several candidates, draws up
  // to kCandidateRows, and at most `max_rows`, of them above the text.
  Frame draw(int width, int max_rows);

 private:
  struct History {
    std::vector<std::string> sent;
    size_t at = 0;  // index in `sent`; sent.size(): the text being written
    std::string unfinished;
  };
  bool recall(int by);
  void put(std::string text);
  bool answer(const Key& key);
  bool offering() const { return !offer_.candidates.empty() && editor_.text() == offered_text_; }
  void draw_offer(Frame& out, int max_rows) const;

  LineEditor editor_;
  ViLine vi_;
  client::PeerName peer_;
  std::map<client::PeerName, std::string> drafts_;
  std::map<client::PeerName, History> history_;
  std::optional<std::string> paste_;
  Completion offer_;
  size_t offered_ = 0;
  std::string offered_text_;  // the text after the last completion; another text ends the offer
  int columns_ = 78;          // as drawn last
};

}  // namespace fastchat::tui
