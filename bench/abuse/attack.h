// An attack: somebody with one account, or a few, who asks for as much as the servers give. Each attack is a class that
// keeps something under way; make_attack() knows them by the numbers of docs/performance.md. One thread.
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
  std::string victim = "victim";  // whom D10 writes to: a real client
  HonestOptions honest;           // the names of the honest users follow from these
  double scale = 1;               // of what is prepared and kept under way; a small one for tests
};

class Attack : public Party {
 public:
  Attack(const AttackOptions& options, int users);

  // Accounts and sessions; returns when the attack may begin.
  virtual void prepare() { log_in_all(); }
  // Once a turn: keeps under way what the attack wants to.
  virtual void go_on(uint64_t now) = 0;

  // {"answers":{...},"sent":n,"ended":n}: what it sent, what it was told, how often a session of its was ended.
  std::string report() const;
  // The servers said something since it began.
  bool answered() const { return !answers_.empty(); }

  void on_ready(Link& link) override;
  void on_answer(Link& link, const v1::ServerFrame& frame) override;
  void on_receipt(Link& link, uint64_t ref, Receipt receipt) override;
  void on_rejected(Link& link, const std::string& why) override;
  void on_lost(Link& link, const std::string& why) override;

 protected:
  int scaled(int number) const;
  void log_in_all();
  // Waits for condition(); ends the process when it takes too long.
  template <class Condition>
  void wait(const char* what, Condition condition) {
    for (const uint64_t end = wait_until(); !condition();) {
      come_back();
      turn(end);
      check_time(end, what);
    }
  }
  // Asks, and counts what it asked.
  void ask(int user, v1::ClientFrame frame);
  void count(const std::string& answer, uint64_t times = 1) { answers_[answer] += times; }
  void count_sent(uint64_t times = 1) { sent_ += times; }
  // Logs in again whom the server threw out, after a pause.
  void come_back();
  bool ready(int user) const { return ready_[static_cast<size_t>(user)]; }
  int under_way(int user) const { return under_way_[static_cast<size_t>(user)]; }
  // Called when a session is there, the first time and again.
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

// Null for a name that is none of kAttacks.
std::unique_ptr<Attack> make_attack(const AttackOptions& options);

}  // namespace fastchat::bench::abuse
