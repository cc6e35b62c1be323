// card: makes a contact card, or uses the card of somebody else. Ends when the server has what the other side needs.
#include "client/cli/commands.h"
#include "client/session/people.h"

namespace fastchat::cli {
namespace {

class CardCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    connect();
    if (!options_.timeout_s) deadline_in(kAnswerTimeoutS);
  }

  void on_attached() override {
    if (std::exchange(asked_, true)) return;
    if (options_.card.empty()) {
      return session_->people().make_card(guarded([this](const Result<client::CardInfo>& r) {
        if (!r.ok()) return refused(r.error());
        print(*r);
      }));
    }
    session_->people().use_card(options_.card, guarded([this](const Result<std::string>& r) {
                                  if (!r.ok()) return refused(r.error());
                                  maker_ = *r;
                                }));
  }

  // The session has explained what the server answers about cards.
  void refused(const Error& error) {
    const bool explained = error.code == Code::kBadInvite || error.code == Code::kThrottled;
    explained ? finish(exit_code(error.code), error.text, error.code) : fail(error);
  }

  // Waits until the server has the note to the maker.
  void on_turn() override {
    if (maker_.empty() || session_->unaccepted() != 0 || !session_->people().stored()) return;
    const bool printed = print_line(options_.json ? Json().add("user", maker_).add("trust", trust_word(3)).str()
                                                  : maker_ + " is a contact now, and the key is verified");
    if (printed) finish(kExitOk);
  }

  void print(const client::CardInfo& card) {
    const bool printed = print_line(
        options_.json ? Json().add("card", card.line).add_number("until_ms", card.until_ms).str() : card.line);
    if (printed) finish(kExitOk);
  }

  bool asked_ = false;
  std::string maker_;  // of the card that was used
};

}  // namespace

std::unique_ptr<Runner> make_card(const Options& o) {
  return std::make_unique<CardCommand>(o);
}

}  // namespace fastchat::cli
