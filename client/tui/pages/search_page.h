// The page that searches all messages on this disk. Takes words and operators, lists the matching messages, newest
// first, and opens one of them.
#pragma once

#include <string>
#include <vector>

#include "client/tui/pages/line_editor.h"
#include "client/tui/pages/page.h"
#include "client/tui/ports/conversations.h"
#include "client/tui/ports/message_search.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

class SearchPage : public LinePage {
 public:
  SearchPage(Screen& screen, Conversations& conversations, MessageSearch& search, const std::string& words);
  ~SearchPage() override { search_.stop(); }
  void draw(Frame& frame) override;
  void press(const Key& key) override;
  void hear(const Event& event) override;

 private:
  void start();
  void draw_context(Frame& frame, int room);
  void draw_empty(Frame& frame) const;
  std::string count_text() const;
  Row row_of(const client::ChatMessage& message, int width, bool here) const;

  Screen& screen_;
  Conversations& conversations_;
  MessageSearch& search_;
  LineEditor words_;
  std::string searched_;
  std::vector<std::string> wanted_;           // words and phrases
  std::string wrong_;                         // the mistake in the query; empty: none
  std::vector<client::ChatMessage> found_;    // newest first
  std::vector<client::ChatMessage> context_;  // around the chosen message
  size_t context_of_ = 0;
  bool searching_ = false;  // more may be found
  size_t at_ = 0;
};

}  // namespace fastchat::tui
