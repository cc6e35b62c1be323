#include "client/store/account_table.h"

#include "client/store/values.h"

namespace fastchat::store {
namespace {

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += part + "\n";
  return out;
}

std::vector<std::string> split(const std::string& lines) {
  std::vector<std::string> out;
  for (size_t at = 0, end; (end = lines.find('\n', at)) != std::string::npos; at = end + 1) {
    out.push_back(lines.substr(at, end - at));
  }
  return out;
}

}  // namespace

Result<std::optional<Profile>> AccountTable::profile() {
  std::optional<Profile> out;
  auto r = db_.each(
      R"sql(
          SELECT realm, broker_key, endpoints, user, device, device_name, fpr, identity_blob, unlock, vault_version,
            vault, key_file, local_key, secret, next_secret, ended, devices_known
          FROM profile)sql",
      {}, [&](const Row& row) {
        Profile& p = out.emplace();
        p.realm = row.blob(0);
        p.broker_key = row.blob(1);
        p.endpoints = split(row.text(2));
        p.user = row.text(3);
        p.device = row.blob(4);
        p.device_name = row.text(5);
        p.fpr = row.blob(6);
        p.identity_blob = row.blob(7);
        p.unlock = row.blob(8);
        p.vault_version = row.count(9);
        p.vault = row.blob(10);
        p.key_file = row.text(11);
        p.local_key = row.blob(12);
        p.secret = row.blob(13);
        p.next_secret = row.blob(14);
        p.ended = row.number(15) != 0;
        p.devices_known = row.number(16) != 0;
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<> AccountTable::put_profile(const Profile& p) {
  const Value unlock = p.unlock.empty() ? Value() : Value(Blob{p.unlock});
  const std::string endpoints = join(p.endpoints);
  return done(db_.run(
      R"sql(
          INSERT OR REPLACE INTO profile (one, realm, broker_key, endpoints, user, device, device_name, fpr,
            identity_blob, unlock, vault_version, vault, key_file, local_key, secret, next_secret, ended,
            devices_known)
          VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql",
      {Blob{p.realm}, Blob{p.broker_key}, Text{endpoints}, Text{p.user}, Blob{p.device}, Text{p.device_name},
       Blob{p.fpr}, Blob{p.identity_blob}, unlock, n(p.vault_version), Blob{p.vault}, Text{p.key_file},
       Blob{p.local_key}, Blob{p.secret}, Blob{p.next_secret}, int64_t{p.ended}, int64_t{p.devices_known}}));
}

Result<> AccountTable::put_vault(uint64_t version, ByteView box) {
  return done(db_.run("UPDATE profile SET vault_version = ?, vault = ?", {n(version), Blob{box}}));
}

// secure_delete overwrites deleted content in the database. The checkpoint truncates the WAL, which may still hold it.
Result<> AccountTable::forget_deleted() {
  auto checkpoint = db_.each("PRAGMA wal_checkpoint(TRUNCATE)", {}, [](const Row&) {});
  if (!checkpoint.ok()) return checkpoint.error();
  return Unit{};
}

Result<std::optional<LogInRow>> AccountTable::log_in() {
  std::optional<LogInRow> out;
  auto r = db_.each("SELECT user, device, secret FROM log_in", {}, [&](const Row& row) {
    out = LogInRow{row.text(0), row.blob(1), row.blob(2)};
  });
  if (!r.ok()) return r.error();
  return out;
}

Result<> AccountTable::put_log_in(const LogInRow& row) {
  return done(db_.run("INSERT OR REPLACE INTO log_in VALUES (1, ?, ?, ?)",
                      {Text{row.user}, Blob{row.device}, Blob{row.secret}}));
}

Result<> AccountTable::drop_log_in() {
  return done(db_.run("DELETE FROM log_in"));
}

Result<std::optional<PasswordChangeRow>> AccountTable::password_change() {
  std::optional<PasswordChangeRow> out;
  auto r = db_.each("SELECT vault_version, vault_key, identity_blob, vault, new_key FROM password_change", {},
                    [&](const Row& row) {
                      out = PasswordChangeRow{row.count(0), row.blob(1), row.blob(2), row.blob(3), row.blob(4)};
                    });
  if (!r.ok()) return r.error();
  return out;
}

Result<> AccountTable::put_password_change(const PasswordChangeRow& row) {
  return done(db_.run(
      "INSERT OR REPLACE INTO password_change VALUES (1, ?, ?, ?, ?, ?)",
      {n(row.vault_version), Blob{row.vault_key}, Blob{row.identity_blob}, Blob{row.vault}, Blob{row.new_key}}));
}

Result<> AccountTable::drop_password_change() {
  return done(db_.run("DELETE FROM password_change"));
}

Result<std::vector<DeviceRow>> DeviceTable::all() {
  std::vector<DeviceRow> out;
  auto r =
      db_.each("SELECT id, name, address, created_ms FROM devices ORDER BY created_ms, id", {}, [&](const Row& row) {
        out.push_back({row.blob(0), row.text(1), row.text(2), row.number(3)});
      });
  if (!r.ok()) return r.error();
  return out;
}

Result<> DeviceTable::put(const DeviceRow& row) {
  return done(db_.run("INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?)",
                      {Blob{row.id}, Text{row.name}, Text{row.address}, row.created_ms}));
}

Result<> DeviceTable::drop(ByteView id) {
  return done(db_.run("DELETE FROM devices WHERE id = ?", {Blob{id}}));
}

Result<std::optional<Bytes>> SettingTable::find(std::string_view name) {
  std::optional<Bytes> out;
  auto r = db_.each("SELECT body FROM notes WHERE name = ?", {Text{name}}, [&](const Row& row) { out = row.blob(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> SettingTable::put(std::string_view name, ByteView body) {
  auto r = body.empty() ? db_.run("DELETE FROM notes WHERE name = ?", {Text{name}})
                        : db_.run("INSERT OR REPLACE INTO notes VALUES (?, ?)", {Text{name}, Blob{body}});
  if (!r.ok()) return r.error();
  return Unit{};
}

}  // namespace fastchat::store
