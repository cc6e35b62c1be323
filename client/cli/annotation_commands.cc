// edit, delete, react, vote (annotations of a message), and poll. Each ends when the server accepted its message.
#include "client/cli/commands.h"

namespace fastchat::cli {
namespace {

class AnnotationCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    if (options_.command == Command::kEdit) {
      Result<std::string> text = host_->text();
      if (!text.ok()) return fail(text.error());
      text_ = std::move(*text);
      if (text_.empty()) return finish(kExitUsage, "the text is empty: use `fastchat delete` to delete the message");
    }
    connect();
    if (!options_.timeout_s) deadline_in(kAnswerTimeoutS);
  }

  void on_attached() override {
    if (std::exchange(asked_, true)) return;
    const auto done = guarded([this](const Result<>& r) {
      if (!r.ok()) return fail(r.error());
      stored_ = true;
    });
    const std::string& id = options_.message_id;
    if (options_.command == Command::kPoll) return ask();
    if (options_.command == Command::kVote) return session_->vote(id, options_.choice, done);
    if (options_.command == Command::kEdit) return session_->edit(id, text_, done);
    if (options_.command == Command::kDelete) return session_->erase(id, done);
    session_->react(id, options_.emoji, done);
  }

  void ask() {
    session_->send_poll(options_.peer, *options_.text, options_.choices, "",
                        guarded([this](const Result<client::SentMessage>& sent) {
                          if (!sent.ok()) return fail(sent.error());
                          stored_ = true;
                          if (options_.json)
                            print_line(Json().add("id", sent->id).add("to", options_.peer.text()).str());
                        }));
  }

  void on_turn() override {
    if (stored_ && session_->unaccepted() == 0) finish(kExitOk);
  }

  void on_timeout() override {
    finish(kExitTimeout, stored_ ? "timed out: the outbox keeps the message and sends it with the next command"
                                 : "timed out: nothing was sent");
  }

  std::string text_;
  bool asked_ = false, stored_ = false;
};

}  // namespace

std::unique_ptr<Runner> make_annotation(const Options& o) {
  return std::make_unique<AnnotationCommand>(o);
}

}  // namespace fastchat::cli
