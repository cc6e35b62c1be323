// A list with an input line that finds one of many items by some letters: a conversation, an emoji, a link. With vi's
// keys Esc goes from the line to the list, where letters move. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/tui/chat/key_table.h"
#include "client/tui/pages/line_editor.h"
#include "client/tui/terminal/frame.h"

namespace fastchat::tui {

// Returns a score for how well `letters` fit into `name`, in their order and ignoring case; nullopt when they do not
// fit. Letters that stand together and at the beginning count more.
std::optional<int> fuzzy_score(const std::string& letters, const std::string& name);

struct PickerItem {
  std::string text;   // shown, and searched
  std::string value;  // the result of a choice
};

class Picker {
 public:
  using Chosen = std::function<void(const std::string& value)>;

  // `title` has a row of its own, and `label` stands before the input line. `none` is shown when no item fits. With
  // `takes_typed`, Enter then chooses the typed text.
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
  // Returns the value that Enter chooses; empty: nothing.
  std::string value() const;
  // Returns the function to call with value() after kChosen. The owner destroys the picker before the call, since the
  // function may open another picker.
  const Chosen& on_chosen() const { return chosen_; }
  // Says whether a person who uses vi's keys left the line.
  bool in_list() const { return in_list_; }
  void leave_line(bool left) { in_list_ = left; }
  Frame draw(int width, int height) const;

 private:
  std::vector<size_t> matches() const;

  std::string title_, label_;
  std::vector<PickerItem> items_;
  Chosen chosen_;
  std::string none_;
  bool takes_typed_;
  bool in_list_ = false;
  LineEditor letters_;
  size_t at_ = 0;
};

// The picker that is open, if any.
class OpenPicker {
 public:
  void open(Picker picker) { picker_ = std::move(picker); }
  bool is_open() const { return picker_.has_value(); }
  // Passes a key to the picker. Closes the picker when the key ends it, and passes on a chosen value.
  void press(const Key& key, const KeyTable& keys);
  Frame draw(int width, int height) const { return picker_->draw(width, height); }

 private:
  std::optional<Picker> picker_;
};

}  // namespace fastchat::tui
