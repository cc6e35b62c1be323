// Finds one of many by some letters: a conversation, an emoji, a link. A list with a line to type on. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/tui/pages/line_editor.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

// Scores how well `letters` fit into `name` in their order, ignoring case; nothing when they do not fit. Letters that
// stand together and at the beginning count more.
std::optional<int> fuzzy_score(const std::string& letters, const std::string& name);

struct PickerItem {
  std::string text;   // shown, and searched
  std::string value;  // what is chosen
};

class Picker {
 public:
  using Chosen = std::function<void(const std::string& value)>;

  // `title` has a row of its own, and `label` stands before the line. `none` is shown when nothing fits; with
  // `takes_typed` the typed text itself is chosen then.
  Picker(std::string title, std::string label, std::vector<PickerItem> items, Chosen chosen, std::string none,
         bool takes_typed = false)
      : title_(std::move(title)),
        label_(std::move(label)),
        items_(std::move(items)),
        chosen_(std::move(chosen)),
        none_(std::move(none)),
        takes_typed_(takes_typed) {}

  enum class Outcome { kOpen, kChosen, kLeft };
  Outcome press(const Key& key);
  // What Enter chooses; empty: nothing.
  std::string value() const;
  // What the owner calls with value() after kChosen, once the picker is gone: it may open another.
  const Chosen& on_chosen() const { return chosen_; }
  Frame draw(int width, int height) const;

 private:
  std::vector<size_t> matches() const;

  std::string title_, label_;
  std::vector<PickerItem> items_;
  Chosen chosen_;
  std::string none_;
  bool takes_typed_;
  LineEditor letters_;
  size_t at_ = 0;
};

// The picker that is open, if any.
class OpenPicker {
 public:
  void open(Picker picker) { picker_ = std::move(picker); }
  bool is_open() const { return picker_.has_value(); }
  // Ends the picker and hands on what was chosen, or lets it be.
  void press(const Key& key);
  Frame draw(int width, int height) const { return picker_->draw(width, height); }

 private:
  std::optional<Picker> picker_;
};

}  // namespace fastchat::tui
