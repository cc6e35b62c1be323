// requests, accept, decline, block, unblock, strangers: strangers who write, and the answers to them. An answer counts
// on this device at once; the command ends when the server has the answer, too.
#include <algorithm>

#include "client/cli/commands.h"
#include "client/session/people.h"

namespace fastchat::cli {
namespace {

const char* policy_word(client::Strangers policy) {
  static constexpr const char* kWords[] = {"unknown", "take", "ask", "refuse"};
  return kWords[static_cast<size_t>(policy) % std::size(kWords)];
}

class RequestCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    connect();
    if (!options_.timeout_s) deadline_in(kAnswerTimeoutS);
  }

  // Without a server, prints the requests of this device, or keeps the answer for the next connection.
  void on_offline(const client::ConnectionEvent& event) override {
    if (event.retry_after_ms == 0 || ++tries_ < 2) return Runner::on_offline(event);
    host_->stay_offline();
    offline_ = true;
    act();
  }

  // Notes that the queue is empty, so that every request is here.
  void on_live() override { live_ = true; }

  void on_turn() override {
    if (done_ && (offline_ || session_->people().stored())) {
      if (offline_) warn("stored on this device: the server hears of it with the next connection");
      return finish(kExitOk);
    }
    if (live_ && !asked_ && !session_->groups_busy()) act();
  }

  void act() {
    if (std::exchange(asked_, true)) return;
    const auto done = guarded([this](const Result<>& r) {
      if (!r.ok()) return fail(r.error());
      done_ = true;
    });
    switch (options_.command) {
      case Command::kAccept:
        return session_->people().accept(options_.peer, done);
      case Command::kDecline:
        return session_->people().decline(options_.peer, done);
      case Command::kBlock:
        return session_->people().block(options_.user, done);
      case Command::kUnblock:
        return session_->people().unblock(options_.user, done);
      case Command::kStrangers:
        if (options_.strangers == StrangersWord::kShow) return print_policy();
        return done(session_->people().set_strangers(static_cast<client::Strangers>(options_.strangers)));
      default:
        return print_requests();
    }
  }

  void print_policy() {
    const char* word = policy_word(session_->people().strangers());
    print_line(options_.json ? Json().add("strangers", word).str() : word);
    finish(kExitOk);
  }

  void print_requests() {
    const auto all = session_->people().requests();
    if (!all.ok()) return fail(all.error());
    size_t width = 0;
    for (const client::RequestInfo& r : *all) width = std::max(width, r.peer.text().size());
    for (const client::RequestInfo& r : *all) {
      if (!print_line(options_.json ? json_of(r) : line_of(r, width))) return;
    }
    finish(kExitOk);
  }

  static std::string json_of(const client::RequestInfo& r) {
    Json json;
    json.add("with", r.peer.text()).add("from", r.from).add("text", r.text).add_number("messages", r.messages);
    json.add_number("since_ms", r.since_ms).add("fingerprint", r.fingerprint);
    if (r.peer.is_group()) json.add_number("members", r.members);
    return json.str();
  }

  static std::string line_of(const client::RequestInfo& r, size_t width) {
    std::string name = r.peer.text();
    name.resize(std::max(width, name.size()), ' ');
    if (r.peer.is_group()) {
      name += "  group of " + r.from + ", " + std::to_string(r.members) + (r.members == 1 ? " member" : " members");
    }
    if (r.messages == 0) return name;
    return name + "  " + local_time(r.since_ms) + "  " + std::to_string(r.messages) +
           (r.messages == 1 ? " message: " : " messages: ") + r.text;
  }

  bool live_ = false, asked_ = false, done_ = false, offline_ = false;
  int tries_ = 0;
};

}  // namespace

std::unique_ptr<Runner> make_requests(const Options& o) {
  return std::make_unique<RequestCommand>(o);
}

}  // namespace fastchat::cli
