// fastchat, the client: process set-up, then a command or the screen.
#include <google/protobuf/stubs/logging.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "client/cli/exit_code.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/run.h"
#include "client/cli/service.h"
#include "client/tui/picture/child.h"
#include "client/tui/picture/qr.h"
#include "client/tui/terminal/locale.h"
#include "client/tui/tui.h"
#include "client/tui/window/window_server.h"
#include "common/curve.h"
#include "common/log.h"
#include "common/process.h"
#include "common/random.h"
#include "common/standard_streams.h"

namespace {

int end_with(const fastchat::Error& error, int status, bool json) {
  fastchat::cli::print_error(error, status, json);
  return status;
}

// Returns what serves the windows of a profile that this process holds. `screen`: true when the holder is a screen.
fastchat::cli::StartWindows windows_of(const fastchat::cli::Options& options, bool screen) {
  using namespace fastchat;
  return [&options, screen](client::OpenProfile& profile, std::function<void()> end) {
    const auto invite = parse_invite_line(options.server);
    return std::make_unique<tui::WindowServer>(profile, invite.ok() ? std::optional(*invite) : std::nullopt, screen,
                                               std::move(end));
  };
}

// Draws a QR code on a terminal that has room for the code and the line below it, in black and white whatever its
// colours are. Returns nothing for a smaller one.
std::string draw_code(const std::string& line) {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return "";
  const int columns = std::max<int>(size.ws_col, 1), under = static_cast<int>(line.size()) / columns + 2;
  std::vector<fastchat::tui::Row> rows;
  for (int quiet = fastchat::tui::kQuietZone; quiet >= 1 && rows.empty(); --quiet) {
    rows = fastchat::tui::qr_rows(line, quiet);
    if (static_cast<int>(rows.size()) + under > size.ws_row) rows.clear();
  }
  std::string out;
  for (const fastchat::tui::Row& row : rows) {
    if (fastchat::tui::width_of(row) > columns) return "";
    out += "\033[38;5;231;48;5;16m" + row.front().text + "\033[0m\n";
  }
  return out;
}

int run_screen(const fastchat::cli::Options& options) {
  using namespace fastchat;
  client::SessionOptions session;
  session.data_dir = options.data_dir;
  session.downloads = options.downloads;
  if (!options.server.empty()) {
    auto invite = parse_invite_line(options.server);
    if (!invite) {
      return end_with(invite.error(), cli::kExitUsage, options.json);
    }
    session.invite = *invite;
  }
  const auto settings = tui::load_settings(options.config);
  if (!settings) {
    return end_with(settings.error(), cli::kExitUsage, options.json);
  }
  if (options.check_config) {
    std::string lines;
    for (const std::string& warning : settings->warnings) lines += "fastchat: warning: " + warning + "\n";
    std::fputs(lines.c_str(), stderr);
    return cli::kExitOk;
  }
  const auto ended = tui::run_tui(
      std::move(session), *settings, [&](Loop& loop, client::OpenProfile& profile, std::function<void()> end) {
        return cli::start_serving(loop, profile, options, windows_of(options, true), std::move(end));
      });
  if (ended) return cli::kExitOk;
  const Error error = err(ended.code(), cli::explain(ended.error(), ""));
  return end_with(error, cli::exit_code(error.code), options.json);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace fastchat;
  open_standard_streams();
  if (argc > 1 && std::strcmp(argv[1], tui::kDrawPicture) == 0) _exit(tui::run_picture_child(argc, argv));
  disable_core_dumps();
  ignore_sigpipe();
  keep_freed_memory();
  std::signal(SIGXFSZ, SIG_IGN);  // a write over the file size limit then fails, as on a full disk
  umask(077);
  tui::use_locale();
  // The program prints one line for anything that a person must know. Libraries and the log stay silent.
  google::protobuf::SetLogHandler(nullptr);
  log::init(log::Level::kOff, "fastchat");
  seed_libc_rand();

  const cli::Parsed parsed = cli::parse(argc, argv);
  if (!parsed.options) return parsed.exit_code;
  if (parsed.options->command == cli::Command::kNone) return run_screen(*parsed.options);
  return cli::run(parsed, windows_of(*parsed.options, false), draw_code);
}
