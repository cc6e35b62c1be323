// fastchat-broker: wiring only. Serves without a subcommand; the subcommands are an operator's tools.
#include <google/protobuf/stubs/logging.h>

#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "broker/owner.h"
#include "broker/store/pg_store.h"
#include "common/config.h"
#include "common/curve.h"
#include "common/endpoint.h"
#include "common/http.h"
#include "common/log.h"
#include "common/nearest.h"
#include "common/pg/migrate.h"
#include "common/process.h"
#include "common/random.h"
#include "common/standard_streams.h"

namespace fastchat::broker {
namespace {

constexpr int kUsage = 1, kFailed = 2;
constexpr const char* kLogKeyHelp =
    "File with the secret key of the log of keys, instead of log.key in --keys; as log-key in broker.toml";
constexpr const char* kDatabaseHelp = "PostgreSQL, as libpq takes it: host=... dbname=... user=...";

int fail(const std::string& text, int code = kFailed) {
  std::fprintf(stderr, "fastchat-broker: %s\n", text.c_str());
  return code;
}

// Parses the arguments of a subcommand. Returns -1 to go on, else the exit code.
int parse(Config& config, int argc, char** argv) {
  const auto parsed = config.parse(argc, argv);
  if (!parsed) return fail(parsed.error().text, parsed.code() == Code::kLocalUsage ? kUsage : kFailed);
  return *parsed == Config::Outcome::kDone ? 0 : -1;
}

std::optional<std::string> required(const std::string& value, const char* flag) {
  if (value.empty()) return std::string(flag) + " is missing";
  return std::nullopt;
}

// Also reports a connection string that libpq cannot parse.
std::optional<std::string> required_database(const std::string& value) {
  if (auto missing = required(value, "--database")) return missing;
  if (auto wrong = pg::conninfo_error(value)) return "--database: " + *wrong;
  return std::nullopt;
}

int print(const std::string& line) {
  const auto written = write_output(line + "\n");
  return written ? 0 : fail(written.error().text);
}

int make_keys(int argc, char** argv);
int print_invite(int argc, char** argv);
int migrate(int argc, char** argv);
int make_token(int argc, char** argv);

constexpr struct {
  const char* name;
  int (*run)(int argc, char** argv);
} kTools[] = {{"keys", make_keys}, {"invite", print_invite}, {"migrate", migrate}, {"token", make_token}};

std::vector<std::string> tool_names() {
  std::vector<std::string> out;
  for (const auto& tool : kTools) out.emplace_back(tool.name);
  return out;
}

struct Settings {
  OwnerOptions owner;
  std::string assignment = "round-robin", registration = "open", strangers = "ask", level = "info", high_limits;
};

Result<Config::Outcome> read_settings(Settings& settings, int argc, char** argv) {
  OwnerOptions& o = settings.owner;
  o.clients = "tcp://0.0.0.0:7999";
  o.control = "tcp://127.0.0.1:7998";
  Config config("fastchat-broker",
                "Signs users up, logs them in and assigns them to workers.\n"
                "Other commands: fastchat-broker keys|invite|migrate|token --help");
  config.add(&o.keys, "keys",
             "Directory with broker.key, cluster.key, realm and log.key (`fastchat-broker keys` creates it)");
  config.add(
      &o.log_key, "log-key",
      "File with the secret key of the log of keys, instead of log.key in --keys; without either, no log is kept");
  config.add(&o.clients, "clients", "Endpoint for clients, tcp://ADDRESS:PORT");
  config.add(&o.control, "control", "Endpoint for workers, tcp://ADDRESS:PORT");
  config.add(&o.database, "database", kDatabaseHelp);
  config.add(&o.metrics, "metrics", "Loopback ADDRESS:PORT of /metrics and /healthz");
  config.add(&settings.assignment, "assignment", "Which worker gets the next client",
             {"round-robin", "least-sessions"});
  config.add(&settings.registration, "registration", "Who may sign up", {"open", "invite", "closed"});
  config.add(&settings.strangers, "strangers", "What new users take from people whom they have not accepted",
             {"ask", "take", "refuse"});
  config.add(&o.max_connections, "max-connections", "Maximum client connections", 1, 1'000'000);
  config.add(&o.max_per_address, "max-per-address", "Maximum client connections of one address", 1, 1'000'000);
  config.add(&o.max_devices, "devices-per-user", "Maximum devices of a user", 1, 200);
  config.add(&o.new_devices_an_hour, "new-devices-per-hour", "Maximum new devices of a user in an hour", 1, 1'000);
  config.add(&o.sign_ups_an_hour, "sign-ups-per-hour", "Maximum sign-ups from an address in an hour", 1, 1'000'000);
  config.add(&settings.high_limits, "high-limit-addresses",
             "Addresses and prefixes that many people share (NAT, a proxy), separated by commas; their limits of "
             "failures and sign-ups are 50 times higher");
  config.add(&settings.level, "log-level", "Lowest level to log", {"debug", "info", "warn", "error"});
  config.examples(
      "  fastchat-broker --config /etc/fastchat/broker.toml\n"
      "  fastchat-broker --config /etc/fastchat/broker.toml --check-config\n"
      "  fastchat-broker keys --keys /etc/fastchat/keys");
  config.commands(tool_names());
  config.check([&] { return required(o.keys, "--keys"); });
  config.check([&] { return required_database(o.database); });
  config.check([&] { return wrong_endpoint("--clients", o.clients, EndpointUse::kListen); });
  config.check([&] { return wrong_endpoint("--control", o.control, EndpointUse::kListen); });
  config.check([&] { return wrong_metrics(o.metrics); });
  config.check_world([&]() -> std::optional<std::string> {
    const auto broker = load_curve_pair(o.keys + "/broker.key"), cluster = load_curve_pair(o.keys + "/cluster.key");
    if (!broker) return broker.error().text;
    if (!cluster) return cluster.error().text;
    const auto realm = load_realm(o.keys + "/realm");
    if (!realm) return realm.error().text;
    const auto log_key = load_log_key(o.keys, o.log_key);
    return log_key ? std::nullopt : std::optional<std::string>(log_key.error().text);
  });
  config.check([&]() -> std::optional<std::string> {
    auto set = AddressSet::parse(settings.high_limits);
    if (!set) return "--high-limit-addresses: " + set.error().text;
    o.many_behind = std::move(*set);
    return std::nullopt;
  });
  auto parsed = config.parse(argc, argv);
  o.policy = settings.assignment == "round-robin" ? Policy::kRoundRobin : Policy::kLeastSessions;
  o.registration = settings.registration == "open"     ? v1::OPEN
                   : settings.registration == "invite" ? v1::INVITE
                                                       : v1::CLOSED;
  o.strangers = settings.strangers == "ask" ? v1::ASK : settings.strangers == "take" ? v1::TAKE : v1::REFUSE;
  return parsed;
}

int serve(int argc, char** argv) {
  Settings settings;
  const auto parsed = read_settings(settings, argc, argv);
  if (!parsed) return fail(parsed.error().text, parsed.code() == Code::kLocalUsage ? kUsage : kFailed);
  if (*parsed == Config::Outcome::kDone) return 0;
  OwnerOptions& o = settings.owner;
  o.reload = [argc, argv] {
    Settings fresh;
    const auto read = read_settings(fresh, argc, argv);
    log::reload(read ? Result<std::string>(fresh.level) : Result<std::string>(read.error()));
  };
  log::init(*log::parse_level(settings.level), "broker");
  disable_core_dumps();
  ignore_sigpipe();
  ignore_hangups();
  // Silences protobuf, which would log a line for every string of a peer that is not UTF-8.
  google::protobuf::SetLogHandler(nullptr);
  (void)raise_open_files(1'048'576);  // or the hard limit
  Owner owner(std::move(o));
  if (auto started = owner.start(); !started) return fail(started.error().text);
  owner.run();
  return 0;
}

int make_keys(int argc, char** argv) {
  std::string keys, log_key;
  Config config("fastchat-broker keys",
                "Creates broker.key, cluster.key, realm and log.key if they are missing, and says which it made.");
  config.add(&keys, "keys",
             "Directory, created if missing; brokers need all four files, workers cluster.key and realm");
  config.add(&log_key, "log-key", kLogKeyHelp);
  config.examples("  fastchat-broker keys --keys /etc/fastchat/keys");
  config.check([&] { return required(keys, "--keys"); });
  if (const int code = parse(config, argc, argv); code >= 0) return code;
  const auto make = [](const std::string& path, const auto& load_or_create) {
    const bool there = ::access(path.c_str(), F_OK) == 0;
    const auto made = load_or_create(path);
    if (!made) return fail(made.error().text);
    if (!there) (void)write_output("made " + path + "\n");  // the file counts, also when nobody reads the line
    return 0;
  };
  int code = make(keys + "/broker.key", load_or_create_curve_pair);
  if (code == 0) code = make(keys + "/cluster.key", load_or_create_curve_pair);
  if (code == 0) code = make(keys + "/realm", load_or_create_realm);
  if (code == 0) code = make(log_key_path(keys, log_key), load_or_create_log_key);
  return code;
}

// Checks HOST:PORT (an IPv6 address in brackets) with the clients' parser of invite lines.
int print_invite(int argc, char** argv) {
  std::string keys, address, log_key;
  bool without_log = false;
  Config config("fastchat-broker invite", "Prints the invite line that clients need to find and trust this broker.");
  config.add(&keys, "keys", "Directory with broker.key, realm and log.key");
  config.add(&address, "address", "HOST:PORT under which clients reach the broker");
  config.add(&log_key, "log-key", kLogKeyHelp);
  config.add(&without_log, "without-log",
             "Leave the key of the log of keys out, for clients of before protocol version 5");
  config.examples("  fastchat-broker invite --keys /etc/fastchat/keys --address chat.example.org:7999");
  config.check([&] { return required(keys, "--keys"); });
  config.check([&] { return required(address, "--address"); });
  if (const int code = parse(config, argc, argv); code >= 0) return code;
  const auto pair = load_curve_pair(keys + "/broker.key");
  if (!pair) return fail(pair.error().text);
  const auto realm = load_realm(keys + "/realm");
  if (!realm) return fail(realm.error().text);
  const auto log = load_log_key(keys, log_key);
  if (!log) return fail(log.error().text);
  auto line = parse_invite_line("fastchat://" + address + "/?key=" + to_base64url(pair->public_key) +
                                "&realm=" + to_base64url(*realm));
  if (!line) return fail("--address: " + line.error().text, kUsage);
  if (*log && !without_log) line->log_key = (*log)->public_key;
  return print(format_invite_line(*line));
}

// Also waits for another program's migration, which may take long.
int migrate(int argc, char** argv) {
  std::string database;
  Config config(
      "fastchat-broker migrate",
      "Migrates the database to this program's schema and exits. Brokers and workers also migrate when they start.");
  config.add(&database, "database", kDatabaseHelp);
  config.examples("  fastchat-broker migrate --database 'host=db.example.org dbname=fastchat user=fastchat'");
  config.check([&] { return required_database(database); });
  if (const int code = parse(config, argc, argv); code >= 0) return code;
  log::init(log::Level::kOff, "broker");
  pg::Database db({database, "fastchat-broker migrate"});
  if (auto opened = db.open(); !opened) return fail("the database is not reachable: " + opened.failure().text);
  const auto done = pg::migrate(db);
  if (!done) return fail("the database's schema: " + done.failure().text);
  return print("the schema is at " + sql::migrations().back().name);
}

int make_token(int argc, char** argv) {
  std::string database;
  int64_t uses = 1, days = 0;
  Config config("fastchat-broker token", "Prints a new token for --registration invite; only its hash is stored.");
  config.add(&database, "database", kDatabaseHelp);
  config.add(&uses, "uses", "Number of accounts that the token may create", 1, 1'000'000);
  config.add(&days, "days", "Days until the token expires; 0: never", 0, 36'500);
  config.examples("  fastchat-broker token --database 'dbname=fastchat' --uses 5 --days 7");
  config.check([&] { return required_database(database); });
  if (const int code = parse(config, argc, argv); code >= 0) return code;
  log::init(log::Level::kOff, "broker");
  const pg::DatabaseOptions options{database, "fastchat-broker token"};
  pg::Database db(options);
  if (auto opened = db.open(); !opened) return fail("the database is not reachable: " + opened.failure().text);
  if (auto good = pg::check_schema(db); !good) return fail(good.failure().text);
  const std::string token = to_base64url(random_bytes(24));
  PgStore store(options);
  const auto made = store.create_invite(hash_invite(token), static_cast<int>(uses), days * 86'400);
  if (!made) return fail(made.error().text);
  return print(token);
}

}  // namespace

int run(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  for (const auto& tool : kTools) {
    if (command == tool.name) return tool.run(argc - 1, argv + 1);
  }
  if (!command.empty() && command.front() != '-') {
    const std::string means = did_you_mean(command, tool_names());
    return fail("there is no command \"" + std::string(command) + "\"" +
                    (means.empty() ? "; the commands are keys, invite, migrate and token" : means),
                kUsage);
  }
  return serve(argc, argv);
}

}  // namespace fastchat::broker

int main(int argc, char** argv) {
  fastchat::open_standard_streams();
  return fastchat::broker::run(argc, argv);
}
