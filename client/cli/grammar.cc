#include "client/cli/grammar.h"

#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/e2e/limits.h"
#include "client/runtime/moment.h"
#include "common/clock.h"

namespace fastchat::cli {
namespace {

constexpr const char* kFooter =
    "Without a command, fastchat opens the screen.\n"
    "The password comes from a prompt, --password-file, --password-command or FASTCHAT_PASSWORD.\n"
    "Exit codes: 0 ok, 1 usage, 2 unexpected, 3 server or network, 4 untrusted key, 5 rate limit, 6 timeout, 7 profile "
    "in use.\n"
    "Examples:\n"
    "  fastchat --server 'fastchat://chat.example.org:7999/?key=...&realm=...' signup alice\n"
    "  fastchat send bob 'Lunch at noon?'\n"
    "  fastchat listen --json --count 1 --timeout 60";

// A billion seconds are some 30 years, which in microseconds fit into 64 bits.
constexpr uint64_t kBillion = 1'000'000'000;

// Returns true when all of `text` is a number in the form of the C locale, whatever locale the process has.
template <class T>
bool read_number(const std::string& text, T& out) {
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, out);
  return failed == std::errc() && stop == end && !text.empty();
}

template <class T>
CLI::Option* whole_number(CLI::App* app, const char* name, T& target, uint64_t least, uint64_t most, const char* what) {
  const auto set = [&target, name, least, most](const std::string& text) {
    uint64_t value = 0;
    if (!read_number(text, value) || value < least || value > most) {
      throw CLI::ValidationError(
          name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    target = static_cast<T>(value);
  };
  return app->add_option_function<std::string>(name, set, what)->type_name("N");
}

void seconds(CLI::App& app, const char* name, std::optional<double>& target, const char* what) {
  const auto set = [&target, name](const std::string& text) {
    double value = 0;
    // NaN fails both comparisons.
    if (!read_number(text, value) || !(value > 0 && value <= static_cast<double>(kBillion))) {
      throw CLI::ValidationError(name, "must be a number of seconds above 0 and at most " + std::to_string(kBillion));
    }
    target = value;
  };
  app.add_option_function<std::string>(name, set, what)->type_name("S");
}

CLI::Option* add_peer(CLI::App* app, const char* name, client::PeerName& target) {
  const auto set = [&target](const std::string& typed) { target = client::PeerName(typed); };
  return app->add_option_function<std::string>(name, set, "User name, or group name in quotes: '#team'")->required();
}

// Adds an option that takes one of a few words, each of which stands for a value.
template <class T>
void one_of(CLI::App* app, const char* name, T& target, std::vector<std::pair<std::string, T>> words,
            const char* what) {
  std::string all, shown;
  for (size_t i = 0; i < words.size(); ++i) {
    all += (i == 0 ? "" : ",") + words[i].first;
    shown += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i].first;
  }
  const auto set = [&target, name, shown, words = std::move(words)](const std::string& text) {
    for (const auto& [word, value] : words) {
      if (word != text) continue;
      target = value;
      return;
    }
    throw CLI::ValidationError(name, "must be " + shown);
  };
  app->add_option_function<std::string>(name, set, what)->type_name(all);
}

void add_moment(CLI::App* app, const char* name, std::optional<int64_t>& target, const char* what) {
  const auto set = [&target, name](const std::string& text) {
    target = client::read_moment(text, Clock::wall_ms());
    if (!target) throw CLI::ValidationError(name, "must be a day or a time, as in 2026-01-31, 2026-01-31T06:30 or 2h");
  };
  app->add_option_function<std::string>(name, set, what)->type_name("TIME");
}

CLI::Option* add_id(CLI::App* app, std::string& target) {
  return app->add_option("ID", target, "Message id, as `fastchat history --json` prints it")->required();
}

void set_examples(CLI::App* app, const char* examples) {
  app->footer(std::string("Examples:\n") + examples);
}

}  // namespace

Grammar::Grammar(CLI::App& app, Options& options) : app_(app), o_(options) {
  app_.footer(kFooter);
  app_.require_subcommand(0, 1);
  globals();
  account();
  talk();
  chat();
  files();
  say_about();
  group();
  read();
  requests();
  card();
  trust();
}

CLI::App* Grammar::add(const char* name, const char* what, const char* examples, Command command) {
  CLI::App* sub = app_.add_subcommand(name, what);
  set_examples(sub, examples);
  sub->fallthrough();
  sub->callback([this, command] { chosen_ = command; });
  return sub;
}

void Grammar::globals() {
  app_.add_option("--data-dir", o_.data_dir, "Folder of the profile (~/.local/share/fastchat)")->type_name("DIR");
  app_.add_option("--server", o_.server, "Invite line of the server (fastchat://...); needed once")
      ->envname("FASTCHAT_SERVER")
      ->type_name("INVITE");
  app_.add_option("--config", o_.config, "Settings file of the screen (~/.config/fastchat/config.toml)")
      ->type_name("FILE");
  app_.add_flag("--check-config", o_.check_config, "Check the settings of the screen and exit");
  app_.add_flag("--json", o_.json, "Print one JSON object per line, errors too");
  seconds(app_, "--timeout", o_.timeout_s, "Give up after S seconds");
  app_.add_option("--password-file", o_.password_file, "Read the password from the first line of a file")
      ->type_name("FILE");
  app_.add_option("--password-command", o_.password_command,
                  "Read the password from the first line that a command prints")
      ->type_name("CMD");
}

void Grammar::account() {
  CLI::App* sign_up = add("signup", "Create an account",
                          "  fastchat --server 'fastchat://...' signup alice\n"
                          "  fastchat signup alice --token TOKEN --password-file password.txt",
                          Command::kSignUp);
  CLI::App* log_in = add("login", "Log in to an account on this device",
                         "  fastchat --server 'fastchat://...' login alice\n"
                         "  fastchat login alice --replace 0123456789abcdef0123456789abcdef",
                         Command::kLogIn);
  for (CLI::App* sub : {sign_up, log_in}) {
    sub->add_option("NAME", o_.user, "User name")->required();
    sub->add_flag("!--no-remember", o_.remember, "Store no secrets on this device; ask for the password each time");
  }
  sign_up->add_option("--token", o_.invite_token, "Invite token, if the server asks for one")->type_name("TOKEN");
  log_in->add_option("--replace", o_.replaces, "Remove this device if the account has too many devices")
      ->type_name("ID");
  add("daemon", "Stay connected, and serve this profile to other commands and programs", "  fastchat daemon &",
      Command::kDaemon);
  add("rpc", "Answer requests of JSON-RPC from standard input on standard output", "  fastchat rpc < requests.jsonl",
      Command::kRpc);
  add("logout", "Delete the secrets on this device; sealed messages stay", "  fastchat logout", Command::kLogOut);
  CLI::App* passwd = add("passwd", "Change the password; other devices must log in with the new one",
                         "  fastchat passwd\n"
                         "  fastchat passwd --password-file old.txt --new-password-file new.txt",
                         Command::kPasswd);
  CLI::App* own = add("account", "Delete your account", "  fastchat account delete", Command::kAccount);
  own->require_subcommand(1);
  CLI::App* end = own->add_subcommand("delete", "Delete your account for ever; nobody gets its name again");
  set_examples(end,
               "  fastchat account delete\n"
               "  fastchat account delete --yes --password-file password.txt");
  end->fallthrough();
  end->add_flag("--yes", o_.yes, "Do not ask for the name of the account first");
  add_new_password(passwd);
  add("rekey", "Make a new key for the account; contacts accept it, other devices must log in again",
      "  fastchat rekey\n"
      "  fastchat rekey --password-file password.txt",
      Command::kRekey);
}

void Grammar::add_new_password(CLI::App* app) {
  app->add_option("--new-password-file", o_.new_password_file, "Read the new password from the first line of a file")
      ->type_name("FILE");
  app->add_option("--new-password-command", o_.new_password_command,
                  "Read the new password from the first line that a command prints")
      ->type_name("CMD");
}

void Grammar::talk() {
  CLI::App* send = add("send", "Send a message and wait until the server accepts it",
                       "  fastchat send bob 'Lunch at noon?'\n"
                       "  fastchat send '#team' --file plan.pdf 'The plan'\n"
                       "  make 2>&1 | tail -1 | fastchat send bob --id build-1234\n"
                       "  fastchat send bob 'Did you see this?' --wait read --timeout 3600",
                       Command::kSend);
  add_peer(send, "TO", o_.peer);
  send->add_option("TEXT", o_.text, "The message; standard input if absent");
  send->add_option("--file", o_.files, "Send a file; may be given several times; TEXT follows the files")
      ->type_name("PATH")
      ->take_all()
      ->allow_extra_args(false);  // each --file has one value, so TEXT and TO may follow
  send->add_option("--id", o_.send_id, "Name the message, or the files: sending KEY again sends nothing twice")
      ->type_name("KEY");
  send->add_flag("--me", o_.action, "TEXT says what you do: --me waves is shown as \"* alice waves\"");
  send->add_flag("--lines", o_.lines, "Send each line of standard input as a message");
  send->add_option("--reply-to", o_.message_id,
                   "Answer the message with this id, as `fastchat history --json` prints it")
      ->type_name("ID");
  one_of<Awaited>(send, "--wait", o_.awaited, {{"delivered", Awaited::kDelivered}, {"read", Awaited::kRead}},
                  "End when the message is delivered to, or read by, everybody that it is for");
  CLI::App* listen = add("listen", "Print each message once, as it arrives",
                         "  fastchat listen\n"
                         "  fastchat listen --json --count 1 --timeout 60\n"
                         "  fastchat listen --save-files ~/inbox",
                         Command::kListen);
  save_files_ =
      listen->add_option("--save-files", o_.directory, "Fetch each file that arrives into DIR or the downloads folder");
  save_files_->expected(0, 1)->type_name("DIR");
  whole_number(listen, "--count", o_.count, 1, kBillion, "End after N messages");
}

void Grammar::chat() {
  CLI::App* chat = add("chat", "Print a conversation and what happens in it, and send each line of standard input",
                       "  fastchat chat --plain bob\n"
                       "  fastchat chat --plain '#team' --limit 5",
                       Command::kChat);
  add_peer(chat, "PEER", o_.peer);
  chat->add_flag("--plain", o_.plain, "In lines, without escape sequences: for screen readers and pipes")->required();
  whole_number(chat, "--limit", o_.limit, 1, kBillion, "Print at most N of the newest messages first (50)");
}

void Grammar::files() {
  CLI::App* fetch = add("fetch", "Fetch the file of a message; continues an earlier try",
                        "  fastchat fetch 0123456789abcdef0123456789abcdef\n"
                        "  fastchat fetch 0123456789abcdef0123456789abcdef --to ~/inbox",
                        Command::kFetch);
  fetch->add_option("ID", o_.message, "Message id, as `fastchat history --json` prints it")->required();
  fetch->add_option("--to", o_.directory, "Save the file in this folder (the downloads folder)")->type_name("DIR");
  CLI::App* files = add("files", "List the transfers: unfinished uploads and downloads",
                        "  fastchat files --json\n"
                        "  fastchat files --cancel upload-3",
                        Command::kFiles);
  files->add_option("--cancel", o_.message, "Cancel the transfer with this id")->type_name("ID");
}

void Grammar::say_about() {
  CLI::App* edit = add("edit", "Change the text of one of your messages",
                       "  fastchat edit 0123456789abcdef0123456789abcdef 'Lunch at one?'", Command::kEdit);
  add_id(edit, o_.message_id);
  edit->add_option("TEXT", o_.text, "The new text; standard input if absent");
  CLI::App* gone = add("delete", "Delete one of your messages for everybody",
                       "  fastchat delete 0123456789abcdef0123456789abcdef", Command::kDelete);
  add_id(gone, o_.message_id);
  CLI::App* react = add("react", "React to a message",
                        "  fastchat react 0123456789abcdef0123456789abcdef \U0001F44D\n"
                        "  fastchat react 0123456789abcdef0123456789abcdef ''",
                        Command::kReact);
  add_id(react, o_.message_id);
  static const std::string kEmojiHelp =
      "At most " + std::to_string(e2e::kMaxEmoji) + " bytes, at least one of them visible; '' removes your reaction";
  react->add_option("EMOJI", o_.emoji, kEmojiHelp)->required();
  CLI::App* poll = add("poll", "Ask a question with two to ten options",
                       "  fastchat poll '#team' 'Where to?' 'The park' 'The lake'", Command::kPoll);
  add_peer(poll, "TO", o_.peer);
  poll->add_option("QUESTION", o_.text, "The question")->required();
  poll->add_option("OPTIONS", o_.choices, "The options")->required();
  CLI::App* vote = add("vote", "Vote in a poll; the last vote counts",
                       "  fastchat vote 0123456789abcdef0123456789abcdef 2\n"
                       "  fastchat vote 0123456789abcdef0123456789abcdef 0",
                       Command::kVote);
  vote->add_option("ID", o_.message_id, "Id of the poll, as `fastchat history --json` prints it")->required();
  whole_number(vote, "NUMBER", o_.choice, 0, e2e::kMaxPollOptions, "Number of the option, from 1; 0 removes your vote")
      ->required();
}

CLI::App* Grammar::verb(CLI::App* group, const char* name, const char* what, const char* examples, GroupVerb value,
                        bool named) {
  CLI::App* sub = group->add_subcommand(name, what);
  set_examples(sub, examples);
  sub->fallthrough();
  sub->callback([this, value] { o_.group_verb = value; });
  if (named) sub->add_option("GROUP", o_.group, "Name of the group, with or without '#'")->required();
  return sub;
}

void Grammar::group() {
  CLI::App* group = add("group", "Create, change, leave, delete and list groups",
                        "  fastchat group create team bob carol\n"
                        "  fastchat group list --json",
                        Command::kGroup);
  group->require_subcommand(1);
  CLI::App* create = verb(group, "create", "Create a group; you are the admin",
                          "  fastchat group create team bob carol", GroupVerb::kCreate);
  create->add_option("USERS", o_.users, "The other members");
  CLI::App* add = verb(group, "add", "Add members", "  fastchat group add team dave erin", GroupVerb::kAdd);
  add->add_option("USERS", o_.users, "User names")->required();
  CLI::App* remove = verb(group, "remove", "Remove members", "  fastchat group remove team dave", GroupVerb::kRemove);
  remove->add_option("USERS", o_.users, "User names")->required();
  CLI::App* rename = verb(group, "rename", "Rename the group", "  fastchat group rename team crew", GroupVerb::kRename);
  rename->add_option("NAME", o_.new_name, "The new name")->required();
  CLI::App* hand = verb(group, "handover", "Make another member the admin", "  fastchat group handover team bob",
                        GroupVerb::kHandOver);
  hand->add_option("USER", o_.new_admin, "The new admin, a member of the group")->required();
  verb(group, "leave", "Leave the group", "  fastchat group leave team", GroupVerb::kLeave);
  verb(group, "delete", "Delete the group for everybody", "  fastchat group delete team", GroupVerb::kDelete);
  verb(group, "list", "List your groups", "  fastchat group list --json", GroupVerb::kList, false);
  verb(group, "info", "Print the members of the group", "  fastchat group info team", GroupVerb::kInfo);
}

void Grammar::read() {
  CLI::App* history = add("history", "Print a conversation",
                          "  fastchat history bob --limit 10\n"
                          "  fastchat history bob --since 2026-11-30 --before 2026-12-01T12:00\n"
                          "  fastchat history '#team' --since 2h --follow --json",
                          Command::kHistory);
  add_peer(history, "PEER", o_.peer);
  add_moment(history, "--since", o_.since_ms, "Print messages that were sent at this time or later");
  add_moment(history, "--before", o_.before_ms, "Print messages that were sent before this time");
  history->add_flag("--follow", o_.follow, "Go on with new messages and with changes as they come");
  CLI::App* search = add("search", "Print the messages that contain all of the words",
                         "  fastchat search lunch noon --limit 5", Command::kSearch);
  search->add_option("WORDS", o_.words, "Words, phrases, from:NAME, in:NAME, after:DAY, before:DAY, has:file, has:link")
      ->required();
  for (CLI::App* sub : {history, search}) {
    whole_number(sub, "--limit", o_.limit, 1, kBillion, "Print at most N of the newest messages (50)");
  }
  save();
  add("conversations", "List the conversations, the newest first", "  fastchat conversations --json",
      Command::kConversations);
  add("contacts", "List the people whose keys this device knows, and whom you accepted or blocked",
      "  fastchat contacts --json", Command::kContacts);
  CLI::App* status = add("status", "Print the state of this profile",
                         "  fastchat status\n"
                         "  fastchat status --ping --json",
                         Command::kStatus);
  status->add_flag("--ping", o_.ping, "Connect and print the worker and its response time");
  for (const char* name : {"quarantine", "why"}) {
    CLI::App* sub = add(name, "Print the quarantined messages and the reasons", "  fastchat quarantine --json",
                        Command::kQuarantine);
    if (name == std::string_view("why")) sub->group("");  // hidden: the former name, for scripts
  }
}

void Grammar::save() {
  CLI::App* save = add("export", "Write conversations into files, as JSON lines and as text",
                       "  fastchat export --to ~/archive\n"
                       "  fastchat export bob '#team' --to ~/archive --format text --files",
                       Command::kExport);
  save->add_option("PEERS", o_.peers, "User names and group names; all conversations if absent");
  save->add_option("--to", o_.directory, "Folder for the files; a second export adds what is missing")
      ->required()
      ->type_name("DIR");
  one_of<ExportFormat>(save, "--format", o_.format,
                       {{"jsonl", ExportFormat::kJsonl}, {"text", ExportFormat::kText}, {"both", ExportFormat::kBoth}},
                       "Form of the conversations (both)");
  save->add_flag("--files", o_.with_files, "Add the files of the messages; fetches those that are not here");
}

void Grammar::requests() {
  add("requests", "List the strangers who wrote to you, and the groups of strangers, that you did not answer",
      "  fastchat requests --json", Command::kRequests);
  add_peer(add("accept", "Accept a person or a group: messages, files and receipts pass from then on",
               "  fastchat accept bob\n"
               "  fastchat accept '#team'",
               Command::kAccept),
           "NAME", o_.peer);
  add_peer(add("decline", "Delete a request with its messages, or leave a group that a stranger added you to",
               "  fastchat decline mallory\n"
               "  fastchat decline '#team'",
               Command::kDecline),
           "NAME", o_.peer);
  CLI::App* block =
      add("block", "Take nothing from a person any more, who is not told", "  fastchat block mallory", Command::kBlock);
  CLI::App* unblock = add("unblock", "End that", "  fastchat unblock mallory", Command::kUnblock);
  for (CLI::App* sub : {block, unblock}) sub->add_option("NAME", o_.user, "User name")->required();
  CLI::App* strangers = add("strangers", "Print or set what becomes of messages of strangers",
                            "  fastchat strangers\n"
                            "  fastchat strangers refuse",
                            Command::kStrangers);
  one_of<StrangersWord>(
      strangers, "POLICY", o_.strangers,
      {{"ask", StrangersWord::kAsk}, {"take", StrangersWord::kTake}, {"refuse", StrangersWord::kRefuse}},
      "Ask you first, take them as those of contacts, or refuse them");
}

void Grammar::card() {
  add("card", "Make a contact card for one person, or use the card that somebody gave you",
      "  fastchat card\n"
      "  fastchat card fastchat-card:bob:...",
      Command::kCard)
      ->add_option("LINE", o_.card, "The line of the card to use; makes a card if absent")
      ->check([](const std::string& line) { return std::string(line.empty() ? "the line of the card is empty" : ""); });
}

void Grammar::trust() {
  CLI::App* verify = add("verify", "Print the safety number of you and another user",
                         "  fastchat verify bob\n"
                         "  fastchat verify bob --mark",
                         Command::kVerify);
  verify->add_option("PEER", o_.user, "User name")->required();
  auto* accept = verify->add_flag("--accept", o_.accept, "Accept the changed key");
  auto* keep = verify->add_flag("--keep", o_.keep, "Refuse the changed key and keep the known key");
  keep->excludes(accept);
  verify->add_flag("--mark", o_.mark, "Mark the key as verified, after you compared the safety number")
      ->excludes(accept)
      ->excludes(keep);
  add("audit", "Check the server's list of all keys, and print the alarms about keys",
      "  fastchat audit\n"
      "  fastchat audit --json",
      Command::kAudit);
  CLI::App* devices = add("devices", "List your devices",
                          "  fastchat devices --json\n"
                          "  fastchat devices rename 0123456789abcdef0123456789abcdef kitchen\n"
                          "  fastchat devices remove 0123456789abcdef0123456789abcdef",
                          Command::kDevices);
  const auto verb = [&](const char* name, const char* what, const char* examples, DeviceVerb value) {
    CLI::App* sub = devices->add_subcommand(name, what);
    set_examples(sub, examples);
    sub->fallthrough();
    sub->callback([this, value] { o_.device_verb = value; });
    sub->add_option("ID", o_.device, "Device id, as `fastchat devices` lists it")->required();
    return sub;
  };
  CLI::App* remove = verb("remove", "Remove a device for ever; it keeps the messages that it has read",
                          "  fastchat devices remove 0123456789abcdef0123456789abcdef\n"
                          "  fastchat devices remove 0123456789abcdef0123456789abcdef --lost",
                          DeviceVerb::kRemove);
  remove->add_flag("--lost", o_.lost, "Somebody else has the device: change the password and the key, too");
  add_new_password(remove);
  verb("rename", "Give a device a name, which stays when the device logs in",
       "  fastchat devices rename 0123456789abcdef0123456789abcdef kitchen", DeviceVerb::kRename)
      ->add_option("NAME", o_.new_name, "The new name")
      ->required();
}

}  // namespace fastchat::cli
