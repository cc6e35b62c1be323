// The devices of this account: asked for after each attach and whenever the server hints at a change, and compared with
// what the profile knows. A device that nobody here knew is how a stolen password shows, so it gets a line that stays.
// Also what a server that was restored from a backup does not know any more.
#include <algorithm>
#include <ctime>
#include <map>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/e2e/sanitise.h"
#include "client/runtime_body.h"
#include "client/runtime_impl.h"
#include "common/clock.h"

namespace fastchat::client {
namespace {

constexpr int64_t kAskAgainMs = 2'000;
constexpr size_t kMaxLines = 8;  // of one comparison; a server may name hundreds
constexpr size_t kMaxNames = 12;

std::string local_time(int64_t ms) {
  const time_t seconds = static_cast<time_t>(ms / 1000);
  tm parts{};
  char text[32] = "?";
  if (localtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
  return text;
}

std::string device_name(const std::string& name) {
  return name.empty() ? "(no name)" : name;
}

std::string new_device_text(const store::DeviceRow& d) {
  return "a new device logged in: " + device_name(d.name) + (d.address.empty() ? "" : ", from " + d.address) + ", at " +
         local_time(d.created_ms) + "; if it is not yours, end it (devices) and change your password (passwd)";
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < kMaxNames; ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMaxNames) out += " and " + std::to_string(names.size() - kMaxNames) + " more";
  return out;
}

}  // namespace

DeviceInfo Session::Impl::device_info(const core::DeviceRecord& d) const {
  const bool mine = account_.has_profile() && d.id == account_.profile().device;
  return {to_hex(d.id), e2e::sanitise_line(d.name),   d.created_ms, d.last_login_ms, d.online,
          mine,         e2e::sanitise_line(d.address)};
}

// A line in the conversation with oneself. `about`: 16 bytes that name it.
bool Session::Impl::store_own_notice(int kind, const std::string& text, ByteView about) {
  store::Message row;
  row.peer = row.from = account_.profile().user;
  row.kind = kind;
  row.stream = Bytes(about.substr(0, e2e::kStream));
  row.sent_ms = row.received_ms = Clock::wall_ms();
  row.hash = e2e::sha256(e2e::concat({about, text, std::to_string(row.sent_ms)}));
  row.body = account_.box().seal(LocalPlace::message_body(row.hash, row.kind), text);
  Result<int64_t> id = store_->add_message(row, false);
  if (!check(id)) return false;
  turn_.after_commit([this, id = *id, text] {
    auto stored = store_->message(id);
    if (stored.ok() && stored->has_value()) listener_.on_message(view(**stored));
    listener_.on_notice({Notice::Kind::kAccount, "", text});
  });
  return true;
}

void Session::Impl::devices_changed() {
  ask_devices_at_ = std::min(ask_devices_at_, std::max(now_ms(), devices_asked_ms_ + kAskAgainMs));
  turn_.poke();
}

// Once a turn.
void Session::Impl::devices_turn() {
  if (!server_.attached() || asking_devices_ || ask_devices_at_ > now_ms()) return;
  ask_devices_at_ = Loop::kNever;
  devices_asked_ms_ = now_ms();
  asking_devices_ = true;
  v1::ClientFrame frame;
  frame.mutable_get_devices();
  server_.ask(std::move(frame), [this](const Result<v1::ServerFrame*>& answer) {
    asking_devices_ = false;
    if (answer.ok() && (*answer)->has_devices()) return compare_devices((*answer)->devices());
    ask_devices_at_ = std::min(ask_devices_at_, now_ms() + kAskAgainMs);
  });
}

void Session::Impl::compare_devices(const v1::Devices& now) {
  auto rows = store_->devices();
  if (!check(rows)) return;
  std::map<Bytes, store::DeviceRow> known;
  for (store::DeviceRow& row : *rows) known[row.id] = std::move(row);
  // The first list after an upgrade or a log-in is taken as it stands.
  const bool first = !account_.profile().devices_known;
  std::vector<store::DeviceRow> came;
  for (const v1::Device& d : now.devices()) {
    store::DeviceRow row{d.device(), e2e::sanitise_line(d.name()), e2e::sanitise_line(d.address()), d.created_ms()};
    auto node = known.extract(row.id);
    const bool same = !node.empty() && node.mapped().name == row.name && node.mapped().address == row.address &&
                      node.mapped().created_ms == row.created_ms;
    if (!same && !check(store_->put_device(row))) return;
    if (node.empty() && !first && row.id != account_.profile().device) came.push_back(std::move(row));
  }
  for (const auto& [id, row] : known) {
    if (!check(store_->drop_device(id))) return;
  }
  if (first && !check(account_.know_devices())) return;
  tell_devices(came, known);
}

void Session::Impl::tell_devices(const std::vector<store::DeviceRow>& came,
                                 const std::map<Bytes, store::DeviceRow>& gone) {
  if (came.size() > kMaxLines) {
    store_own_notice(store::kKindNotice,
                     std::to_string(came.size()) + " new devices logged in: see the list of devices", came[0].id);
  } else {
    for (const store::DeviceRow& d : came) store_own_notice(store::kKindDevice, new_device_text(d), d.id);
  }
  if (gone.size() > kMaxLines) {
    store_own_notice(store::kKindNotice, std::to_string(gone.size()) + " of your devices are gone",
                     gone.begin()->first);
  } else {
    for (const auto& [id, d] : gone) {
      store_own_notice(store::kKindDevice, "a device of yours is gone: " + device_name(d.name), id);
    }
  }
}

// ---- a server that was restored

void Session::Impl::on_vault_restored(uint64_t server, uint64_t ours) {
  const std::string text = "the server's copy of your contacts and groups was older (version " +
                           std::to_string(server) + ", this terminal knew " + std::to_string(ours) +
                           "); it was restored from this terminal";
  if (!store_own_notice(store::kKindNotice, text, Bytes(e2e::kStream, 'r'))) return;
  ask_groups_known();
  std::vector<std::string> names;
  for (const auto& [user, pin] : pins_.all()) names.push_back(user);
  for (size_t at = 0; at < names.size(); at += wire::kMaxNamesPerLookup) {
    const size_t end = std::min(names.size(), at + wire::kMaxNamesPerLookup);
    ask_users_known({names.begin() + static_cast<ptrdiff_t>(at), names.begin() + static_cast<ptrdiff_t>(end)});
  }
}

void Session::Impl::ask_users_known(std::vector<std::string> names) {
  v1::ClientFrame frame;
  for (const std::string& user : names) frame.mutable_get_users()->add_names(user);
  server_.ask(std::move(frame), [this, names = std::move(names)](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok() || !(*answer)->has_users()) return;
    std::set<std::string> there;
    for (const v1::User& user : (*answer)->users().users()) there.insert(user.name());
    std::vector<std::string> lost;
    std::copy_if(names.begin(), names.end(), std::back_inserter(lost),
                 [&](const std::string& user) { return !there.contains(user); });
    if (lost.empty()) return;
    store_own_notice(store::kKindNotice,
                     "the restored server does not know " + listed(lost) + ": they have to sign up again",
                     Bytes(e2e::kStream, 'u'));
  });
}

