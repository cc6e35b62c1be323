#include "client/cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "client/cli/call.h"
#include "client/cli/command_line.h"
#include "client/cli/exit_code.h"
#include "client/cli/output.h"
#include "client/e2e/sanitise.h"
#include "client/files/download_folder.h"
#include "common/config_reference.h"
#include "common/home.h"
#include "common/nearest.h"
#include "common/standard_streams.h"
#include "common/version.h"

namespace fastchat::cli {
namespace {

// Returns the error in the arguments as one line. An unknown option or command is named alone: the other arguments may
// hold text that does not belong on the terminal.
std::string refusal(const CLI::App& app, const CLI::ParseError& e) {
  std::vector<std::string> words = app.remaining(true);
  std::erase(words, "--");
  if (words.empty()) return e.what();
  const CLI::App* here = &app;
  for (auto below = here->get_subcommands(); !below.empty(); below = here->get_subcommands()) here = below.front();
  const std::string& word = words.front();
  std::vector<std::string> known;
  if (word.size() > 1 && word[0] == '-') {
    const std::string name = word.substr(0, word.find('='));
    for (const CLI::App* at = here; at != nullptr; at = at->get_parent()) {
      for (const CLI::Option* option : at->get_options()) {
        for (const std::string& known_name : option->get_lnames()) known.push_back("--" + known_name);
      }
    }
    std::erase(known, kReferenceSwitch);
    if (std::find(known.begin(), known.end(), name) != known.end()) return name + " stands behind its command";
    return "there is no option " + name + did_you_mean(name, known);
  }
  for (const CLI::App* command : here->get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); })) {
    known.push_back(command->get_name());
  }
  if (known.empty()) return e.what();
  return "there is no command " + word + did_you_mean(word, known);
}

int refuse(bool json, const std::string& text) {
  print_error(err(Code::kLocalUsage, e2e::sanitise_line(text)), kExitUsage, json);
  return kExitUsage;
}

// Returns true when the arguments ask for JSON: errors of parsing then come as JSON, too.
bool wants_json(int argc, char** argv) {
  for (int i = 1; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) return true;
  }
  return false;
}

int print_text(const std::string& text) {
  const Result<> written = write_output(text);
  if (written.ok()) return kExitOk;
  print_error(written.error().text);
  return kExitUnexpected;
}

int print_help(const CLI::App& app, const CLI::ParseError& e) {
  std::ostringstream text, errors;
  app.exit(e, text, errors);
  return print_text(text.str());
}

}  // namespace

bool stays(const Options& o) {
  switch (o.command) {
    case Command::kListen:
    case Command::kDaemon:
    case Command::kRpc:
    case Command::kChat:
      return true;
    case Command::kHistory:
      return o.follow;
    case Command::kSend:
      return o.awaited != Awaited::kAccepted;
    default:
      return false;
  }
}

std::string default_data_dir() {
  const char* xdg = std::getenv("XDG_DATA_HOME");
  if (xdg != nullptr && xdg[0] == '/') return std::string(xdg) + "/fastchat";
  const std::string home = home_folder();
  return home.empty() ? "" : home + "/.local/share/fastchat";
}

Parsed parse(int argc, char** argv) {
  CommandLine line;
  CLI::App& app = line.app();
  app.set_version_flag("--version", std::string("fastchat ") + version_text());
  bool reference = false;
  add_reference_switch(app, reference);
  const bool json = wants_json(argc, argv);
  const std::string more = " (see fastchat --help)";
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return {std::nullopt, print_help(app, e)};
    return {std::nullopt, refuse(json, refusal(app, e) + more)};
  } catch (const std::logic_error&) {
    // CLI11 lets these exceptions of std::stoll through: for --flag=? and for --flag= with a number of thirty digits.
    return {std::nullopt, refuse(json, "a flag has a value that is neither true nor false" + more)};
  }
  if (reference) return {std::nullopt, print_text(reference_of(app).str() + "\n")};
  Result<Options> options = line.options();
  if (!options.ok()) return {std::nullopt, refuse(json, options.error().text)};
  std::error_code unknown;
  Call call = call_of(line, *options, std::filesystem::current_path(unknown));
  return {std::move(*options), 0, std::move(call)};
}

Result<Options> CommandLine::options() const {
  Options o = o_;
  o.command = grammar_.chosen();
  o.save_files = grammar_.saves_files();
  // A profile that --data-dir names keeps its files together. The default profile puts its files into the desktop's
  // download folder.
  o.downloads = o.data_dir.empty() ? client::default_downloads_dir() : o.data_dir + "/downloads";
  if (o.data_dir.empty()) o.data_dir = default_data_dir();
  if (o.data_dir.empty()) {
    return err(Code::kLocalUsage, "there is no home folder for the profile: name a folder with --data-dir");
  }
  for (std::string* name : {&o.group, &o.new_name}) {
    *name = client::PeerName::of_group(*name).group();
  }
  if (o.lines && !o.files.empty()) {
    return err(Code::kLocalUsage, "--lines sends text only: send files with another command");
  }
  if (!o.send_id.empty() && o.lines) {
    return err(Code::kLocalUsage, "--id works for one text and for files: leave out --lines");
  }
  if (o.lines && o.awaited != Awaited::kAccepted) {
    return err(Code::kLocalUsage, "--wait works for single messages: leave out --lines");
  }
  if (o.follow && o.before_ms) {
    return err(Code::kLocalUsage, "--follow prints what comes next: leave out --before");
  }
  if (o.since_ms && o.before_ms && *o.since_ms >= *o.before_ms) {
    return err(Code::kLocalUsage, "--since must name an earlier time than --before does");
  }
  if (o.lines && o.text) {
    return err(Code::kLocalUsage, "--lines reads standard input: leave out TEXT");
  }
  return o;
}

}  // namespace fastchat::cli
