// history: prints the lines of a conversation, a page in a turn of the loop, so that neither the number of lines nor a
// slow reader costs memory. With --follow the command then reads the lines behind the last printed one whenever a new
// one came: the same reader prints both parts, so nothing is missing between them and nothing comes twice. Marks
// nothing as seen.
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/known_peers.h"
#include "client/cli/recipient.h"

namespace fastchat::cli {
namespace {

constexpr size_t kLinesOfPage = 200;

class HistoryCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  enum class Step { kLocked, kSeek, kPrint, kFollow };

  void begin() override {
    unlocked([this] {
      const auto newest = session_->history(options_.peer, 1);
      if (!newest.ok()) return fail(newest.error());
      for (const client::ChatMessage& line : *newest) upto_ = std::max(upto_, line.position);
      left_ = options_.limit.value_or(options_.since_ms ? SIZE_MAX : kUsualLimit);
      step_ = left_ == SIZE_MAX ? Step::kPrint : Step::kSeek;
      again();
    });
  }

  void on_turn() override {
    if (step_ == Step::kSeek) return seek();
    if (step_ == Step::kPrint || (step_ == Step::kFollow && behind_)) print();
  }

  // Asks for another turn of the loop.
  void again() {
    host_->loop().at(0, [](int64_t) {});
  }

  bool wanted(const client::ChatMessage& line) const {
    if (line.position > upto_) return options_.follow;
    return (!options_.since_ms || line.sent_ms >= *options_.since_ms) &&
           (!options_.before_ms || line.sent_ms < *options_.before_ms);
  }

  // Looks for the first line to print, from the newest one on.
  void seek() {
    const auto page = session_->history(name(), kLinesOfPage, first_);
    if (!page.ok()) return fail(page.error());
    size_t lines = 0;
    for (auto line = page->rbegin(); line != page->rend() && left_ > 0; ++line) {
      if (line->position == 0) continue;
      ++lines;
      first_ = line->position;
      if (line->position <= upto_ && wanted(*line)) --left_;
    }
    if (left_ == 0 || lines < kLinesOfPage) {
      step_ = Step::kPrint;
      printed_ = std::max<int64_t>(first_ - 1, 0);
    }
    again();
  }

  // Prints as many lines as the reader takes in a turn.
  void print() {
    if (at_ == page_.size()) {
      auto page = session_->history_after(name(), kLinesOfPage, printed_);
      if (!page.ok()) return fail(page.error());
      page_ = std::move(*page);
      at_ = 0;
      if (page_.empty() || (!options_.follow && page_.front().position > upto_)) return caught_up();
    }
    while (at_ < page_.size() && host_->takes_more()) {
      const client::ChatMessage& line = page_[at_++];
      printed_ = line.position;
      if (wanted(line) && !print_message(line)) return;
    }
    // A turn of the loop comes by itself once a slow reader took some lines.
    if (at_ == page_.size()) again();
  }

  void caught_up() {
    page_.clear();
    behind_ = false;
    if (std::exchange(step_, Step::kFollow) == Step::kFollow) return;
    // The number of messages that wait for the group's key stands behind the last line.
    const auto end = session_->history(name(), 1);
    if (!end.ok()) return fail(end.error());
    for (const client::ChatMessage& line : *end) {
      if (line.position == 0 && !options_.before_ms && !print_message(line)) return;
    }
    if (options_.follow) return host_->start();
    if (upto_ == 0) {
      const std::string hint = mistyped_peer(*session_, name());
      if (!hint.empty()) warn(hint);
    }
    finish(kExitOk);
  }

  bool print_message(const client::ChatMessage& line, const char* event = nullptr) {
    if (options_.json) return print_line(message_json(line, session_->user(), event));
    return print_line((event == nullptr ? "" : "-- changed: ") + message_line(line));
  }

  void on_message(const client::ChatMessage&) override { behind_ = true; }

  // Prints a line that was printed before, as it is now.
  void on_changed(const client::ChatMessage& line) override {
    if (finishing() || !options_.follow || line.peer != name()) return;
    if (line.position <= printed_ && step_ != Step::kSeek) {
      if (line.position >= first_ && wanted(line)) print_message(line, "changed");
    } else {
      // The line is printed later. The page may hold it as it was.
      page_.clear();
      at_ = 0;
    }
  }

  // A receipt changes the state of an own message. Lines for people name only a message that was not sent.
  void on_receipt(const client::ReceiptEvent& event) override {
    if (finishing() || !options_.follow || event.peer != name()) return;
    if (!options_.json && event.state != client::MessageState::kFailed) return;
    const auto info = session_->message_info(event.id);
    if (info.ok()) on_changed(info->message);
  }

  void on_timeout() override { options_.follow ? finish(kExitOk) : Runner::on_timeout(); }
  void on_interrupt() override { options_.follow ? finish(kExitOk) : Runner::on_interrupt(); }

  // Returns the name of the conversation, which changes with the group's.
  const client::PeerName& name() {
    to_.known(*session_, true);
    return to_.name();
  }

  Recipient to_{options_.peer};
  Step step_ = Step::kLocked;
  size_t left_ = 0;      // lines to find yet
  int64_t first_ = 0;    // the position of the first line that was looked at
  int64_t upto_ = 0;     // the position of the newest line when the command began
  int64_t printed_ = 0;  // the position of the last line that was printed, or left out
  std::vector<client::ChatMessage> page_;
  size_t at_ = 0;  // in page_
  bool behind_ = false;
};

}  // namespace

std::unique_ptr<Runner> make_history(const Options& o) {
  return std::make_unique<HistoryCommand>(o);
}

}  // namespace fastchat::cli
