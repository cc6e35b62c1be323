#include "client/session/session.h"

#include <unistd.h>

#include <utility>

#include "client/e2e/limits.h"
#include "client/e2e/sanitise.h"
#include "client/messages/polls.h"
#include "client/session/rooms.h"

namespace fastchat::client {
namespace {

std::string host_name() {
  char name[65] = {};
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "terminal";
  return name;
}

}  // namespace

std::string describe_live(const ConnectionEvent& event) {
  if (event.latency_ms < 0) return event.worker;
  return event.worker + (event.latency_ms == 0 ? ", <1 ms" : ", " + std::to_string(event.latency_ms) + " ms");
}

Session::Session(std::unique_ptr<Rooms> rooms) : rooms_(std::move(rooms)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(std::unique_ptr<Machine> machine, SessionOptions options,
                                               Listener& listener) {
  if (options.device_name.empty()) options.device_name = host_name();
  Result<std::unique_ptr<store::Store>> store = store::Store::open(options.data_dir);
  if (!store.ok()) return store.error();
  auto rooms = std::make_unique<Rooms>(std::move(machine), std::move(options), listener, std::move(*store));
  if (auto r = rooms->open(); !r.ok()) return r.error();
  return std::unique_ptr<Session>(new Session(std::move(rooms)));
}

bool Session::has_profile() const {
  return rooms_->account_.has_profile();
}
bool Session::account_deleted() const {
  return rooms_->logins_.account_end.done();
}
bool Session::unlocked() const {
  return rooms_->account_.unlocked();
}
const std::optional<Error>& Session::locked_because() const {
  return rooms_->logins_.unlock.failure();
}
const std::vector<DeviceInfo>& Session::device_choices() const {
  return rooms_->found_.devices.choices();
}
uint64_t Session::others_to_log_in() const {
  return rooms_->logins_.changer.others_to_log_in();
}
const std::string& Session::user() const {
  static const std::string kNobody;
  return has_profile() ? rooms_->account_.profile().user : kNobody;
}

void Session::sign_up(AccountArgs args, Done done) {
  rooms_->logins_.sign_up.begin(std::move(args), std::move(done));
}
void Session::log_in(AccountArgs args, Done done) {
  rooms_->logins_.login.log_in(std::move(args), std::move(done));
}
void Session::log_in_replacing(const std::string& device_id, Done done) {
  rooms_->logins_.login.log_in_replacing(device_id, std::move(done));
}
void Session::change_password(e2e::Secret old_password, e2e::Secret new_password, Done done, bool new_key) {
  rooms_->logins_.login.change_password(old_password, new_password, new_key, std::move(done));
}
void Session::delete_account(e2e::Secret password, Done done) {
  rooms_->deletion_.begin(std::move(password), std::move(done));
  rooms_->turn_.wake();
}
void Session::unlock(e2e::Secret password, Done done) {
  rooms_->logins_.unlock.by_password(password, std::move(done));
}
void Session::start() {
  rooms_->logins_.device.start();
}
void Session::stop() {
  rooms_->stop();
}
void Session::settle() {
  rooms_->settle();
}
bool Session::settled() const {
  return rooms_->settled();
}
Result<> Session::log_out() {
  stop();
  return rooms_->account_.log_out();
}
const ConnectionEvent& Session::connection() const {
  return rooms_->connection_;
}

void Session::send(const PeerName& to, const std::string& text, SendOptions options,
                   std::function<void(const Result<SentMessage>&)> done) {
  rooms_->sending_.sender.send(to, text, options, std::move(done));
  rooms_->turn_.wake();
}
void Session::send_file(const PeerName& to, const std::string& path, SendOptions options,
                        std::function<void(const Result<SentMessage>&)> done, std::function<void()> kept) {
  rooms_->transfers_.send(to, path, options, std::move(done), std::move(kept));
  rooms_->turn_.wake();
}
void Session::fetch_file(const std::string& message_id, const std::string& directory_or_empty,
                         std::function<void(const Result<std::string>&)> done) {
  rooms_->transfers_.fetch(message_id, directory_or_empty, std::move(done));
  rooms_->turn_.wake();
}
void Session::cancel_transfer(const std::string& id) {
  rooms_->transfers_.cancel(id);
  rooms_->turn_.wake();
}
void Session::typing(const PeerName& to) {
  rooms_->typing_.type(to);
}
void Session::want_typing(bool wanted) {
  const bool on = wanted || rooms_->options_.typing;
  rooms_->typing_.want(on);
  if (rooms_->server_.opened()) rooms_->server_.engine().want_signals(on);
  rooms_->turn_.wake();
}
Result<std::string> Session::setting(const std::string& name) {
  return rooms_->settings_.get(name);
}
Result<> Session::set_setting(const std::string& name, const std::string& text) {
  return rooms_->settings_.put(name, text);
}
void Session::create_group(const std::string& name, std::vector<std::string> members, Done done) {
  rooms_->requests_.adds(members);
  rooms_->editor_.create(name, std::move(members), done);
  rooms_->turn_.wake();
}
void Session::change_group(const std::string& name, GroupEdit edit, Done done) {
  rooms_->requests_.adds(edit.add);
  rooms_->editor_.change(name, edit, done);
  rooms_->turn_.wake();
}
void Session::leave_group(const std::string& name, Done done) {
  rooms_->editor_.leave(name, done);
  rooms_->turn_.wake();
}
void Session::delete_group(const std::string& name, Done done) {
  rooms_->editor_.erase(name, done);
  rooms_->turn_.wake();
}
Result<std::vector<TransferInfo>> Session::transfers() {
  return rooms_->transfers_.list();
}
Result<std::vector<ChatMessage>> Session::search(const std::vector<std::string>& words, size_t limit) {
  return rooms_->search_.find(words, limit);
}
void Session::search(const std::vector<std::string>& words, size_t limit, SearchTold told, uint64_t searcher) {
  rooms_->search_.start(words, limit, std::move(told), searcher);
}
void Session::stop_search(uint64_t searcher) {
  rooms_->search_.stop(searcher);
}
size_t Session::unaccepted() const {
  return rooms_->server_.opened() ? rooms_->server_.engine().unaccepted() : 0;
}

void Session::edit(const std::string& id, const std::string& text, Done done) {
  rooms_->sending_.sender.annotate(id, true, e2e::Edit{{}, text, {}}, std::move(done));
  rooms_->turn_.wake();
}
void Session::erase(const std::string& id, Done done) {
  rooms_->sending_.sender.annotate(id, true, e2e::Delete{{}, {}}, std::move(done));
  rooms_->turn_.wake();
}
void Session::react(const std::string& id, const std::string& emoji, Done done) {
  const auto refuse = [&](const std::string& why) {
    rooms_->turn_.before_commit([done = std::move(done), why] { done(err(Code::kLocalUsage, why)); });
  };
  if (emoji.size() > e2e::kMaxEmoji || !valid_utf8(emoji)) {
    return refuse("a reaction has at most " + std::to_string(e2e::kMaxEmoji) + " bytes of UTF-8");
  }
  if (!emoji.empty() && !e2e::shows_something(emoji)) return refuse("nothing of this reaction can be seen");
  rooms_->sending_.sender.annotate(id, false, e2e::Reaction{{}, emoji, {}}, std::move(done));
  rooms_->turn_.wake();
}
void Session::send_poll(const PeerName& to, const std::string& question, const std::vector<std::string>& options,
                        const std::string& name, std::function<void(const Result<SentMessage>&)> done) {
  rooms_->sending_.sender.send_poll(to, options.empty() ? parse_poll(question) : make_poll(question, options), name,
                                    std::move(done));
  rooms_->turn_.wake();
}
void Session::vote(const std::string& id, uint32_t choice, Done done) {
  rooms_->sending_.sender.annotate(id, false, e2e::Vote{{}, choice, {}}, std::move(done));
  rooms_->turn_.wake();
}
Result<std::optional<ChatMessage>> Session::sent_as(const std::string& name) {
  return rooms_->sending_.sender.sent_as(name);
}

Result<std::vector<ChatMessage>> Session::history(const PeerName& peer, size_t limit, int64_t before_position) {
  return rooms_->timeline_.history(peer, limit, before_position);
}
Result<std::vector<ChatMessage>> Session::history_after(const PeerName& peer, size_t limit, int64_t after_position) {
  return rooms_->timeline_.history_after(peer, limit, after_position);
}
Result<PlaceInfo> Session::place(const PeerName& peer, int64_t position) {
  return rooms_->timeline_.place(peer, position);
}
Result<std::vector<ChatMessage>> Session::unseen(int64_t after_position, size_t limit) {
  return rooms_->timeline_.unseen(after_position, limit);
}
Result<MessageInfo> Session::message_info(const std::string& id) {
  return rooms_->timeline_.info(id);
}
Result<std::vector<ConversationInfo>> Session::conversations() {
  return rooms_->timeline_.conversations();
}
Result<std::vector<store::QuarantineEntry>> Session::quarantine() {
  return rooms_->store_->quarantine().all();
}
Result<StatusInfo> Session::status() {
  return rooms_->status();
}
void Session::mark_seen(const ChatMessage& message) {
  if (rooms_->turn_.begin()) {
    rooms_->turn_.check(rooms_->store_->seen().mark(message.row));
    rooms_->turn_.after_commit([this, peer = message.peer] { rooms_->listener_.on_seen(peer); });
  }
  rooms_->turn_.wake();
}
Result<> Session::try_seen(const std::vector<ChatMessage>& messages) {
  if (rooms_->store_->in_transaction()) return Unit{};
  std::vector<int64_t> rows;
  for (const ChatMessage& message : messages) rows.push_back(message.row);
  return rooms_->store_->try_seen(rows);
}
void Session::mark_peer_read(const PeerName& peer, bool receipts) {
  receipts ? rooms_->sending_.receipts.mark_read(peer) : rooms_->sending_.receipts.mark_seen(peer);
  rooms_->turn_.wake();
}

Result<std::vector<GroupInfo>> Session::groups() {
  std::vector<GroupInfo> out = rooms_->follower_.book().all();
  for (GroupInfo& group : out) group.request = rooms_->timeline_.is_request(store::ConversationId::group(group.id));
  return out;
}
bool Session::groups_busy() const {
  return rooms_->server_.attached() && rooms_->sync_.busy();
}

People& Session::people() {
  return rooms_->people_;
}

void Session::devices(std::function<void(const Result<std::vector<DeviceInfo>>&)> done) {
  rooms_->found_.devices.list(std::move(done));
}
void Session::remove_device(const std::string& id, Done done) {
  rooms_->found_.devices.remove(id, std::move(done));
}
void Session::rename_device(const std::string& id, const std::string& name, Done done) {
  rooms_->found_.devices.rename(id, name, std::move(done));
}
Result<std::vector<DeviceInfo>> Session::known_devices() {
  return rooms_->found_.devices.known();
}

}  // namespace fastchat::client
