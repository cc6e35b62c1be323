// fastchat-worker: wiring only.
#include <google/protobuf/stubs/logging.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "common/config.h"
#include "common/curve.h"
#include "common/endpoint.h"
#include "common/http.h"
#include "common/log.h"
#include "common/pg/database.h"
#include "common/process.h"
#include "common/standard_streams.h"
#include "worker/owner.h"

namespace fastchat::worker {
namespace {

struct Settings {
  OwnerOptions owner;
  std::string level = "info";
};

Result<Config::Outcome> read_settings(Settings& settings, int argc, char** argv) {
  OwnerOptions& o = settings.owner;
  o.name = "worker";
  o.clients = "tcp://127.0.0.1:8001";
  o.bus = "tcp://127.0.0.1:8101";
  Config config("fastchat-worker", "Carries messages between the clients that a broker assigned to it.");
  config.add(&o.name, "name", "Name, shown to clients and in logs");
  config.add(&o.keys, "keys", "Directory with cluster.key and realm");
  config.add(&o.brokers, "broker", "Control endpoint of a broker, tcp://HOST:PORT; once for each");
  config.add(&o.clients, "clients", "Endpoint for clients, tcp://ADDRESS:PORT");
  config.add(&o.advertise, "advertise", "Endpoint to tell clients, if it differs from --clients");
  config.add(&o.bus, "bus", "Endpoint for the other workers, tcp://ADDRESS:PORT");
  config.add(&o.database, "database", "PostgreSQL, as libpq takes it: host=... dbname=... user=...");
  config.add(&o.metrics, "metrics", "Loopback ADDRESS:PORT of /metrics and /healthz");
  config.add(&o.max_connections, "max-connections", "Maximum client connections", 1, 1'000'000);
  config.add(&o.max_per_address, "max-per-address", "Maximum client connections of one address", 1, 1'000'000);
  config.add(&o.quota_rows, "quota-messages", "Maximum messages queued for one device", 1, 1'000'000'000);
  config.add(&o.quota_mib, "quota-mib", "Maximum MiB queued for one device", 1, 1'000'000);
  config.add(&o.queue_days, "queue-days", "Days that a message waits in the queue; 0: for ever", 0, 36'500);
  config.add(&o.device_days, "device-days", "Days that a device stays without a login; 0: for ever", 0, 36'500);
  config.add(&o.group_members, "group-members", "Maximum members of a group", 1, 1'000);
  config.add(&o.groups_per_user, "groups-per-user", "Maximum groups that one user may create, deleted ones included", 1,
             1'000'000);
  config.add(&o.group_changes_a_day, "group-changes-per-day",
             "Maximum new groups and changes of groups by one user in 24 hours", 1, 1'000'000'000);
  config.add(&o.group_quota_mib, "group-quota-mib", "Maximum MiB of states of the groups of one user, stored for ever",
             1, 1'000'000'000);
  config.add(&o.group_total_mib, "group-total-mib", "Maximum MiB of states of the groups of all users; 0: no limit", 0,
             1'000'000'000);
  config.add(&o.vault_mib, "vault-mib", "Maximum MiB of the vault of one account", 1, 1'024);
  config.add(&o.files, "files", "Directory for files that all workers share; if absent, the database stores the files");
  config.add(&o.file_mib, "file-mib", "Maximum MiB of one file", 1, 1'000'000);
  config.add(&o.file_quota_mib, "file-quota-mib", "Maximum MiB of all files of one sender", 1, 1'000'000'000);
  config.add(&o.file_days, "file-days", "Days that a file is stored", 1, 36'500);
  config.add(&settings.level, "log-level", "Lowest level to log", {"debug", "info", "warn", "error"});
  config.examples(
      "  fastchat-worker --config /etc/fastchat/worker.toml\n"
      "  fastchat-worker --config /etc/fastchat/worker.toml --name worker2 --clients tcp://0.0.0.0:8002");
  config.check([&]() -> std::optional<std::string> {
    if (o.keys.empty()) return "--keys is missing: name the directory that `fastchat-broker keys` created";
    if (o.brokers.empty()) return "--broker is missing: name the control endpoint of at least one broker";
    if (o.database.empty()) return "--database is missing";
    if (auto wrong = pg::conninfo_error(o.database)) return "--database: " + *wrong;
    for (const std::string& broker : o.brokers) {
      if (auto wrong = wrong_endpoint("--broker", broker, EndpointUse::kConnect)) return wrong;
    }
    if (auto wrong = wrong_endpoint("--clients", o.clients, EndpointUse::kListen)) return wrong;
    if (auto wrong = wrong_endpoint("--bus", o.bus, EndpointUse::kListen)) return wrong;
    if (!o.advertise.empty()) return wrong_endpoint("--advertise", o.advertise, EndpointUse::kConnect);
    return std::nullopt;
  });
  config.check([&] { return wrong_metrics(o.metrics); });
  config.check_world([&]() -> std::optional<std::string> {
    const auto cluster = load_curve_pair(o.keys + "/cluster.key");
    if (!cluster) return cluster.error().text;
    const auto realm = load_realm(o.keys + "/realm");
    if (!realm) return realm.error().text;
    struct stat info {};
    if (o.files.empty()) return std::nullopt;
    if (stat(o.files.c_str(), &info) != 0) {
      if (errno == ENOENT) return std::nullopt;  // a missing one is made
      return "--files: " + o.files + ": " + std::strerror(errno);
    }
    if (S_ISDIR(info.st_mode) && access(o.files.c_str(), R_OK | W_OK | X_OK) == 0) return std::nullopt;
    return "--files: " + o.files + " is not a directory that this user may write to";
  });
  return config.parse(argc, argv);
}

int fail(const std::string& text, int code) {
  std::fprintf(stderr, "fastchat-worker: %s\n", text.c_str());
  return code;
}

int run(int argc, char** argv) {
  Settings settings;
  const auto parsed = read_settings(settings, argc, argv);
  if (!parsed) return fail(parsed.error().text, parsed.code() == Code::kLocalUsage ? 1 : 2);
  if (*parsed == Config::Outcome::kDone) return 0;
  settings.owner.reload = [argc, argv] {
    Settings fresh;
    const auto read = read_settings(fresh, argc, argv);
    log::reload(read ? Result<std::string>(fresh.level) : Result<std::string>(read.error()));
  };
  log::init(*log::parse_level(settings.level), settings.owner.name);
  disable_core_dumps();  // memory holds keys of the cluster and the pairs of users who talk
  ignore_sigpipe();
  ignore_hangups();
  keep_freed_memory();
  // Silences protobuf, which would log a line for every string of a peer that is not UTF-8.
  google::protobuf::SetLogHandler(nullptr);
  (void)raise_open_files(1'048'576);  // or the hard limit
  Owner owner(std::move(settings.owner));
  if (auto started = owner.start(); !started) return fail(started.error().text, 2);
  owner.run();
  return 0;
}

}  // namespace
}  // namespace fastchat::worker

int main(int argc, char** argv) {
  fastchat::open_standard_streams();
  return fastchat::worker::run(argc, argv);
}
