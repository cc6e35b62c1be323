// signup, login, logout, passwd, rekey, account delete.
#include "client/cli/commands.h"

namespace fastchat::cli {
namespace {

// The longest time that a new device may take to fetch its waiting messages before the command reports the login.
constexpr double kCatchUpS = 10;

class LogInCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    const bool fresh = options_.command == Command::kSignUp;
    Result<e2e::Secret> password =
        host_->password(fresh ? WhichPassword::kOfNewAccount : WhichPassword::kPresent, options_.user);
    if (!password.ok()) return fail(password.error());
    if (!options_.timeout_s) deadline_in(kChangeTimeoutS);
    client::AccountArgs args{options_.user, std::move(*password), options_.invite_token, options_.remember,
                             options_.replaces};
    auto done = guarded([this](const Result<>& r) {
      if (r.code() == Code::kTooManyDevices) return choose();
      if (!r.ok()) return fail(r.error());
      in_ = true;
      if (live_) return tell();
      deadline_in(kCatchUpS);
    });
    if (fresh) {
      session_->sign_up(std::move(args), done);
    } else {
      session_->log_in(std::move(args), done);
    }
  }

  void choose() {
    for (const client::DeviceInfo& d : session_->device_choices()) print_line(device_line(d, options_.json));
    finish(kExitUsage,
           "the account has as many devices as this server allows: remove one of these with "
           "`fastchat login " +
               options_.user + " --replace ID`",
           Code::kTooManyDevices);
  }

  void on_attached() override { attached_ = true; }
  void on_live() override {
    live_ = true;
    if (in_) tell();
  }

  void on_offline(const client::ConnectionEvent& event) override {
    if (!in_) Runner::on_offline(event);
  }

  void on_timeout() override {
    if (!in_) return Runner::on_timeout();
    // The device is still catching up. The rest of the messages comes with the next command, as after any interruption.
    if (attached_) return tell();
    warn("logged in, but no worker answers yet: messages arrive with the next command");
    tell();
  }

  void tell() {
    if (options_.json) {
      Result<client::StatusInfo> status = session_->status();
      if (status.ok()) {
        print_line(Json()
                       .add("user", status->user)
                       .add("device", status->device)
                       .add("fingerprint", status->fingerprint)
                       .str());
      }
    }
    finish(kExitOk);
  }

  bool in_ = false, attached_ = false, live_ = false;
};

// Reads the old password, then the new password. After an interruption, the same command again, or the next command
// that connects, finds out whether the server made the change.
class PasswdCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    if (!session_->has_profile())
      return finish(kExitUsage, "no account in " + options_.data_dir + ": check --data-dir");
    Result<e2e::Secret> before = host_->password(WhichPassword::kPresent, session_->user());
    if (!before.ok()) return fail(before.error());
    Result<e2e::Secret> next = host_->password(WhichPassword::kNew, session_->user());
    if (!next.ok()) return fail(next.error());
    if (!options_.timeout_s) deadline_in(kChangeTimeoutS);
    session_->change_password(std::move(*before), std::move(*next), guarded([this](const Result<>& r) {
                                if (!r.ok())
                                  return fail(r.code() == Code::kBadCredentials
                                                  ? err(Code::kLocalUsage, "wrong password: try again")
                                                  : r.error());
                                const uint64_t others = session_->others_to_log_in();
                                if (options_.json) print_line(Json().add_number("devices", others).str());
                                if (!options_.json && others != 0) {
                                  print_line(other_devices_have(others) + " to log in with the new password");
                                }
                                finish(kExitOk);
                              }));
  }
};

// Reads the password, and gives the account another key. After an interruption, the same command again, or the next
// command that connects, finds out whether the server made the change.
class RekeyCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    if (!session_->has_profile())
      return finish(kExitUsage, "no account in " + options_.data_dir + ": check --data-dir");
    Result<e2e::Secret> password = host_->password(WhichPassword::kPresent, session_->user());
    if (!password.ok()) return fail(password.error());
    if (!options_.timeout_s) deadline_in(kChangeTimeoutS);
    e2e::Secret same = password->clone();
    session_->change_password(std::move(*password), std::move(same), guarded([this](const Result<>& r) {
                                if (!r.ok())
                                  return fail(r.code() == Code::kBadCredentials
                                                  ? err(Code::kLocalUsage, "wrong password: try again")
                                                  : r.error());
                                tell();
                              }),
                              true);
  }
  void tell() {
    const uint64_t others = session_->others_to_log_in();
    if (options_.json) {
      const auto status = session_->status();
      print_line(Json().add("fingerprint", status.ok() ? status->fingerprint : "").add_number("devices", others).str());
    } else {
      print_line("the account has a new key: contacts see a line, and compare it anew with `fastchat verify`");
      if (others != 0) {
        print_line(other_devices_have(others) + " to log in again");
      }
    }
    finish(kExitOk);
  }
};

// Deletes the account once the session is live, because the groups are left first. After an interruption, the same
// command again, or the next command that connects, finds out whether the server deleted the account.
class DeleteAccountCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    if (!session_->has_profile())
      return finish(kExitUsage, "no account in " + options_.data_dir + ": check --data-dir");
    if (session_->account_deleted()) return connect();
    Result<e2e::Secret> password = host_->password(WhichPassword::kToDelete, session_->user());
    if (!password.ok()) return fail(password.error());
    password_ = std::move(*password);
    if (!options_.timeout_s) deadline_in(kChangeTimeoutS);
    connecting_ = true;
    if (session_->unlocked()) return connect();
    session_->unlock(password_.clone(), guarded([this](const Result<>& r) {
                       if (!r.ok()) return fail(r.error());
                       connect();
                     }));
  }

  void on_live() override {
    if (std::exchange(asked_, true)) return;
    session_->delete_account(std::move(password_), guarded([this](const Result<>& r) {
                               if (r.ok()) return tell();
                               fail(r.code() == Code::kBadCredentials
                                        ? err(Code::kLocalUsage, "wrong password: nothing was deleted")
                                        : r.error());
                             }));
  }

  void on_connection(const client::ConnectionEvent& event) override {
    // An earlier try deleted the account.
    if (connecting_ && event.state == core::LinkState::kEnded && session_->account_deleted()) return tell();
    Runner::on_connection(event);
  }

  void tell() {
    if (finishing()) return;
    if (!options_.json) {
      print_line("the account " + session_->user() +
                 " is deleted. Its messages stay on this device: `fastchat history` and `fastchat export` read them");
    }
    finish(kExitOk);
  }

  e2e::Secret password_;
  bool connecting_ = false, asked_ = false;
};

class LogOutCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    if (!session_->has_profile())
      return finish(kExitUsage, "no account in " + options_.data_dir + ": check --data-dir");
    const Result<> r = session_->log_out();
    if (!r.ok()) return fail(r.error());
    finish(kExitOk);
    host_->log_out();
  }
};

}  // namespace

std::unique_ptr<Runner> make_log_in(const Options& o) {
  return std::make_unique<LogInCommand>(o);
}
std::unique_ptr<Runner> make_rekey(const Options& o) {
  return std::make_unique<RekeyCommand>(o);
}

std::unique_ptr<Runner> make_passwd(const Options& o) {
  return std::make_unique<PasswdCommand>(o);
}
std::unique_ptr<Runner> make_delete_account(const Options& o) {
  return std::make_unique<DeleteAccountCommand>(o);
}
std::unique_ptr<Runner> make_log_out(const Options& o) {
  return std::make_unique<LogOutCommand>(o);
}

}  // namespace fastchat::cli
