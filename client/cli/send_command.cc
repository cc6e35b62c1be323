// send: one message, or one message per line of standard input with a window in flight. The command seals nothing
// before the session is attached, so a server that cannot be reached leaves nothing behind in the outbox.
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "client/cli/awaited.h"
#include "client/cli/commands.h"
#include "client/cli/recipient.h"
#include "client/e2e/limits.h"
#include "client/e2e/sanitise.h"
#include "client/messages/action.h"
#include "common/clock.h"

namespace fastchat::cli {
namespace {

constexpr size_t kSealsPerTurn = 16;  // 2 ms each: receipts are handled in between
constexpr size_t kInFlight = 512;
constexpr size_t kReadAhead = 1 << 20;
constexpr int64_t kProgressUs = 100'000;

class SendCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    if (!options_.lines && !take_text()) return;
    if (!options_.timeout_s) deadline_in(kAnswerTimeoutS);
    if (options_.send_id.empty()) return connect();
    unlocked([this] { look_up_id(); });
  }

  // Looks for a message that was sent under this --id before. That message stands for this send, whatever the text.
  void look_up_id() {
    Result<std::optional<client::ChatMessage>> sent = session_->sent_as(options_.send_id);
    if (!sent.ok()) return fail(sent.error());
    if (!*sent) return host_->start();
    const client::ChatMessage& message = **sent;
    if (message.peer != options_.peer) {
      return finish(kExitUsage, "this --id names a message to " + message.peer.text() + ": choose another KEY");
    }
    lines_.clear();
    adopt(message);
    if (!finishing()) host_->start();
  }

  // Takes over the message that has this --id, whatever run sent it. Waits for its receipt, or ends with the receipt
  // that it had.
  void adopt(const client::ChatMessage& message) {
    waiting_ = stored_ = 1;
    rows_ = {message.row};
    if (const auto receipt = receipt_of(message, server())) take_receipt(*receipt);
  }

  // Takes the one message: the argument, or all of standard input without its last line feed. Returns false when there
  // is none.
  bool take_text() {
    Result<std::string> text = host_->text();
    if (!text.ok()) {
      fail(text.error());
      return false;
    }
    if (!e2e::shows_something(*text)) {
      finish(kExitUsage, "the message is empty: give TEXT, or write the message to standard input");
      return false;
    }
    lines_.push_back(std::move(*text));
    end_of_input_ = true;
    return true;
  }

  void on_attached() override {
    if (attached_) return;
    attached_ = true;
    if (options_.lines) read_more();
    pump();
  }

  void on_turn() override {
    if (attached_) pump();
    draw();
  }

  void read_more() {
    host_->read_input(!end_of_input_ && buffered_ < kReadAhead,
                      guarded([this](const Result<std::string_view>& piece) { take_input(piece); }));
  }

