#include "client/cli/options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "client/cli/exit_code.h"
#include "client/cli/output.h"
#include "client/files/download_folder.h"
#include "common/standard_streams.h"
#include "common/version.h"

namespace fastchat::cli {
namespace {

constexpr const char* kFooter =
    "Without a command, fastchat opens the screen.\n"
    "Examples: fastchat --server 'fastchat://...' signup alice\n"
    "          fastchat send bob \"hello\"\n"
    "          fastchat listen --json --count 1 --timeout 30\n"
    "The password comes from a prompt, --password-file, --password-command or FASTCHAT_PASSWORD.\n"
    "Exit codes: 0 ok, 1 usage, 2 unexpected, 3 server or network, 4 untrusted key, 5 rate limit, 6 timeout.";

// Takes a number of messages or seconds: a billion seconds are some 30 years, which in microseconds fit into 64 bits.
CLI::Validator up_to_a_billion() {
  return CLI::Validator(
      [](std::string& value) {
        double number = 0;
        const bool good = CLI::detail::lexical_cast(value, number) && number > 0 && number <= 1e9;
        return std::string(good ? "" : "must be a number above 0 and at most 1000000000");
      },
      "");
}

void add_globals(CLI::App& app, Options& o) {
  app.add_option("--data-dir", o.data_dir, "Folder of the profile (~/.local/share/fastchat)")->type_name("DIR");
  app.add_option("--server", o.server, "Invite line of the server (fastchat://...); needed once")
      ->envname("FASTCHAT_SERVER")
      ->type_name("INVITE");
  app.add_option("--config", o.config, "Settings file of the screen (~/.config/fastchat/config.toml)")
      ->type_name("FILE");
  app.add_flag("--check-config", o.check_config, "Check the settings of the screen and exit");
  app.add_flag("--json", o.json, "Print one JSON object per line");
  app.add_option("--timeout", o.timeout_s, "Give up after S seconds")->check(up_to_a_billion())->type_name("S");
  app.add_option("--password-file", o.password_file, "Read the password from the first line of a file")
      ->type_name("FILE");
  app.add_option("--password-command", o.password_command,
                 "Read the password from the first line that a command prints")
      ->type_name("CMD");
}

class Grammar {
 public:
  Grammar(CLI::App& app, Options& o) : app_(app), o_(o) {
    account();
    talk();
    say_about();
    group();
    read();
  }
  Command chosen() const { return chosen_; }
  bool saves_files() const { return save_files_->count() > 0; }

 private:
  CLI::App* add(const char* name, const char* what, Command command) {
    CLI::App* sub = app_.add_subcommand(name, what);
    sub->fallthrough();
    sub->callback([this, command] { chosen_ = command; });
    return sub;
  }

  CLI::Option* add_peer(CLI::App* sub, const char* name, const char* what) {
    return sub->add_option_function<std::string>(
        name, [this](const std::string& typed) { o_.peer = client::PeerName(typed); }, what);
  }

  void account() {
    for (auto [name, what, command] : {std::tuple{"signup", "Create an account", Command::kSignUp},
                                       std::tuple{"login", "Log in to an account on this device", Command::kLogIn}}) {
      CLI::App* sub = add(name, what, command);
      sub->add_option("NAME", o_.user, "User name")->required();
      sub->add_flag("!--no-remember", o_.remember, "Store no secrets on this device; ask for the password each time");
      if (command == Command::kSignUp) {
        sub->add_option("--token", o_.invite_token, "Invite token, if the server asks for one")->type_name("TOKEN");
      } else {
        sub->add_option("--replace", o_.replaces, "Remove this device if the account has too many devices")
            ->type_name("ID");
      }
    }
    add("logout", "Delete the secrets on this device; sealed messages stay", Command::kLogOut);
    CLI::App* passwd =
        add("passwd", "Change the password; other devices must log in with the new one", Command::kPasswd);
    passwd
        ->add_option("--new-password-file", o_.new_password_file, "Read the new password from the first line of a file")
        ->type_name("FILE");
    passwd
        ->add_option("--new-password-command", o_.new_password_command,
                     "Read the new password from the first line that a command prints")
        ->type_name("CMD");
  }

