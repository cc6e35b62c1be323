#include "client/tui/pages/verify_page.h"

#include <utility>

#include "client/tui/pages/hints.h"
#include "client/tui/picture/qr.h"

namespace fastchat::tui {
namespace {

constexpr int kVerified = 3;  // VERIFIED of Trust in content.proto

void add_number(std::vector<Row>& rows, const e2e::SafetyNumber& number) {
  // Twelve groups of five digits, four groups to a line.
  for (size_t at = 0; at < number.spaced.size(); at += 24) {
    rows.push_back({{"    " + number.spaced.substr(at, 23), Style::kBold}});
  }
  rows.push_back({});
  rows.push_back({{"In words:  "}, {number.words, Style::kBold}});
  rows.push_back({});
  for (Row& row : qr_rows(number.qr)) rows.push_back(std::move(row));
}

}  // namespace

VerifyPage::VerifyPage(Screen& screen, Contacts& contacts, const std::string& user)
    : PagerPage(screen, "Safety number with " + user, {{{"Asking for the key ...", Style::kDim}}}),
      contacts_(contacts),
      user_(user) {
  set_hint(hint::kBack);
  contacts.verify(user);
}

void VerifyPage::hear(const Event& event) {
  const auto* shown = std::get_if<KeyShown>(&event);
  if (shown == nullptr) return;
  const auto& result = shown->result;
  if (!result.ok()) return set_rows({{{result.error().text, Style::kBad}}});
  if (result->user != user_) return;
  info_ = *result;
  asks_ = Asks::kNothing;
  show();
}

void VerifyPage::show() {
  std::vector<Row> rows;
  if (info_->changed) {
    rows.push_back({{"The server shows another key of " + user_ + " than the one you know.", Style::kBad}});
    rows.push_back(
        {{"Either " + user_ + " made a new account or lost the old key, or somebody intercepts your messages. Ask " +
          user_ + " over another channel. Nothing is sent until you accept the new key or keep the known one."}});
    rows.push_back({});
    rows.push_back({{"The new safety number:"}});
    add_number(rows, info_->changed_number);
    set_hint(hint::kKeyChanged);
  } else {
    const bool verified = info_->trust == kVerified;
    rows.push_back({{verified ? "You compared this number: the key belongs to " + user_ + "."
                              : "Not compared yet. Both of you see the same number if nobody intercepts your messages.",
                     verified ? Style::kGood : Style::kWarn}});
    rows.push_back({});
    add_number(rows, info_->number);
    set_hint(verified ? hint::kBack : hint::kNotCompared);
  }
  set_rows(std::move(rows));
}

// K keeps the known key, also for a person whose k goes up in lists.
bool VerifyPage::uses(char32_t letter) const {
  return info_ && info_->changed && (letter == U'a' || letter == U'k');
}

void VerifyPage::draw(Frame& frame) {
  PagerPage::draw(frame);
  if (asks_ == Asks::kAccept) draw_question(frame, "Accept the new key of " + user_ + "?");
  if (asks_ == Asks::kMark) draw_question(frame, "Do both of you see this number?");
}

void VerifyPage::press(const Key& key) {
  const bool letter = key.kind == KeyKind::kCharacter && !key.alt && info_;
  if (const Asks asked = std::exchange(asks_, Asks::kNothing); asked != Asks::kNothing) {
    if (!says_yes(key)) return;
    return asked == Asks::kAccept ? contacts_.accept_key(user_) : contacts_.mark_verified(user_);
  }
  const char32_t small = letter ? key.character | 0x20 : 0;
  if (small == U'a' && info_->changed) {
    asks_ = Asks::kAccept;
  } else if (small == U'k' && info_->changed) {
    contacts_.keep_key(user_);
  } else if (small == U'm' && !info_->changed && info_->trust != kVerified) {
    asks_ = Asks::kMark;
  } else {
    PagerPage::press(key);
  }
}

}  // namespace fastchat::tui