  void take_input(const Result<std::string_view>& piece) {
    if (finishing()) return;
    if (!piece.ok()) return finish(kExitUnexpected, piece.error().text, piece.code());
    if (piece->empty()) {
      end_of_input_ = true;
      if (!partial_.empty()) add_line(std::exchange(partial_, {}));
    } else {
      const char* const stop = piece->data() + piece->size();
      for (const char* p = piece->data(); p < stop;) {
        const char* end = static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(stop - p)));
        partial_.append(p, end == nullptr ? stop : end);
        if (end == nullptr) break;
        add_line(std::exchange(partial_, {}));
        p = end + 1;
      }
      if (partial_.size() > 2 * e2e::kMaxText) end_of_input_ = true, add_line(std::exchange(partial_, {}));
    }
    read_more();
    pump();
  }

  void add_line(std::string line) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!e2e::shows_something(line)) return;
    buffered_ += line.size();
    lines_.push_back(std::move(line));
  }

  // Seals a few messages and leaves the rest to the next turns. The window stays full while receipts come.
  void pump() {
    if (!to_.known(*session_, was_live_)) return;
    if (const auto may = may_await(options_.awaited, options_.peer, session_->user()); !may.ok())
      return fail(may.error());
    for (size_t i = 0; i < kSealsPerTurn && !lines_.empty() && waiting_ < kInFlight && !finishing(); ++i) {
      std::string text = std::move(lines_.front());
      lines_.pop_front();
      buffered_ -= std::min(buffered_, text.size());
      ++waiting_;
      if (options_.action) text.insert(0, client::kActionBegin);
      const client::SendOptions how{options_.message_id, options_.send_id};
      session_->send(to_.name(), text, how, guarded([this](const Result<client::SentMessage>& sent) { stored(sent); }));
    }
    if (options_.lines) read_more();
    if (end_of_input_ && lines_.empty() && waiting_ == 0 && !finishing()) end();
  }

  void on_receipt(const client::ReceiptEvent& event) override {
    using State = client::MessageState;
    // A member of a group may read a message before the server answers.
    if (finishing() || event.state == State::kSending) return;
    // Ignores receipts for messages of other commands, and for messages that an earlier run left in the outbox. A
    // receipt may come before stored() names its message, so early receipts are kept.
    if (rows_.contains(event.row)) return take_receipt(event);
    if (waiting_ > rows_.size()) early_[event.row] = event;
  }

  void stored(const Result<client::SentMessage>& sent) {
    if (finishing()) return;
    if (!sent.ok()) return fail(sent.error());
    if (!options_.send_id.empty()) {
      const auto now = session_->sent_as(options_.send_id);
      if (!now.ok()) return fail(now.error());
      return adopt(**now);
    }
    ++stored_;
    rows_.insert(sent->row);
    const auto came = early_.extract(sent->row);
    if (!came.empty()) take_receipt(came.mapped());
    if (waiting_ <= rows_.size()) early_.clear();
  }

  // Settles the message, unless --wait waits for a later receipt. The server has the message by then, so no time limit
  // applies but --timeout.
  void take_receipt(const client::ReceiptEvent& event) {
    if (event.state == client::MessageState::kFailed || reached(options_.awaited, event)) return settle_one(event);
    accepted_as_ = event;
    if (!options_.timeout_s) deadline_in(0);
  }

  void settle_one(const client::ReceiptEvent& event) {
    using State = client::MessageState;
    rows_.erase(event.row);
    --waiting_;
    if (event.state == State::kFailed) {
      ++failed_;
      failure_ = err(event.failure, event.text);
    } else {
      ++accepted_;
    }
    if (options_.json) print_line(accepted_json(event));
    if (options_.lines && !options_.timeout_s) deadline_in(kAnswerTimeoutS);
    pump();
  }

  void end() {
    if (failed_ == 0) return finish(kExitOk);
    const std::string line = explain(failure_, server());
    finish(exit_code(failure_.code),
           options_.lines ? std::to_string(failed_) + " messages were not accepted; the last: " + line : line,
           failure_.code);
  }

  // Ends the command while its message is accepted and not yet where --wait waits for it to be.
  void give_up_waiting(int status, const std::string& why) {
    if (options_.json) print_line(accepted_json(*accepted_as_));
    finish(status, why + ": " + not_reached(options_.awaited, *accepted_as_));
  }

  void on_timeout() override {
    if (accepted_as_) return give_up_waiting(kExitTimeout, "timed out");
    if (stored_ == 0) return finish(kExitTimeout, "timed out: nothing was sent" + offline_reason());
    finish(kExitTimeout, "timed out: " + std::to_string(waiting_) +
                             " not accepted yet; the outbox keeps them and sends them with the next command" +
                             offline_reason());
  }

  void on_interrupt() override {
    if (accepted_as_) return give_up_waiting(kExitUnexpected, "interrupted");
    finish(kExitUnexpected, waiting_ == 0
                                ? "interrupted"
                                : "interrupted: " + std::to_string(waiting_) +
                                      " not accepted yet; the outbox keeps them and sends them with the next command");
  }

  void draw() {
    if (!options_.lines || accepted_ + failed_ == 0 || Clock::monotonic_us() - drawn_at_ < kProgressUs) return;
    drawn_at_ = Clock::monotonic_us();
    host_->show_progress({{},
                          std::to_string(accepted_) + " accepted, " + std::to_string(waiting_) + " in flight, " +
                              std::to_string(lines_.size()) + " waiting"});
  }

  Recipient to_{options_.peer};
  std::deque<std::string> lines_;
  std::string partial_;
  size_t buffered_ = 0;
  bool attached_ = false, end_of_input_ = false;

  size_t waiting_ = 0;  // handed to the session, no receipt yet
  uint64_t stored_ = 0, accepted_ = 0, failed_ = 0;
  std::set<int64_t> rows_;                         // of messages that had no receipt yet
  std::map<int64_t, client::ReceiptEvent> early_;  // by row: receipts of messages that may be this command's
  Error failure_;
  std::optional<client::ReceiptEvent> accepted_as_;  // the last receipt of a message that --wait waits for

  int64_t drawn_at_ = 0;
};

}  // namespace

std::unique_ptr<Runner> make_send(const Options& o) {
  return std::make_unique<SendCommand>(o);
}

}  // namespace fastchat::cli
