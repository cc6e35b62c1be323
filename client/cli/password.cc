#include "client/cli/password.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "client/e2e/password.h"
#include "client/e2e/unicode.h"

namespace fastchat::cli {
namespace {

using e2e::Secret;

constexpr size_t kMaxPassword = 1024;

// Reads a descriptor up to the first line feed, at most kMaxPassword bytes.
Secret read_line(int fd) {
  Secret out(kMaxPassword);
  size_t n = 0;
  char c = 0;
  while (n < kMaxPassword && read(fd, &c, 1) == 1 && c != '\n') out.data()[n++] = c;
  if (n > 0 && out.data()[n - 1] == '\r') --n;
  out.truncate(n);
  return out;
}

Result<Secret> from_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return err(Code::kLocalUsage, "cannot read the password file " + path + ": " + std::strerror(errno));
  Secret out = read_line(fd);
  close(fd);
  if (out.empty()) return err(Code::kLocalUsage, "the password file " + path + " is empty");
  return out;
}

Result<Secret> from_command(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) return err(Code::kLocalUsage, "cannot run the password command: check --password-command");
  Secret out = read_line(fileno(pipe));
  const int status = pclose(pipe);
  if (status != 0 || out.empty())
    return err(Code::kLocalUsage, "the password command failed or printed nothing: check --password-command");
  return out;
}

// The terminal with echo and signals off, so that Ctrl-C cannot leave the echo off.
class Terminal {
 public:
  Terminal() : fd_(open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0 || tcgetattr(fd_, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG | ICANON);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    ready_ = tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  ~Terminal() {
    if (ready_) tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0) close(fd_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  bool ready() const { return ready_; }

  void say(const std::string& text) const {
    if (write(fd_, text.data(), text.size()) < 0) return;
  }

  // Asks for one line. Returns false when the person gave up (Ctrl-C, Ctrl-D).
  bool ask(const std::string& prompt, Secret& out) const {
    say(prompt);
    Secret line(kMaxPassword);
    size_t n = 0;
    char c = 0;
    while (read(fd_, &c, 1) == 1) {
      if (c == '\n' || c == '\r') {
        say("\n");
        line.truncate(n);
        out = std::move(line);
        return true;
      }
      if (c == 3 || c == 4) break;
      if (c == 21) {
        n = 0;
      } else if (c == 8 || c == 127) {
        n = e2e::cluster_before(line.view().substr(0, n), n);
      } else if (n < kMaxPassword) {
        line.data()[n++] = c;
      }
    }
    say("\n");
    return false;
  }

 private:
  int fd_;
  termios before_{};
  bool ready_ = false;
};

// Takes the password out of the environment, so that child processes and later readers of the environment do not see
// it.
Result<Secret> from_environment(const char* name) {
  char* env = std::getenv(name);
  if (env == nullptr || env[0] == '\0') return err(Code::kLocalUsage, "");
  Secret out = Secret::copy_of(env);
  e2e::cleanse(env, std::strlen(env));
  unsetenv(name);
  return out;
}

Result<Secret> from_prompt(const std::string& user, bool fresh) {
  const Terminal terminal;
  if (!terminal.ready()) {
    return err(Code::kLocalUsage,
               "no terminal to ask for the password: use --password-file, --password-command or FASTCHAT_PASSWORD");
  }
  const Error gave_up = err(Code::kLocalUsage, "no password was given");
  Secret first, second;
  if (!fresh) {
    if (!terminal.ask("Password of " + user + ": ", first) || first.empty()) return gave_up;
    return first;
  }
  if (!terminal.ask("New password for " + user + " (at least 12 characters; Enter generates a passphrase): ", first)) {
    return gave_up;
  }
  if (first.empty()) {
    std::string words = e2e::generate_passphrase();
    terminal.say("Your passphrase, write it down now: " + words + "\n");
    return Secret::take(words);
  }
  if (!terminal.ask("Repeat the password: ", second)) return gave_up;
  if (!e2e::equal_constant_time(first.view(), second.view())) {
    return err(Code::kLocalUsage, "the two passwords differ: try again");
  }
  return first;
}

}  // namespace

Result<Secret> read_password(const Options& options, const std::string& user, bool fresh) {
  if (!options.password_file.empty()) return from_file(options.password_file);
  if (!options.password_command.empty()) return from_command(options.password_command);
  if (Result<Secret> env = from_environment("FASTCHAT_PASSWORD"); env.ok()) return env;
  return from_prompt(user, fresh);
}

Result<Secret> read_new_password(const Options& options, const std::string& user) {
  if (!options.new_password_file.empty()) return from_file(options.new_password_file);
  if (!options.new_password_command.empty()) return from_command(options.new_password_command);
  if (Result<Secret> env = from_environment("FASTCHAT_NEW_PASSWORD"); env.ok()) return env;
  return from_prompt(user, true);
}

Result<> confirm_deletion(const Options& options, const std::string& user) {
  if (options.yes) return Unit{};
  const std::unique_ptr<FILE, int (*)(FILE*)> terminal(std::fopen("/dev/tty", "r+e"), std::fclose);
  if (terminal == nullptr) return err(Code::kLocalUsage, "without a terminal, give --yes to delete the account");
  std::fprintf(terminal.get(),
               "This deletes the account %s for ever: it cannot be undone, and nobody gets the name again.\n"
               "Type the name of the account: ",
               user.c_str());
  std::fflush(terminal.get());
  char line[256] = "";
  if (std::fgets(line, sizeof line, terminal.get()) == nullptr) line[0] = '\0';
  line[std::strcspn(line, "\r\n")] = '\0';
  return line == user ? Result<>(Unit{}) : err(Code::kLocalUsage, "this is not the name: nothing was deleted");
}

}  // namespace fastchat::cli
