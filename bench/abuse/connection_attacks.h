// Attacks on the broker: new devices of an account whose queue is full, wrong passwords, sign-ups, and connections that
// never send a hello.
#pragma once

#include <memory>

#include "bench/abuse/attack.h"

namespace fastchat::bench::abuse {

// D3: 50,000 messages of one byte to the own account, then logins with new device ids, six at a time.
class NewDevices final : public Attack {
 public:
  explicit NewDevices(const AttackOptions& options);
  void prepare() override;
  void go_on(uint64_t now) override;
  void on_ready(Link& link) override;
  void on_receipt(Link& link, uint64_t ref, Receipt receipt) override;

 private:
  int settled_ = 0;
};

// D4: wrong passwords for the names of the honest guests, from a few addresses.
class WrongPasswords final : public Attack {
 public:
  explicit WrongPasswords(const AttackOptions& options);
  void prepare() override {}
  void go_on(uint64_t now) override;

 private:
  int next_ = 0;
};

// D7: sign-ups of 960 KiB each, eight at a time from one address.
class LargeSignUps final : public Attack {
 public:
  explicit LargeSignUps(const AttackOptions& options);
  ~LargeSignUps() override;
  void prepare() override {}
  void go_on(uint64_t now) override;

 private:
  class Makers;
  std::unique_ptr<Makers> makers_;
};

// D9: twenty connections that send the broker the parts of one message without end.
class EndlessParts final : public Attack {
 public:
  explicit EndlessParts(const AttackOptions& options);
  ~EndlessParts() override;
  void prepare() override {}
  void go_on(uint64_t now) override;

 private:
  class Sockets;
  std::unique_ptr<Sockets> sockets_;
};

}  // namespace fastchat::bench::abuse