  void talk() {
    CLI::App* send = add("send", "Send a message and wait until the server accepts it", Command::kSend);
    add_peer(send, "TO", "User name, or group name in quotes: '#team'")->required();
    send->add_option("TEXT", o_.text, "The message; standard input if absent");
    send->add_option("--file", o_.files, "Send a file; may be given several times; TEXT follows the files")
        ->type_name("PATH")
        ->expected(1)
        ->take_all();
    send->add_option("--id", o_.send_id, "Name the message: sending KEY again sends no second message")
        ->type_name("KEY");
    send->add_flag("--me", o_.action, "TEXT says what you do: --me waves is shown as \"* alice waves\"");
    send->add_flag("--lines", o_.lines, "Send each line of standard input as a message");
    send->add_option("--reply-to", o_.message_id,
                     "Answer the message with this id, as `fastchat history --json` prints it")
        ->type_name("ID");
    CLI::App* listen = add("listen", "Print each message once, as it arrives", Command::kListen);
    auto* save = listen->add_option("--save-files", o_.directory,
                                    "Fetch each file that arrives into DIR or the downloads folder");
    save->expected(0, 1)->type_name("DIR");
    save_files_ = save;
    listen->add_option("--count", o_.count, "End after N messages")->check(up_to_a_billion())->type_name("N");
    CLI::App* fetch = add("fetch", "Fetch the file of a message; continues an earlier try", Command::kFetch);
    fetch->add_option("ID", o_.message, "Message id, as `fastchat history --json` prints it")->required();
    fetch->add_option("--to", o_.directory, "Save the file in this folder (the downloads folder)")->type_name("DIR");
    CLI::App* files = add("files", "List the transfers: unfinished uploads and downloads", Command::kFiles);
    files->add_option("--cancel", o_.message, "Cancel the transfer with this id")->type_name("ID");
  }

  void say_about() {
    CLI::App* edit = add("edit", "Change the text of one of your messages", Command::kEdit);
    edit->add_option("ID", o_.message_id, "Message id, as `fastchat history --json` prints it")->required();
    edit->add_option("TEXT", o_.text, "The new text; standard input if absent");
    CLI::App* gone = add("delete", "Delete one of your messages for everybody", Command::kDelete);
    gone->add_option("ID", o_.message_id, "Message id, as `fastchat history --json` prints it")->required();
    CLI::App* react = add("react", "React to a message", Command::kReact);
    react->add_option("ID", o_.message_id, "Message id, as `fastchat history --json` prints it")->required();
    react->add_option("EMOJI", o_.emoji, "At most 32 bytes; '' removes your reaction")->required();
    CLI::App* poll = add("poll", "Ask a question with two to ten options", Command::kPoll);
    add_peer(poll, "TO", "User name, or group name in quotes: '#team'")->required();
    poll->add_option("QUESTION", o_.text, "The question")->required();
    poll->add_option("OPTIONS", o_.choices, "The options")->required();
    CLI::App* vote = add("vote", "Vote in a poll; the last vote counts", Command::kVote);
    vote->add_option("ID", o_.message_id, "Id of the poll, as `fastchat history --json` prints it")->required();
    vote->add_option("NUMBER", o_.choice, "Number of the option, from 1; 0 removes your vote")->required();
  }

  CLI::App* verb(CLI::App* group, const char* name, const char* what, GroupVerb value, bool named = true) {
    CLI::App* sub = group->add_subcommand(name, what);
    sub->fallthrough();
    sub->callback([this, value] { o_.group_verb = value; });
    if (named) sub->add_option("GROUP", o_.group, "Name of the group, with or without '#'")->required();
    return sub;
  }

  void group() {
    CLI::App* group = add("group", "Create, change, leave, delete and list groups", Command::kGroup);
    group->require_subcommand(1);
    CLI::App* create = verb(group, "create", "Create a group; you are the admin", GroupVerb::kCreate);
    create->add_option("USERS", o_.users, "The other members");
    CLI::App* add = verb(group, "add", "Add members", GroupVerb::kAdd);
    add->add_option("USERS", o_.users, "User names")->required();
    CLI::App* remove = verb(group, "remove", "Remove members", GroupVerb::kRemove);
    remove->add_option("USERS", o_.users, "User names")->required();
    CLI::App* rename = verb(group, "rename", "Rename the group", GroupVerb::kRename);
    rename->add_option("NAME", o_.new_name, "The new name")->required();
    CLI::App* hand = verb(group, "handover", "Make another member the admin", GroupVerb::kHandOver);
    hand->add_option("USER", o_.new_admin, "The new admin, a member of the group")->required();
    verb(group, "leave", "Leave the group", GroupVerb::kLeave);
    verb(group, "delete", "Delete the group for everybody", GroupVerb::kDelete);
    verb(group, "list", "List your groups", GroupVerb::kList, false);
    verb(group, "info", "Print the members of the group", GroupVerb::kInfo);
  }

