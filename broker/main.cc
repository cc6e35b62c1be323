// fastchat-broker: wiring only. Without a subcommand it serves; `keys`, `invite` and `token` are an operator's tools.
#include <google/protobuf/stubs/logging.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "broker/owner.h"
#include "broker/store/pg_store.h"
#include "common/config.h"
#include "common/log.h"
#include "common/pg/migrate.h"
#include "common/process.h"
#include "common/random.h"

namespace fastchat::broker {
namespace {

constexpr int kUsage = 1, kFailed = 2;

int fail(const std::string& text, int code = kFailed) {
  std::fprintf(stderr, "fastchat-broker: %s\n", text.c_str());
  return code;
}

// What all subcommands do with their arguments: -1 to go on, else the exit code.
int parse(Config& config, int argc, char** argv) {
  const auto parsed = config.parse(argc, argv);
  if (!parsed) return fail(parsed.error().text, kUsage);
  return *parsed == Config::Outcome::kDone ? 0 : -1;
}

std::optional<std::string> required(const std::string& value, const char* flag) {
  if (value.empty()) return std::string(flag) + " is missing";
  return std::nullopt;
}

int serve(int argc, char** argv) {
  OwnerOptions o;
  o.clients = "tcp://0.0.0.0:7999";
  o.control = "tcp://127.0.0.1:7998";
  std::string assignment = "round-robin", registration = "open", level = "info";
  Config config("fastchat-broker",
                "Signs people up, logs them in, assigns them to workers.\n"
                "Also: fastchat-broker keys|invite|token --help");
  config.add(&o.keys, "keys", "Directory with broker.key, cluster.key and realm (`fastchat-broker keys` makes it)");
  config.add(&o.clients, "clients", "Where clients connect, tcp://ADDRESS:PORT");
  config.add(&o.control, "control", "Where workers connect, tcp://ADDRESS:PORT");
  config.add(&o.database, "database", "PostgreSQL, as libpq takes it: host=... dbname=... user=...");
  config.add(&o.metrics, "metrics", "Loopback ADDRESS:PORT of /metrics and /healthz");
  config.add(&assignment, "assignment", "Who gets the next client", {"round-robin", "least-sessions"});
  config.add(&registration, "registration", "Who may sign up", {"open", "invite", "closed"});
  config.add(&o.max_connections, "max-connections", "Client connections at most", 1, 1'000'000);
  config.add(&o.max_per_address, "max-per-address", "Client connections of one address at most", 1, 1'000'000);
  config.add(&level, "log-level", "How much to log", {"debug", "info", "warn", "error"});
  config.check([&] { return required(o.keys, "--keys"); });
  config.check([&] { return required(o.database, "--database"); });
  if (const int code = parse(config, argc, argv); code >= 0) return code;

  o.policy = assignment == "round-robin" ? Policy::kRoundRobin : Policy::kLeastSessions;
  o.registration = registration == "open" ? v1::OPEN : registration == "invite" ? v1::INVITE : v1::CLOSED;
  log::init(*log::parse_level(level), "broker");
  disable_core_dumps();
  ignore_sigpipe();
  // It would write a line for every string of a peer that is not UTF-8.
  google::protobuf::SetLogHandler(nullptr);
  (void)raise_open_files(1'048'576);  // as many as there are
  Owner owner(std::move(o));
  if (auto started = owner.start(); !started) return fail(started.error().text);
  owner.run();
  return 0;
}

int make_keys(int argc, char** argv) {
  std::string keys;
  Config config("fastchat-broker keys", "Makes broker.key, cluster.key and realm where they are missing.");
  config.add(&keys, "keys", "Directory, made when missing; brokers need all of it, workers cluster.key and realm");
  config.check([&] { return required(keys, "--keys"); });
  if (const int code = parse(config, argc, argv); code >= 0) return code;
  if (auto pair = load_or_create_curve_pair(keys + "/broker.key"); !pair) return fail(pair.error().text);
  if (auto pair = load_or_create_curve_pair(keys + "/cluster.key"); !pair) return fail(pair.error().text);
  if (auto realm = load_or_create_realm(keys + "/realm"); !realm) return fail(realm.error().text);
  return 0;
}

// HOST:PORT (an IPv6 address in brackets) is checked by the parser that clients have.
int print_invite(int argc, char** argv) {
  std::string keys, address;
  Config config("fastchat-broker invite", "Prints the invite line that clients need to find and trust this broker.");
  config.add(&keys, "keys", "Directory with broker.key and realm");
  config.add(&address, "address", "HOST:PORT under which clients reach the broker");
  config.check([&] { return required(keys, "--keys"); });
  config.check([&] { return required(address, "--address"); });
  if (const int code = parse(config, argc, argv); code >= 0) return code;
  const auto pair = load_curve_pair(keys + "/broker.key");
  if (!pair) return fail(pair.error().text);
  const auto realm = load_realm(keys + "/realm");
  if (!realm) return fail(realm.error().text);
  const auto line = parse_invite_line("fastchat://" + address + "/?key=" + to_base64url(pair->public_key) +
                                      "&realm=" + to_base64url(*realm));
  if (!line) return fail("--address: " + line.error().text, kUsage);
  std::printf("%s\n", format_invite_line(*line).c_str());
  return 0;
}

int make_token(int argc, char** argv) {
  std::string database;
  int64_t uses = 1, days = 0;
  Config config("fastchat-broker token", "Prints a new token for --registration invite; only its hash is stored.");
  config.add(&database, "database", "PostgreSQL, as libpq takes it: host=... dbname=... user=...");
  config.add(&uses, "uses", "How many accounts it is good for", 1, 1'000'000);
  config.add(&days, "days", "Days until it expires, 0 for never", 0, 36'500);
  config.check([&] { return required(database, "--database"); });
  if (const int code = parse(config, argc, argv); code >= 0) return code;
  log::init(log::Level::kOff, "broker");
  const pg::DatabaseOptions options{database, "fastchat-broker token"};
  pg::Database db(options);
  if (auto opened = db.open(); !opened) return fail("the database is not reachable: " + opened.failure().text);
  if (auto done = pg::migrate(db); !done) return fail("the database's schema: " + done.failure().text);
  const std::string token = to_base64url(random_bytes(24));
  PgStore store(options);
  const auto made = store.create_invite(hash_invite(token), static_cast<int>(uses), days * 86'400);
  if (!made) return fail(made.error().text);
  std::printf("%s\n", token.c_str());
  return 0;
}

}  // namespace

int run(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "keys") return make_keys(argc - 1, argv + 1);
  if (command == "invite") return print_invite(argc - 1, argv + 1);
  if (command == "token") return make_token(argc - 1, argv + 1);
  if (!command.empty() && command.front() != '-') {
    return fail("there is no subcommand \"" + std::string(command) + "\"; there are keys, invite and token", kUsage);
  }
  return serve(argc, argv);
}

}  // namespace fastchat::broker

int main(int argc, char** argv) {
  return fastchat::broker::run(argc, argv);
}
