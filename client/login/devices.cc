#include "client/login/devices.h"

#include <algorithm>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/runtime/moment.h"

namespace fastchat::client {
namespace {

constexpr int64_t kAskAgainMs = 2'000;
constexpr size_t kMaxLines = 8;  // lines of one comparison; a server may name hundreds of devices

std::string device_name(const std::string& name) {
  return name.empty() ? "(no name)" : name;
}

std::string new_device_text(const store::DeviceRow& d) {
  return "a new device logged in: " + device_name(d.name) + (d.address.empty() ? "" : ", from " + d.address) + ", at " +
         local_time(d.created_ms) + "; if it is not yours, remove it (devices) and change your password (passwd)";
}

Result<Bytes> parse(const std::string& id) {
  std::optional<Bytes> device = from_hex(id);
  if (!device || device->size() != wire::kDeviceId) {
    return err(Code::kLocalUsage, "a device id has 32 hex digits, as `fastchat devices` lists it");
  }
  return std::move(*device);
}

Result<> outcome(const Result<v1::ServerFrame*>& answer) {
  if (answer.ok()) return Unit{};
  return answer.code() == Code::kUnknownDevice ? err(Code::kUnknownDevice, "none of your devices has this id")
                                               : answer.error();
}

}  // namespace

DeviceInfo Devices::info(const core::DeviceRecord& d) const {
  const bool mine = account_.has_profile() && d.id == account_.profile().device;
  return {to_hex(d.id), e2e::sanitise_line(d.name),   d.created_ms, d.last_login_ms, d.online,
          mine,         e2e::sanitise_line(d.address)};
}

void Devices::changed() {
  ask_at_ = std::min(ask_at_, std::max(turn_.now_ms(), asked_at_ + kAskAgainMs));
  turn_.wake();
}

void Devices::set_choices(const std::vector<core::DeviceRecord>& devices) {
  choices_.clear();
  for (const core::DeviceRecord& d : devices) choices_.push_back(info(d));
}

void Devices::work() {
  if (!server_.attached() || asking_ || ask_at_ > turn_.now_ms()) return;
  ask_at_ = Loop::kNever;
  asked_at_ = turn_.now_ms();
  asking_ = true;
  v1::ClientFrame frame;
  frame.mutable_get_devices();
  server_.ask(std::move(frame), [this](const Result<v1::ServerFrame*>& answer) {
    asking_ = false;
    if (answer.ok() && (*answer)->has_devices()) return compare((*answer)->devices());
    ask_at_ = std::min(ask_at_, turn_.now_ms() + kAskAgainMs);
  });
}

void Devices::compare(const v1::Devices& now) {
  auto rows = devices_.all();
  if (!turn_.check(rows)) return;
  std::map<Bytes, store::DeviceRow> known;
  for (store::DeviceRow& row : *rows) known[row.id] = std::move(row);
  // Takes the first list after an upgrade or a login as it stands.
  const bool first = !account_.profile().devices_known;
  std::vector<store::DeviceRow> came;
  for (const v1::Device& d : now.devices()) {
    store::DeviceRow row{d.device(), e2e::sanitise_line(d.name()), e2e::sanitise_line(d.address()), d.created_ms()};
    auto node = known.extract(row.id);
    const bool same = !node.empty() && node.mapped().name == row.name && node.mapped().address == row.address &&
                      node.mapped().created_ms == row.created_ms;
    if (!same && !turn_.check(devices_.put(row))) return;
    if (node.empty() && !first && row.id != account_.profile().device) came.push_back(std::move(row));
  }
  for (const auto& [id, row] : known) {
    if (!turn_.check(devices_.drop(id))) return;
  }
  if (first && !turn_.check(account_.know_devices())) return;
  tell(came, known);
}

void Devices::tell(const std::vector<store::DeviceRow>& came, const std::map<Bytes, store::DeviceRow>& gone) {
  if (came.size() > kMaxLines) {
    notices_.add_to_account(store::kKindNotice,
                            std::to_string(came.size()) + " new devices logged in: check the list of devices",
                            came[0].id);
  } else {
    for (const store::DeviceRow& d : came) notices_.add_to_account(store::kKindDevice, new_device_text(d), d.id);
  }
  if (gone.size() > kMaxLines) {
    notices_.add_to_account(store::kKindNotice, std::to_string(gone.size()) + " of your devices were removed",
                            gone.begin()->first);
  } else {
    for (const auto& [id, d] : gone) {
      notices_.add_to_account(store::kKindDevice, "one of your devices was removed: " + device_name(d.name), id);
    }
  }
}

void Devices::list(Listed done) {
  v1::ClientFrame frame;
  frame.mutable_get_devices();
  server_.ask(std::move(frame), [this, done = std::move(done)](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok()) return done(answer.error());
    std::vector<DeviceInfo> out;
    for (const v1::Device& d : (*answer)->devices().devices()) {
      out.push_back(info({d.device(), d.name(), d.address(), d.created_ms(), d.last_login_ms(), d.online()}));
    }
    done(out);
  });
}

void Devices::remove(const std::string& id, Done done) {
  const Result<Bytes> device = parse(id);
  if (!device.ok()) return refuse(std::move(done), device.error());
  v1::ClientFrame frame;
  frame.mutable_remove_device()->set_device(*device);
  server_.ask(std::move(frame),
              [this, device = *device, done = std::move(done)](const Result<v1::ServerFrame*>& answer) {
                if (answer.ok()) turn_.check(devices_.drop(device));  // the person who removed it needs no notice
                done(outcome(answer));
              });
}

void Devices::rename(const std::string& id, const std::string& name, Done done) {
  const Result<Bytes> device = parse(id);
  if (!device.ok()) return refuse(std::move(done), device.error());
  const std::string shown = e2e::sanitise_line(name);
  if (!e2e::shows_something(shown) || shown.size() > wire::kMaxLabel) {
    return refuse(std::move(done), err(Code::kLocalUsage, "the name of a device has 1 to 128 bytes, and is visible"));
  }
  if (!server_.attached()) {
    return refuse(std::move(done), err(Code::kLocalUnreachable, "not connected: try again in a moment"));
  }
  // A worker of an earlier version would end the session.
  if (server_.worker_version() < 3) {
    return refuse(std::move(done), err(Code::kUnsupportedVersion, "this server is too old to rename a device"));
  }
  v1::ClientFrame frame;
  frame.mutable_rename_device()->set_device(*device);
  frame.mutable_rename_device()->set_name(shown);
  server_.ask(std::move(frame),
              [done = std::move(done)](const Result<v1::ServerFrame*>& answer) { done(outcome(answer)); });
}

void Devices::refuse(Done&& done, const Error& why) {
  turn_.before_commit([done = std::move(done), why] { done(why); });
}

Result<std::vector<DeviceInfo>> Devices::known() const {
  auto rows = devices_.all();
  if (!rows.ok()) return rows.error();
  std::vector<DeviceInfo> out;
  for (const store::DeviceRow& d : *rows) out.push_back(info({d.id, d.name, d.address, d.created_ms}));
  return out;
}

int64_t Devices::next_wake() const {
  return server_.attached() && !asking_ ? ask_at_ : Loop::kNever;
}

}  // namespace fastchat::client
