#include "client/tui/page_stack.h"

#include <utility>

namespace fastchat::tui {

void PageStack::push(std::unique_ptr<Page> page) {
  if (!pages_.empty()) pages_.back()->hear(CoverChanged{false});
  pages_.push_back(std::move(page));
}

void PageStack::pop() {
  if (pages_.size() < 2) return;
  closed_.push_back(std::move(pages_.back()));
  pages_.pop_back();
  pages_.back()->hear(CoverChanged{true});
}

void PageStack::pop_to_first() {
  while (pages_.size() > 1) pop();
}

void PageStack::clear() {
  for (auto& page : pages_) closed_.push_back(std::move(page));
  pages_.clear();
}

void PageStack::press(const Key& key, const KeyTable& keys) {
  Page& page = top();
  const Page::Letters letters = page.letters();
  if (!keys.vi() || letters == Page::Letters::kText) return page.press(key);
  if (letters == Page::Letters::kLine) {
    if (key.kind == KeyKind::kEscape) return page.leave_line(true);
    return page.press(key);
  }
  const bool letter = key.kind == KeyKind::kCharacter && !key.alt;
  if (letter && page.uses(key.character)) return page.press(key);
  if (const auto moved = keys.list_key(key)) return page.press(*moved);
  if (!letter || letters == Page::Letters::kAct) return page.press(key);
  if (begins_line(key.character)) page.leave_line(false);
}

MainPage* PageStack::main() const {
  return pages_.empty() ? nullptr : dynamic_cast<MainPage*>(pages_.front().get());
}

void PageStack::hear(const Event& event) {
  if (std::holds_alternative<RequestFailed>(event)) return top().hear(event);
  std::vector<Page*> all;  // a page may open or close others meanwhile
  for (const auto& page : pages_) all.push_back(page.get());
  for (Page* page : all) page->hear(event);
}

}  // namespace fastchat::tui
