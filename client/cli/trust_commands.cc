// verify and devices: questions to the server.
#include "client/cli/commands.h"
#include "client/session/people.h"

namespace fastchat::cli {
namespace {

constexpr const char* kRemoved =
    "removed: the device never logs in again. It keeps its messages and the keys of the account: if somebody else has "
    "the device, use `fastchat devices remove ID --lost`, which changes the password and the key";

class VerifyCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    connect();
    if (!options_.timeout_s) deadline_in(kAnswerTimeoutS);
  }

  void on_attached() override {
    if (std::exchange(asked_, true)) return;
    ask();
  }

  // Compares the pinned key without the server when the server cannot be reached.
  void on_offline(const client::ConnectionEvent& event) override {
    if (asked_ || event.retry_after_ms == 0 || ++tries_ < 2) return;
    asked_ = true;
    host_->stay_offline();
    ask();
  }

  void ask() {
    session_->people().verify(options_.user, guarded([this](const Result<client::VerifyInfo>& r) {
                                if (!r.ok()) return fail(r.error());
                                tell(*r);
                              }));
  }

  void tell(const client::VerifyInfo& info) {
    Result<> change = Unit{};
    if (options_.accept) change = session_->people().judge_key(options_.user, true);
    if (options_.keep) change = session_->people().judge_key(options_.user, false);
    if (options_.mark) {
      change = info.changed ? Result<>(err(Code::kLocalUntrustedKey,
                                           "the key changed: compare the safety number, then use --accept or --keep"))
                            : session_->people().mark_verified(options_.user);
    }
    if (!change.ok())
      return fail(change.code() == Code::kNotAllowed ? err(Code::kLocalUsage, change.error().text) : change.error());
    if (options_.accept || options_.mark || options_.keep) return finish(kExitOk);
    print(info);
    if (info.changed) {
      return finish(kExitUntrusted,
                    "the key of " + info.user +
                        " changed: compare the new safety number, then use --accept, or --keep to refuse the new key");
    }
    finish(kExitOk);
  }

  void print(const client::VerifyInfo& info) {
    if (options_.json) {
      Json json;
      json.add("user", info.user).add("digits", info.number.digits).add("words", info.number.words);
      json.add("qr", info.number.qr).add("trust", trust_word(info.trust)).add_bool("changed", info.changed);
      if (info.changed) json.add("new_digits", info.changed_number.digits).add("new_words", info.changed_number.words);
      print_line(json.str());
      return;
    }
    print_line(info.user + " (" + trust_word(info.trust) + ")");
    print_line("  " + info.number.spaced);
    print_line("  " + info.number.words);
    if (!info.changed) return;
    print_line("the key that the server shows now:");
    print_line("  " + info.changed_number.spaced);
    print_line("  " + info.changed_number.words);
  }

  bool asked_ = false;
  int tries_ = 0;
};

class DevicesCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    if (options_.lost && !read_passwords()) return;
    connect();
    if (!options_.timeout_s) deadline_in(options_.lost ? kChangeTimeoutS : kAnswerTimeoutS);
  }
  bool read_passwords() {
    if (!session_->has_profile()) {
      finish(kExitUsage, "no account in " + options_.data_dir + ": check --data-dir");
      return false;
    }
    Result<e2e::Secret> before = host_->password(WhichPassword::kPresent, session_->user());
    Result<e2e::Secret> next = before.ok() ? host_->password(WhichPassword::kNew, session_->user()) : before.error();
    if (!next.ok()) {
      fail(next.error());
      return false;
    }
    password_ = std::move(*before);
    next_ = std::move(*next);
    return true;
  }

  void on_attached() override {
    if (std::exchange(asked_, true)) return;
    switch (options_.device_verb) {
      case DeviceVerb::kRemove:
        return session_->remove_device(options_.device, guarded([this](const Result<>& r) {
                                         if (!r.ok()) return fail(r.error());
                                         if (options_.lost) return change_all();
                                         if (!options_.json) print_line(kRemoved);
                                         finish(kExitOk);
                                       }));
      case DeviceVerb::kRename:
        return session_->rename_device(options_.device, options_.new_name, guarded([this](const Result<>& r) {
                                         if (!r.ok()) return fail(r.error());
                                         finish(kExitOk);
                                       }));
      case DeviceVerb::kList:
        break;
    }
    session_->devices(guarded([this](const Result<std::vector<client::DeviceInfo>>& r) {
      if (!r.ok()) return fail(r.error());
      for (const client::DeviceInfo& d : *r) print_line(device_line(d, options_.json));
      finish(kExitOk);
    }));
  }

  // The server changes password, key and vault key in one step. After an interruption, the same command again removes
  // the device that is gone already, and finds out whether the server made the change.
  void change_all() {
    session_->change_password(
        std::move(password_), std::move(next_), guarded([this](const Result<>& r) {
          if (r.code() == Code::kBadCredentials) {
            return fail(err(Code::kLocalUsage,
                            "the device is removed, and the password was wrong: run the command "
                            "again to change the password and the key"));
          }
          if (!r.ok()) return fail(r.error());
          const uint64_t others = session_->others_to_log_in();
          if (!options_.json) {
            print_line("removed: the device never logs in again, and the account has a new password and a new key");
          }
          if (!options_.json && others != 0) {
            print_line(other_devices_have(others) + " to log in with the new password");
          }
          finish(kExitOk);
        }),
        true);
  }

  e2e::Secret password_, next_;  // with --lost
  bool asked_ = false;
};

}  // namespace

std::unique_ptr<Runner> make_verify(const Options& o) {
  return std::make_unique<VerifyCommand>(o);
}
std::unique_ptr<Runner> make_devices(const Options& o) {
  return std::make_unique<DevicesCommand>(o);
}

}  // namespace fastchat::cli
