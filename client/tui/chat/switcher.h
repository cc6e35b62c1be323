// Find a conversation by some letters of its name, in their order. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/tui/pages/line_editor.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

// Scores how well `letters` fit into `name` in their order, ignoring case; nothing when they do not fit. Letters that
// stand together and at the beginning count more.
std::optional<int> fuzzy_score(const std::string& letters, const std::string& name);

class Switcher {
 public:
  explicit Switcher(std::vector<std::string> names) : names_(std::move(names)) {}

  enum class Outcome { kOpen, kChosen, kLeft };
  Outcome press(const Key& key);
  std::string chosen() const;  // a name of the list, or what was typed when nothing fits
  Frame draw(int width, int height) const;

 private:
  std::vector<std::string> matches() const;
  std::vector<std::string> names_;
  LineEditor letters_;
  size_t at_ = 0;
};

}  // namespace fastchat::tui
