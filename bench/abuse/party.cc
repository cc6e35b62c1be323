#include "bench/abuse/party.h"

#include <algorithm>

#include "bench/fail.h"
#include "bench/meter.h"

namespace fastchat::bench::abuse {
namespace {

constexpr uint64_t kSweepNs = 1'000'000'000, kPartyTurnNs = 20'000'000, kSignUpLimitNs = 300'000'000'000;
constexpr int kPartySignUpsAtOnce = 16;

InviteLine parse(const std::string& invite) {
  auto line = parse_invite_line(invite);
  if (!line) fail(line.error().text);
  return std::move(*line);
}

FastchatDriver::Config config_of(const InviteLine& broker, int users, bool sign_up) {
  FastchatDriver::Config config;
  config.broker = broker;
  config.users = users;
  config.sign_up = sign_up;
  return config;
}

// Makes accounts and counts them.
class Registrar final : public FastchatEvents {
 public:
  void on_ready(Link& link) override {
    ++ready;
    done.push_back(&link);
  }
  void on_lost(Link& link, const std::string& why) override {
    fail("user " + std::to_string(link.id) + " could not sign up: " + why);
  }
  void on_group(Link&) override {}
  void on_message(Link&, ByteView) override {}
  void on_confirm(Link&, uint32_t) override {}
  void on_rejected(Link&, const std::string&) override {}
  void on_answer(Link&, const v1::ServerFrame&) override {}

  int ready = 0;
  std::vector<Link*> done;
};

}  // namespace

std::string address_of(int block, int user) {
  return "127." + std::to_string(block) + "." + std::to_string(user / 250) + "." + std::to_string(1 + user % 250);
}

std::string counts_json(const Counts& counts) {
  Json j;
  for (const auto& [name, count] : counts) j.add_number(name, count);
  return j.str();
}

std::string code_of(const std::string& why) {
  const bool code = !why.empty() && why[0] >= 'A' && why[0] <= 'Z';
  return code ? why.substr(0, why.find(' ')) : "closed";
}

Party::Party(const std::string& invite, const std::string& prefix, int users, int block)
    : broker_(parse(invite)),
      accounts_(prefix, "correct horse bench"),
      driver_(hub_, *this, accounts_, config_of(broker_, users, false)) {
  hub_.set_events(&driver_);
  driver_.set_answers(this);
  for (int user = 0; user < users; ++user) {
    links_.push_back(std::make_unique<Link>(user));
    links_.back()->source = address_of(block, user);
  }
}

void Party::sign_up(int first, int count) {
  Hub hub;
  Registrar registrar;
  FastchatDriver driver(hub, registrar, accounts_, config_of(broker_, users(), true));
  hub.set_events(&driver);
  std::vector<std::unique_ptr<Link>> links;
  const uint64_t end = now_ns() + kSignUpLimitNs;
  while (registrar.ready < count) {
    while (static_cast<int>(links.size()) < std::min(count, registrar.ready + kPartySignUpsAtOnce)) {
      const int user = first + static_cast<int>(links.size());
      driver.identity(user) = driver_.identity(user);
      links.push_back(std::make_unique<Link>(user));
      links.back()->source = link(user).source;
      driver.login(*links.back());
    }
    hub.turn(now_ns() + kPartyTurnNs);
    for (Link* link : registrar.done) driver.logout(*link);
    registrar.done.clear();
    if (now_ns() > end) fail("the accounts could not be made in time");
  }
}

void Party::turn(uint64_t until_ns) {
  const uint64_t now = now_ns();
  if (now >= next_sweep_ns_) {
    next_sweep_ns_ = now + kSweepNs;
    for (const auto& link : links_) {
      if (hub_.is_open(*link)) driver_.keep_alive(*link, now);
    }
  }
  hub_.turn(std::min({until_ns, next_sweep_ns_, now + kPartyTurnNs}));
}

}  // namespace fastchat::bench::abuse
