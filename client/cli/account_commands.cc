// signup, login, logout.
#include "client/cli/commands.h"
#include "client/cli/password.h"

namespace fastchat::cli {
namespace {

// How long a new device may take to fetch what waits for it before the command says that it is there.
constexpr double kCatchUpS = 10;
constexpr double kDefaultTimeoutS = 60;

class EnterCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    const bool fresh = options_.command == Command::kSignUp;
    Result<e2e::Secret> password = read_password(options_, options_.user, fresh);
    if (!password.ok()) return fail(password.error());
    if (!options_.timeout_s) deadline_in(kDefaultTimeoutS);
    client::AccountArgs args{options_.user, std::move(*password), options_.invite_token, options_.remember};
    auto done = [this](const Result<>& r) {
      if (!r.ok()) return fail(r.error());
      in_ = true;
      if (live_) return tell();
      deadline_in(kCatchUpS);
    };
    if (fresh) {
      session_->sign_up(std::move(args), done);
    } else {
      session_->log_in(std::move(args), done);
    }
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
    // Still catching up: the rest comes with the next command, as after any interruption.
    if (attached_) return tell();
    print_error("logged in, but no worker answers yet; messages will come with the next command");
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

class LogOutCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    if (!session_->has_profile()) return finish(kExitUsage, "no account in " + options_.data_dir);
    const Result<> r = session_->log_out();
    if (!r.ok()) return fail(r.error());
    finish(kExitOk);
  }
};

}  // namespace

std::unique_ptr<Runner> make_enter(const Options& o) {
  return std::make_unique<EnterCommand>(o);
}
std::unique_ptr<Runner> make_log_out(const Options& o) {
  return std::make_unique<LogOutCommand>(o);
}

}  // namespace fastchat::cli
