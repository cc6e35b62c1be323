#include "client/runtime.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "client/runtime_files.h"
#include "common/bytes.h"
#include "common/clock.h"
#include "common/random.h"

namespace fastchat::client {
namespace {

constexpr int64_t kMeasureEveryMs = 10'000;  // the round trip, for the status line

std::string host_name() {
  char name[65] = {};
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "terminal";
  return name;
}

}  // namespace

Session::Impl::Impl(Loop& loop, SessionOptions options, Listener& listener, std::unique_ptr<store::Store> store)
    : loop_(loop),
      options_(std::move(options)),
      listener_(listener),
      store_(std::move(store)),
      turn_(loop, *store_,
            [this](const Error& error) {
              listener_.on_notice({Notice::Kind::kDisk, "", error.text});
            }),
      account_(*store_),
      pins_(*store_),
      epochs_(turn_, *store_, account_),
      group_vault_(turn_, *store_, account_, pins_, groups_, epochs_,
                   [this](const Bytes& id) { return group_moved(id); }),
      server_(loop, turn_),
      keys_(loop),
      files_(std::make_unique<Files>(*this, loop)),
      look_ups_(turn_, server_, account_, pins_, key_events()),
      settings_(turn_, *store_, account_, groups_),
      editor_(turn_, server_, *store_, account_, pins_, groups_, epochs_, look_ups_, keys_, settings_, group_events()),
      typing_(turn_, server_, account_, pins_, groups_, options_.typing,
              [this](const std::string& conversation, const std::vector<std::string>& who) {
                listener_.on_typing(shown_peer(conversation), who);
              }),
      search_(loop, turn_, *store_, account_, [this](const store::Message& row) { return view(row); }) {
  turn_.add(*this);
}

KeyLookup::Events Session::Impl::key_events() {
  return {[this](const std::string& user, const std::string& text) {
            listener_.on_notice({Notice::Kind::kKeyChanged, user, text});
          },
          [this](const std::string& user) {
            store_notice_in(
                user, user,
                "for a time the server showed another key of " + user + "; now it shows the one you know again",
                pins_.get(user)->key.fpr, false);
          },
          [this](std::vector<Arrival> arrivals) { open_first(std::move(arrivals)); },
          [this](const std::string& user, std::vector<Arrival> arrivals, const std::string& why) {
            refuse_arrivals(user, std::move(arrivals), why);
          }};
}

GroupEditor::Events Session::Impl::group_events() {
  return {
      [this](const Bytes& id, const std::string& text, ByteView about) { return store_notice(id, text, about, true); },
      [this](const Bytes& id) { return group_moved(id); }, [this](const Bytes& id) { return left(id); },
      [this](const std::string& user, const Pin* pin, e2e::GroupKeyNote key) {
        seal_and_store(Target{user, pin, {}}, std::move(key), false, [](const Result<SentMessage>&) {});
      }};
}

Session::Impl::~Impl() {
  store_->rollback();
  close_run();
}

uint64_t Session::Impl::random() {
  return random_u64();
}

Result<> Session::Impl::open() {
  if (auto r = account_.load(); !r.ok()) return r;
  if (account_.has_profile()) {
    const store::Profile& p = account_.profile();
    if (options_.invite && (options_.invite->key != p.broker_key || options_.invite->realm != p.realm)) {
      return err(Code::kLocalUntrustedKey,
                 "this profile belongs to another server than the invite line names: check the line, or use another "
                 "--data-dir");
    }
    if (options_.invite) {
      if (auto r = account_.add_endpoint(options_.invite->endpoint()); !r.ok()) return r;
    }
    if (auto r = make_books(p.realm); !r.ok()) return r;
    if (account_.remembered()) unlock_remembered();
  }
  loop_.on_turn_end([this](int64_t) { turn(); });
  turn_.poke();
  return Unit{};
}

// The password opens a profile whose key file does not.
void Session::Impl::unlock_remembered() {
  if (auto r = account_.unlock_from_disk(); !r.ok()) {
    locked_because_ = r.error();
    return;
  }
  // A full disk is no reason to show nothing: it is tried again at the next start.
  if (!account_.keep_local_key().ok() || !store_->commit().ok()) store_->rollback();
}

Result<> Session::Impl::make_books(const Bytes& realm) {
  VaultGroups groups{[this](e2e::VaultContent& out) { group_vault_.write(out); },
                     [this](const e2e::VaultContent& in) { return group_vault_.merge(in); },
                     [this](const std::string& text) {
                       turn_.soon([this, text] { listener_.on_notice({Notice::Kind::kInfo, "", text}); });
                     }};
  vault_ = std::make_unique<VaultKeeper>(
      account_, pins_, std::move(groups), *store_,
      [this](v1::ClientFrame&& frame, Answer answer) { server_.ask(std::move(frame), std::move(answer)); },
      [this](uint64_t server, uint64_t ours) { on_vault_restored(server, ours); });
  if (auto r = load_groups(); !r.ok()) return r;
  auto run = store_->run();
  if (!run.ok()) return run.error();
  continuity_ = core::Continuity({run->session_epoch, run->open});
  since_ms_ = run->since_ms;
  // A profile that is made by logging in is a new device of an account that others may have written to.
  if (login_ && !login_->sign_up && since_ms_ == 0) since_ms_ = Clock::wall_ms();
  if (server_.opened()) server_.engine().new_device_until(new_device_until());
  return pins_.open(realm);
}

void Session::Impl::make_engine(const Bytes& realm, const Bytes& broker_key,
                                const std::vector<std::string>& endpoints) {
  core::Config config;
  config.realm = realm;
  config.agent = options_.agent;
  config.measure_every_ms = kMeasureEveryMs;
  config.signals = options_.typing;
  for (const std::string& endpoint : endpoints) config.brokers.push_back({endpoint, broker_key});
  server_.open(std::move(config), *this);
}

// The outbox and what is held back, as the last run left them.
void Session::Impl::restore() {
  check(files_->restore());
  server_.engine().new_device_until(new_device_until());
  auto outbox = store_->outbox();
  auto held = store_->streams_with_held();
  if (!check(outbox) || !check(held)) return;
  for (store::OutboxEntry& entry : *outbox) {
    core::Outgoing out;
    out.ref = entry.ref;
    out.to = std::move(entry.to);
    out.stream = std::move(entry.stream);
    out.seq = entry.seq;
    out.queued = entry.queued;
    out.group = std::move(entry.group);
    out.epoch = entry.epoch;
    out.members = entry.members;
    out.delivered = entry.delivered;
    out.waiting = std::move(entry.waiting);
    out.have = std::move(entry.have);
    server_.engine().restore_outgoing(std::move(out));
  }
  for (const store::HeldStream& s : *held) {
    const int64_t age = std::max<int64_t>(Clock::wall_ms() - s.since_ms, 0);
    const std::optional<Bytes> group = s.peer.starts_with('#') ? from_hex(s.peer.substr(1)) : std::nullopt;
    server_.engine().restore_stream(s.from_fpr, s.stream, now_ms() - age,
                                    group && !groups_.there_from_the_start(*group));
  }
}

void Session::Impl::stop() {
  if (server_.opened()) server_.engine().end(now_ms(), Code::kOk, "");
  turn_.poke();
}

bool Session::Impl::settled() const {
  if (!server_.attached()) return true;
  if (!files_->settled() || asking_devices_ || ask_devices_at_ <= now_ms()) return false;
  const bool nothing_here =
      arrivals_.empty() && parked_.empty() && staged_.empty() && server_.engine().unwritten() == 0;
  // A change of a group that this device is to make, because somebody left: a few seconds' work, unless the server
  // takes no more today.
  constexpr int64_t kSoonMs = 10'000;
  const bool due = editor_.due_before(now_ms() + kSoonMs);
  if (server_.live() && due) return false;
  return nothing_here && vault_->settled(true);
}

void Session::Impl::work() {
  if (!server_.opened()) return;
  server_.transport().pump();
  open_arrivals();
  group_turn();
  devices_turn();
  if (server_.attached()) vault_->turn(now_ms(), closing_);
  files_->turn(server_.attached());
  // The log-in that follows says why: most likely another device changed the password.
  const std::optional<Error> broken = vault_ ? vault_->take_broken() : std::nullopt;
  if (broken) server_.engine().again(now_ms(), broken->code, broken->text);
}

void Session::Impl::turn() {
  turn_.run();
  if (!server_.opened()) return;
  const int64_t wake = server_.engine().tick(now_ms());
  const bool waiting = server_.transport().pump() || !arrivals_.empty() || turn_.unfinished();
  turn_.wake_at(waiting ? now_ms() : std::min(wake, turn_.next_wake()));
}

int64_t Session::Impl::next_wake() const {
  int64_t next = files_->next_wake();
  if (server_.attached() && !asking_devices_) next = std::min(next, ask_devices_at_);
  if (vault_) next = std::min(next, vault_->next_wake());
  if (!server_.attached() || !vault_) return next;
  return std::min({next, groups_.next_wake(now_ms()), list_groups_at_});
}

void Session::Impl::committed() {
  for (core::Outgoing& message : std::exchange(to_submit_, {})) server_.engine().submit(std::move(message));
  for (uint64_t id : std::exchange(receipts_written_, {})) server_.engine().on_receipt_written(id);
  if (last_write_ != 0) server_.engine().on_written(std::exchange(last_write_, 0));
}

void Session::Impl::rolled_back(const Error& error) {
  to_submit_.clear();
  receipts_written_.clear();
  last_write_ = 0;
  staged_.clear();
  arrivals_.clear();
  parked_.clear();
  asking_.clear();
  reopening_.clear();
  moved_.clear();
  refs_skipped_ = false;
  // What it learnt in this turn is not on disk.
  if (vault_) (void)pins_.load();
  if (vault_) (void)load_groups();
  if (server_.opened()) server_.engine().on_write_failed(now_ms(), error.text);
}

// ---- the thin outside

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(Loop& loop, SessionOptions options, Listener& listener) {
  if (options.device_name.empty()) options.device_name = host_name();
  Result<std::unique_ptr<store::Store>> store = store::Store::open(options.data_dir);
  if (!store.ok()) return store.error();
  auto impl = std::make_unique<Impl>(loop, std::move(options), listener, std::move(*store));
  if (auto r = impl->open(); !r.ok()) return r.error();
  return std::unique_ptr<Session>(new Session(std::move(impl)));
}

bool Session::has_profile() const {
  return impl_->account_.has_profile();
}
bool Session::unlocked() const {
  return impl_->account_.unlocked();
}
const std::optional<Error>& Session::locked_because() const {
  return impl_->locked_because_;
}
const std::vector<DeviceInfo>& Session::device_choices() const {
  return impl_->device_choices_;
}
uint64_t Session::others_to_log_in() const {
  return impl_->others_to_log_in_;
}
const std::string& Session::user() const {
  static const std::string kNobody;
  return has_profile() ? impl_->account_.profile().user : kNobody;
}

void Session::sign_up(AccountArgs args, Done done) {
  impl_->sign_up(std::move(args), std::move(done));
}
void Session::log_in(AccountArgs args, Done done) {
  impl_->log_in(std::move(args), std::move(done));
}
void Session::log_in_replacing(const std::string& device_id, Done done) {
  impl_->log_in_replacing(device_id, std::move(done));
}
void Session::change_password(e2e::Secret old_password, e2e::Secret new_password, Done done) {
  impl_->change_password(std::move(old_password), std::move(new_password), std::move(done));
}
void Session::unlock(e2e::Secret password, Done done) {
  impl_->unlock(std::move(password), std::move(done));
}
void Session::start() {
  impl_->start();
}
void Session::stop() {
  impl_->stop();
}
void Session::settle() {
  impl_->closing_ = true;
  impl_->turn_.poke();
}
bool Session::settled() const {
  return impl_->settled();
}
Result<> Session::log_out() {
  stop();
  return impl_->account_.log_out();
}
const ConnectionEvent& Session::connection() const {
  return impl_->connection_;
}

void Session::send(const std::string& to, const std::string& text, SendOptions options,
                   std::function<void(const Result<SentMessage>&)> done) {
  impl_->send(to, text, options, std::move(done));
  impl_->turn_.poke();
}
void Session::send_file(const std::string& to, const std::string& path, SendOptions options,
                        std::function<void(const Result<SentMessage>&)> done) {
  impl_->files().send(to, path, options, std::move(done));
  impl_->turn_.poke();
}
void Session::fetch_file(const std::string& message_id, const std::string& directory_or_empty,
                         std::function<void(const Result<std::string>&)> done) {
  impl_->files().fetch(message_id, directory_or_empty, std::move(done));
  impl_->turn_.poke();
}
void Session::cancel_transfer(const std::string& id) {
  impl_->files().cancel(id);
  impl_->turn_.poke();
}
void Session::typing(const std::string& to) {
  impl_->typing_.type(to);
}
Result<std::string> Session::setting(const std::string& name) {
  return impl_->settings_.get(name);
}
Result<> Session::set_setting(const std::string& name, const std::string& text) {
  return impl_->settings_.put(name, text);
}
void Session::create_group(const std::string& name, std::vector<std::string> members, Done done) {
  impl_->editor_.create(name, std::move(members), done);
  impl_->turn_.poke();
}
void Session::change_group(const std::string& name, GroupEdit edit, Done done) {
  impl_->editor_.change(name, edit, done);
  impl_->turn_.poke();
}
void Session::leave_group(const std::string& name, Done done) {
  impl_->editor_.leave(name, done);
  impl_->turn_.poke();
}
void Session::delete_group(const std::string& name, Done done) {
  impl_->editor_.erase(name, done);
  impl_->turn_.poke();
}
Result<std::vector<TransferInfo>> Session::transfers() {
  return impl_->files().list();
}
Result<std::vector<ChatMessage>> Session::search(const std::vector<std::string>& words, size_t limit) {
  return impl_->search_.find(words, limit);
}
void Session::search(const std::vector<std::string>& words, size_t limit, SearchTold told) {
  impl_->search_.start(words, limit, std::move(told));
}
void Session::stop_search() {
  impl_->search_.stop();
}
size_t Session::unaccepted() const {
  return impl_->server_.opened() ? impl_->server_.engine().unaccepted() : 0;
}

}  // namespace fastchat::client
