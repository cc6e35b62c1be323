// chat --plain: a conversation in lines, for screen readers and pipes. Prints the last messages, then each event as a
// line of its own, and sends each line of standard input. Prints no escape sequences and never changes a printed line.
#include <algorithm>
#include <deque>
#include <map>

#include "client/cli/commands.h"
#include "client/cli/recipient.h"
#include "client/e2e/limits.h"
#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "client/messages/action.h"
#include "client/messages/kinds.h"

namespace fastchat::cli {
namespace {

constexpr size_t kLinesAhead = 100;
constexpr size_t kQuoted = 60;  // bytes of a message that a line about the message repeats

constexpr const char* kHelp[] = {
    "-- /reply TEXT answers the newest message of somebody else",
    "-- /react EMOJI reacts to it; /react takes the reaction back",
    "-- /me TEXT says what you do; //TEXT sends a text that begins with a slash",
    "-- /quit ends, and so does the end of the input",
};

class ChatCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    unlocked([this] {
      auto history = session_->history(options_.peer, options_.limit.value_or(kUsualLimit));
      if (!history.ok()) return fail(history.error());
      say("conversation with " + options_.peer.text() + "; a line and Enter sends it, /help lists the commands");
      for (const client::ChatMessage& message : *history) show(message);
      read_more();
      if (!finishing()) host_->start();
    });
  }

  // ---- events

  void on_attached() override { pump(); }
  void on_live() override {
    if (!std::exchange(live_, true)) say("connected");
    pump();
  }

  // A person goes on reading and writing without a connection. After the end of the input the command waits as other
  // commands do.
  void on_offline(const client::ConnectionEvent& event) override {
    if (end_of_input_) return Runner::on_offline(event);
    if (std::exchange(live_, false) || event.text != offline_text_) {
      say("not connected: " + event.text + "; what you write is sent later");
    }
    offline_text_ = event.text;
  }

  void on_message(const client::ChatMessage& message) override {
    if (finishing()) return;
    if (message.peer != peer()) {
      if (!message.mine && client::is_content(message.kind)) say("a message from " + message.from + elsewhere(message));
      return;
    }
    if (message.ref != 0 && message.mine) {
      mine_[message.id] = quoted(message);  // not printed: this user typed it
    } else {
      show(message);
    }
  }

  void on_changed(const client::ChatMessage& message) override {
    if (finishing() || message.peer != peer()) return;
    if (print_line("-- changed: " + message_line(message))) host_->mark_seen_once_written(message);
  }

  void on_receipt(const client::ReceiptEvent& event) override {
    const auto text = mine_.find(event.id);
    if (finishing() || event.peer != peer() || text == mine_.end()) return;
    std::string state = client::name(event.state);
    if (event.members > 0) {
      const bool read = event.state == client::MessageState::kRead;
      state += " " + std::to_string(read ? event.read : event.delivered) + " of " + std::to_string(event.members);
    }
    say((event.state == client::MessageState::kFailed ? "not sent, " + event.text : state) + ": " + text->second);
  }

  void on_turn() override {
    pump();
    if (end_of_input_ && lines_.empty() && asked_ == 0 && session_->unaccepted() == 0) finish(kExitOk);
  }
  void on_interrupt() override { finish(kExitOk); }

  // ---- lines

  void say(const std::string& line) {
    if (!finishing()) print_line("-- " + line);
  }

  void show(const client::ChatMessage& message) {
    if (finishing() || !print_line(message_line(message))) return;
    if (!message.mine && client::is_content(message.kind) && !message.deleted) newest_ = message;
    host_->mark_seen_once_written(message);
  }

  static std::string quoted(const client::ChatMessage& message) {
    return e2e::sanitise_line(e2e::cut(client::shown_text(message), kQuoted));
  }

  static std::string elsewhere(const client::ChatMessage& message) {
    return message.peer.is_group() ? " in " + message.peer.text() : "";
  }

  void read_more() {
    if (finishing()) return;
    host_->read_input(!end_of_input_ && lines_.size() < kLinesAhead,
                      guarded([this](const Result<std::string_view>& piece) { take_input(piece); }));
  }

  void take_input(const Result<std::string_view>& piece) {
    if (finishing()) return;
    if (!piece.ok()) return finish(kExitUnexpected, piece.error().text, piece.code());
    partial_.append(*piece);
    if (piece->empty()) {
      end_of_input_ = true;
      if (!partial_.empty()) partial_ += '\n';
    } else if (partial_.size() > 2 * e2e::kMaxText && partial_.find('\n') == std::string::npos) {
      partial_ += '\n';  // too long for a message: the session reports the error
    }
    for (size_t end = 0; (end = partial_.find('\n')) != std::string::npos;) {
      std::string line = partial_.substr(0, end);
      partial_.erase(0, end + 1);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (e2e::shows_something(line)) lines_.push_back(std::move(line));
    }
    read_more();
    pump();
  }

  // Runs one line after the other, so that a reaction follows the message it was typed after. Waits for a group that is
  // on its way to this device.
  void pump() {
    while (!lines_.empty() && asked_ == 0 && !finishing() && to_.known(*session_, was_live_)) {
      const std::string line = std::move(lines_.front());
      lines_.pop_front();
      run(line);
    }
    read_more();
  }

  void run(const std::string& line) {
    if (!line.starts_with('/') || line.starts_with(client::kActionBegin)) return send(line, "");
    if (line.starts_with("//")) return send(line.substr(1), "");
    const size_t space = std::min(line.find(' '), line.size());
    const std::string command = line.substr(1, space - 1);
    const std::string rest = space < line.size() ? line.substr(space + 1) : "";
    if (command == "quit") return finish(kExitOk);
    if (command == "help") {
      for (const char* text : kHelp) print_line(text);
      return;
    }
    if (command != "reply" && command != "react") {
      return say("nothing was sent: there is no command /" + e2e::sanitise_line(command) + "; /help lists them");
    }
    if (newest_.id.empty()) return say("nothing was sent: there is no message of somebody else here");
    if (command == "react") return react(rest);
    if (rest.empty()) return say("nothing was sent: write the answer after /reply");
    send(rest, newest_.id);
  }

  void send(const std::string& text, const std::string& reply_to) {
    ++asked_;
    client::SendOptions how;
    how.reply_to = reply_to;
    session_->send(
        peer(), text, how, guarded([this, text](const Result<client::SentMessage>& sent) {
          --asked_;
          if (sent.ok()) return;
          say("not sent, " + explain(sent.error(), server()) + ": " + e2e::sanitise_line(e2e::cut(text, kQuoted)));
        }));
  }

  void react(const std::string& emoji) {
    ++asked_;
    session_->react(newest_.id, emoji, guarded([this](const Result<>& done) {
                      --asked_;
                      if (!done.ok()) say("not sent, " + explain(done.error(), server()));
                    }));
  }

  const client::PeerName& peer() const { return to_.name(); }

  Recipient to_{options_.peer};
  std::string partial_;
  std::deque<std::string> lines_;
  size_t asked_ = 0;  // requests without an answer
  bool end_of_input_ = false, live_ = false;
  std::string offline_text_;
  client::ChatMessage newest_;               // the newest message of somebody else
  std::map<std::string, std::string> mine_;  // messages of this run: the id, the beginning of the text
};

}  // namespace

std::unique_ptr<Runner> make_chat(const Options& o) {
  return std::make_unique<ChatCommand>(o);
}

}  // namespace fastchat::cli