  void read() {
    CLI::App* history = add("history", "Print a conversation", Command::kHistory);
    add_peer(history, "PEER", "User name, or group name in quotes: '#team'")->required();
    history->add_option("--limit", o_.limit, "Print at most N of the newest messages (50)")->type_name("N");
    CLI::App* search = add("search", "Print the messages that contain all of the words", Command::kSearch);
    search->add_option("WORDS", o_.words, "Words to search for")->required();
    search->add_option("--limit", o_.limit, "Print at most N of the newest messages (50)")->type_name("N");
    CLI::App* verify = add("verify", "Print the safety number of you and another user", Command::kVerify);
    verify->add_option("PEER", o_.user, "User name")->required();
    auto* accept = verify->add_flag("--accept", o_.accept, "Accept the changed key");
    auto* keep = verify->add_flag("--keep", o_.keep, "Refuse the changed key and keep the known key");
    keep->excludes(accept);
    verify->add_flag("--mark", o_.mark, "Mark the key as verified, after you compared the safety number")
        ->excludes(accept)
        ->excludes(keep);
    CLI::App* devices = add("devices", "List your devices", Command::kDevices);
    CLI::App* remove =
        devices->add_subcommand("remove", "Remove a device for ever; it keeps the messages that it has read");
    remove->fallthrough();
    remove->add_option("ID", o_.remove_device, "Device id, as `fastchat devices` lists it")->required();
    CLI::App* status = add("status", "Print the state of this profile", Command::kStatus);
    status->add_flag("--ping", o_.ping, "Connect and print the worker and its response time");
    add("quarantine", "Print the quarantined messages and the reasons", Command::kQuarantine);
    // Hidden: the former name, for scripts.
    add("why", "Print the quarantined messages and the reasons", Command::kQuarantine)->group("");
  }

  CLI::App& app_;
  Options& o_;
  CLI::Option* save_files_ = nullptr;
  Command chosen_ = Command::kNone;
};

int print_help(const CLI::App& app, const CLI::ParseError& e) {
  std::ostringstream text, errors;
  app.exit(e, text, errors);
  const Result<> written = write_output(text.str());
  if (written.ok()) return kExitOk;
  print_error(written.error().text);
  return kExitUnexpected;
}

}  // namespace

std::string default_data_dir() {
  const char* xdg = std::getenv("XDG_DATA_HOME");
  if (xdg != nullptr && xdg[0] == '/') return std::string(xdg) + "/fastchat";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr || home[0] == '\0' ? "." : home) + "/.local/share/fastchat";
}

Parsed parse(int argc, char** argv) {
  Options o;
  CLI::App app("FastChat: end-to-end encrypted chat in a terminal", "fastchat");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("fastchat ") + version_text());
  app.require_subcommand(0, 1);
  add_globals(app, o);
  const Grammar grammar(app, o);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return {std::nullopt, print_help(app, e)};
    std::fprintf(stderr, "fastchat: %s (see fastchat --help)\n", e.what());
    return {std::nullopt, kExitUsage};
  } catch (const std::logic_error&) {
    // CLI11 lets these of std::stoll through: for --flag=? and for --flag= with a number of thirty digits.
    std::fputs("fastchat: a flag has a value that is neither true nor false (see fastchat --help)\n", stderr);
    return {std::nullopt, kExitUsage};
  }
  o.command = grammar.chosen();
  o.save_files = grammar.saves_files();
  // A profile of its own keeps its files together; the usual one puts them where the desktop does.
  o.downloads = o.data_dir.empty() ? client::default_downloads_dir() : o.data_dir + "/downloads";
  if (o.data_dir.empty()) o.data_dir = default_data_dir();
  for (std::string* name : {&o.group, &o.new_name}) {
    *name = client::PeerName::of_group(*name).group();
  }
  if (o.lines && !o.files.empty()) {
    std::fputs("fastchat: --lines sends text only: send files with another command\n", stderr);
    return {std::nullopt, kExitUsage};
  }
  if (!o.send_id.empty() && (o.lines || !o.files.empty())) {
    std::fputs("fastchat: --id works for one text message: leave out --lines and --file\n", stderr);
    return {std::nullopt, kExitUsage};
  }
  if (o.lines && o.text) {
    std::fputs("fastchat: --lines reads standard input: leave out TEXT\n", stderr);
    return {std::nullopt, kExitUsage};
  }
  return {std::move(o), 0};
}

}  // namespace fastchat::cli
