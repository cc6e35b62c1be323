#include "bench/abuse/attack.h"

#include <algorithm>
#include <cmath>

#include "bench/abuse/connection_attacks.h"
#include "bench/abuse/message_attacks.h"
#include "bench/abuse/request_attacks.h"
#include "bench/fail.h"
#include "bench/meter.h"

namespace fastchat::bench::abuse {
namespace {

constexpr int kBlocks = 20;  // between the addresses of the honest users and those of an attack
constexpr uint64_t kWaitNs = 300'000'000'000, kPauseNs = 200'000'000;

// Returns an answer's field name, such as "users", or the name of an error's code.
std::string answer_name(const v1::ServerFrame& frame) {
  if (frame.body_case() == v1::ServerFrame::kError) return v1::ErrorCode_Name(frame.error().code());
  const auto* field = v1::ServerFrame::descriptor()->FindFieldByNumber(frame.body_case());
  return field == nullptr ? "nothing" : std::string(field->name());
}

template <class Kind>
std::unique_ptr<Attack> make(const AttackOptions& options) {
  return std::make_unique<Kind>(options);
}

}  // namespace

Attack::Attack(const AttackOptions& options, int users)
    : Party(options.invite, options.honest.prefix + "-rogue", users, options.honest.block + kBlocks),
      options_(options),
      ready_(static_cast<size_t>(users)),
      under_way_(static_cast<size_t>(users)),
      back_at_ns_(static_cast<size_t>(users)) {}

int Attack::scaled(int number) const {
  return std::max(1, static_cast<int>(std::lround(number * options_.scale)));
}

void Attack::log_in_all() {
  sign_up(0, users());
  for (int user = 0; user < users(); ++user) login(user);
  wait("logins", [&] { return std::all_of(ready_.begin(), ready_.end(), [](bool r) { return r; }); });
}

uint64_t Attack::wait_until() {
  return now_ns() + kWaitNs;
}

void Attack::check_time(uint64_t end, const char* what) {
  if (now_ns() > end) fail(std::string("timed out waiting for: ") + what);
}

void Attack::ask(int user, v1::ClientFrame frame) {
  ++sent_;
  ++under_way_[static_cast<size_t>(user)];
  driver().ask(link(user), std::move(frame));
}

void Attack::on_ready(Link& link) {
  const auto user = static_cast<size_t>(link.id);
  ready_[user] = true;
  under_way_[user] = 0;
  back_at_ns_[user] = 0;
  began(link.id);
}

void Attack::on_answer(Link& link, const v1::ServerFrame& frame) {
  --under_way_[static_cast<size_t>(link.id)];
  count(answer_name(frame));
}

void Attack::on_receipt(Link& link, uint64_t ref, Receipt receipt) {
  static_cast<void>(link);
  static_cast<void>(ref);
  if (receipt != Receipt::kRejected) count(receipt == Receipt::kQueued ? "queued" : "delivered");
}

void Attack::on_rejected(Link& link, const std::string& why) {
  static_cast<void>(link);
  count(why);
}

void Attack::on_lost(Link& link, const std::string& why) {
  const auto user = static_cast<size_t>(link.id);
  if (ready_[user]) ++ended_;
  count(ready_[user] ? "ended: " + code_of(why) : code_of(why));
  ready_[user] = false;
  back_at_ns_[user] = now_ns() + kPauseNs;
}

void Attack::come_back() {
  const uint64_t now = now_ns();
  for (int user = 0; user < users(); ++user) {
    uint64_t& at = back_at_ns_[static_cast<size_t>(user)];
    if (at == 0 || at > now || is_open(user)) continue;
    at = 0;
    login(user);
  }
}

std::string Attack::report() const {
  Json j;
  return j.add("answers", counts_json(answers_)).add_number("sent", sent_).add_number("ended", ended_).str();
}

std::unique_ptr<Attack> make_attack(const AttackOptions& options) {
  const std::string& name = options.name;
  if (name == "D1") return make<UnknownNames>(options);
  if (name == "D2") return make<UnreadVaults>(options);
  if (name == "D3") return make<NewDevices>(options);
  if (name == "D4") return make<WrongPasswords>(options);
  if (name == "D5") return make<FullQueue>(options);
  if (name == "D6") return make<SlowRequests>(options);
  if (name == "D7") return make<LargeSignUps>(options);
  if (name == "D8") return make<ManyEpochs>(options);
  if (name == "D9") return make<EndlessParts>(options);
  if (name == "D10") return make<JunkNotes>(options);
  return nullptr;
}

}  // namespace fastchat::bench::abuse
