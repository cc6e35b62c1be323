// One conversation: its messages with the state of each of ours, and the line to write on.
#pragma once

#include <string>
#include <vector>

#include "client/tui/line_editor.h"
#include "client/tui/page.h"

namespace fastchat::tui {

class ChatPage : public Page {
 public:
  ChatPage(Desk& desk, std::string peer);
  void draw(Frame& frame) const override;
  void press(const Key& key) override;
  void on_message(const client::ChatMessage& message) override;
  void on_receipt(const client::ReceiptEvent& event) override;
  void on_failure(const Error& error) override;

 private:
  struct Line {
    std::string text, state;
    Style style = Style::kPlain, state_style = Style::kDim;
  };
  std::vector<Line> lines(int width) const;
  void command(const std::string& text);

  Desk& desk_;
  std::string peer_;
  std::vector<client::ChatMessage> messages_;
  LineEditor input_;
  std::string unsent_;  // what was typed and could not be sent
  std::string toast_;
  int scroll_ = 0;  // lines up from the end
};

}  // namespace fastchat::tui
