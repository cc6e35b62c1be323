// An attack: a user with one account, or a few, who requests as much as the servers give. Each attack is a class that
// keeps requests in flight. make_attack() finds it by its number in docs/performance.md. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/abuse/honest.h"
#include "bench/abuse/party.h"

namespace fastchat::bench::abuse {

struct AttackOptions {
  std::string invite;
  std::string name;               // of kAttacks
  std::string victim = "victim";  // D10's addressee: a real client
  HonestOptions honest;           // the names of the honest users follow from these
  double scale = 1;               // factor for the prepared and in-flight requests; below 1 for tests
};

class Attack : public Party {
 public:
  Attack(const AttackOptions& options, int users);

  // Makes accounts and sessions. Returns when the attack may begin.
  virtual void prepare() { log_in_all(); }
  // Keeps the attack's requests in flight. Called once a turn.
  virtual void go_on(uint64_t now) = 0;

  // Returns {"answers":{...},"sent":n,"ended":n}: requests sent, answers received, and ended sessions of the attack.
  std::string report() const;
  // Returns true when the servers answered since the attack began.
  bool answered() const { return !answers_.empty(); }

  void on_ready(Link& link) override;
  void on_answer(Link& link, const v1::ServerFrame& frame) override;
  void on_receipt(Link& link, uint64_t ref, Receipt receipt) override;
  void on_rejected(Link& link, const std::string& why) override;
  void on_lost(Link& link, const std::string& why) override;

 protected:
  int scaled(int number) const;
  void log_in_all();
  // Waits for condition(). Ends the process when that takes too long.
  template <class Condition>
  void wait(const char* what, Condition condition) {
    for (const uint64_t end = wait_until(); !condition();) {
      come_back();
      turn(end);
      check_time(end, what);
    }
  }
  // Sends and counts a request.
  void ask(int user, v1::ClientFrame frame);
  void count(const std::string& answer, uint64_t times = 1) { answers_[answer] += times; }
  void count_sent(uint64_t times = 1) { sent_ += times; }
  // Logs in again, after a pause, each user whose session ended.
  void come_back();
  bool ready(int user) const { return ready_[static_cast<size_t>(user)]; }
  int under_way(int user) const { return under_way_[static_cast<size_t>(user)]; }
  // Called when a session begins, the first time and again.
  virtual void began(int user) { static_cast<void>(user); }
  const AttackOptions& options() const { return options_; }

 private:
  static uint64_t wait_until();
  static void check_time(uint64_t end, const char* what);

  const AttackOptions options_;
  Counts answers_;
  uint64_t sent_ = 0, ended_ = 0;
  std::vector<bool> ready_;
  std::vector<int> under_way_;  // requests without an answer
  std::vector<uint64_t> back_at_ns_;
};

inline constexpr std::string_view kAttacks[] = {"D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10"};

// Returns null for a name that is not in kAttacks.
std::unique_ptr<Attack> make_attack(const AttackOptions& options);

}  // namespace fastchat::bench::abuse
