// audit: reads the server's whole list of keys, checks it, and prints the alarms that this device keeps, also when the
// server shows no list.
#include <algorithm>

#include "client/cli/commands.h"
#include "client/cli/output.h"
#include "client/session/people.h"
#include "client/transparency/log_audit.h"
#include "client/transparency/log_proofs.h"
#include "common/clock.h"

namespace fastchat::cli {
namespace {

constexpr int64_t kFreshMs = int64_t{30} * 86'400'000;  // an older alarm is printed, and changes no exit status

class AuditCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    connect();
    if (!options_.timeout_s) deadline_in(kAuditTimeoutS);
  }

  void on_attached() override {
    if (std::exchange(asked_, true)) return;
    session_->people().audit(guarded([this](const Result<client::LogAuditReport>& r) {
      if (!r.ok()) return fail(r.error());
      if (options_.json ? print_json(*r) : print(*r)) judge(*r);
    }));
  }

  void on_timeout() override { fail(err(Code::kLocalTimeout, "timed out" + offline_reason())); }

  // An error may be the reason of an alarm.
  void fail(const Error& error) override {
    if (finishing()) return;
    if (session_ == nullptr || !session_->has_profile() || !session_->unlocked()) return Runner::fail(error);
    const auto alarms = session_->people().key_alarms();
    if (!alarms.ok() || alarms->empty()) return Runner::fail(error);
    if (!(options_.json ? print_line(Json().add_list("alarms", alarms_json(*alarms)).str()) : print_alarms(*alarms))) {
      return;
    }
    if (!any_fresh(*alarms)) return Runner::fail(error);
    finish(kExitUntrusted, explain(error, server()) + "; and this device keeps alarms of the last 30 days");
  }

  static bool any_fresh(const std::vector<store::LogAlarmRow>& alarms) {
    const int64_t now = Clock::wall_ms();
    return std::any_of(alarms.begin(), alarms.end(),
                       [&](const store::LogAlarmRow& alarm) { return alarm.at_ms > now - kFreshMs; });
  }

  void judge(const client::LogAuditReport& report) {
    if (!report.root_holds) {
      return finish(kExitUntrusted, "the listed keys are not those that the server signed: ask the operator");
    }
    if (!report.unsigned_changes.empty()) {
      return finish(kExitUntrusted,
                    "a key was replaced without a signature of the key before: whoever writes to these accounts should "
                    "compare safety numbers");
    }
    if (any_fresh(report.alarms)) {
      return finish(kExitUntrusted, "this device keeps alarms of the last 30 days: ask the operator");
    }
    finish(kExitOk);
  }

  bool print(const client::LogAuditReport& report) {
    bool well = print_line(
        client::describe_log_head(report.head) + ", signed " + local_time(report.head.ms) +
        (report.root_holds ? ": the listed keys make this root" : ": THE LISTED KEYS DO NOT MAKE THIS ROOT"));
    well = well &&
           print_line(count(report.accounts, "account") + ": " + std::to_string(report.changed) +
                      " changed the key, signed by the key before; " + std::to_string(report.deleted) + " deleted");
    for (const std::string& user : report.unsigned_changes) {
      well = well && print_line(user + ": the keys are NOT one line of signed changes");
    }
    return well && print_alarms(report.alarms);
  }

  bool print_alarms(const std::vector<store::LogAlarmRow>& alarms) {
    return std::all_of(alarms.begin(), alarms.end(), [&](const store::LogAlarmRow& alarm) {
      return print_line(local_time(alarm.at_ms) + "  " + place_of(alarm) + alarm.text);
    });
  }

  std::vector<Json> alarms_json(const std::vector<store::LogAlarmRow>& alarms) const {
    std::vector<Json> out;
    for (const store::LogAlarmRow& alarm : alarms) {
      Json json;
      json.add_number("at_ms", alarm.at_ms).add("with", name_of(alarm)).add("text", alarm.text);
      json.add("log_key", to_hex(alarm.key)).add("known", head_json(alarm.held)).add("shown", head_json(alarm.shown));
      out.push_back(std::move(json));
    }
    return out;
  }

  bool print_json(const client::LogAuditReport& report) {
    Json json;
    json.add("head", head_json(report.head)).add_bool("root_holds", report.root_holds);
    json.add_number("accounts", report.accounts).add_number("changed", report.changed);
    json.add_number("deleted", report.deleted).add_list("unsigned", report.unsigned_changes);
    return print_line(json.add_list("alarms", alarms_json(report.alarms)).str());
  }

  static Json head_json(const LogHead& head) {
    Json json;
    json.add_number("size", head.size).add("root", to_hex(head.root)).add_number("ms", head.ms);
    json.add("signature", to_hex(head.signature));
    return json;
  }
  static std::string count(uint64_t n, const std::string& thing) {
    return std::to_string(n) + " " + thing + (n == 1 ? "" : "s");
  }
  // Returns the conversation as people name it; empty for the account.
  std::string name_of(const store::LogAlarmRow& alarm) const {
    return alarm.peer.empty() ? std::string() : session_->people().shown(alarm.peer).text();
  }
  std::string place_of(const store::LogAlarmRow& alarm) const {
    return alarm.peer.empty() ? std::string() : name_of(alarm) + ": ";
  }

  bool asked_ = false;
};

}  // namespace

std::unique_ptr<Runner> make_audit(const Options& o) {
  return std::make_unique<AuditCommand>(o);
}

}  // namespace fastchat::cli