// `groups_before_` is as the profile had it before the server was asked about any group.
void Session::Impl::ask_groups_known() {
  v1::ClientFrame frame;
  frame.mutable_list_groups();
  server_.ask(std::move(frame), [this](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok() || !(*answer)->has_groups()) return;
    std::map<Bytes, uint64_t> there;
    for (const v1::GroupSummary& g : (*answer)->groups().groups()) there[g.group_id()] = g.epoch();
    std::vector<std::string> lost, older;
    for (const GroupInfo& group : std::exchange(groups_before_, {})) {
      const auto found = there.find(group.id);
      if (!group.member) continue;
      if (found == there.end()) lost.push_back("#" + group.name);
      if (found != there.end() && found->second < group.epoch) older.push_back("#" + group.name);
    }
    const auto tell = [this](const std::string& text) {
      store_own_notice(store::kKindNotice, text, Bytes(e2e::kStream, 'g'));
    };
    if (!lost.empty()) tell("the restored server does not know you in " + listed(lost));
    if (!older.empty()) tell("the restored server has an older state of " + listed(older));
  });
}

// ---- what a person asks

void Session::devices(std::function<void(const Result<std::vector<DeviceInfo>>&)> done) {
  impl_->devices(std::move(done));
}

void Session::Impl::devices(std::function<void(const Result<std::vector<DeviceInfo>>&)> done) {
  v1::ClientFrame frame;
  frame.mutable_get_devices();
  server_.ask(std::move(frame), [this, done = std::move(done)](const Result<v1::ServerFrame*>& answer) {
    if (!answer.ok()) return done(answer.error());
    std::vector<DeviceInfo> out;
    for (const v1::Device& d : (*answer)->devices().devices()) {
      out.push_back(device_info({d.device(), d.name(), d.address(), d.created_ms(), d.last_login_ms(), d.online()}));
    }
    done(out);
  });
}

void Session::remove_device(const std::string& id, Done done) {
  impl_->remove_device(id, std::move(done));
}

void Session::Impl::remove_device(const std::string& id, Done done) {
  const std::optional<Bytes> device = from_hex(id);
  if (!device || device->size() != wire::kDeviceId) {
    return turn_.soon([done = std::move(done)] {
      done(err(Code::kLocalUsage, "a device is named by 32 hex digits, as `fastchat devices` lists them"));
    });
  }
  v1::ClientFrame frame;
  frame.mutable_remove_device()->set_device(*device);
  server_.ask(std::move(frame),
              [this, device = *device, done = std::move(done)](const Result<v1::ServerFrame*>& answer) {
                if (answer.ok()) {
                  check(store_->drop_device(device));  // no news to who did it
                  return done(Unit{});
                }
                done(answer.code() == Code::kUnknownDevice ? err(Code::kUnknownDevice, "no device of yours has this id")
                                                           : answer.error());
              });
}

Result<std::vector<DeviceInfo>> Session::known_devices() {
  auto rows = impl_->store_->devices();
  if (!rows.ok()) return rows.error();
  std::vector<DeviceInfo> out;
  for (const store::DeviceRow& d : *rows) out.push_back(impl_->device_info({d.id, d.name, d.address, d.created_ms}));
  return out;
}

}  // namespace fastchat::client
