#include "tests/sim/session_node.h"

#include <filesystem>
#include <utility>

#include "client/e2e/password_for_tests.h"
#include "tests/sim/broker_node.h"
#include "tests/support/test_keys.h"

namespace fastchat::sim {
namespace {

namespace fs = std::filesystem;
using client::Session;

constexpr char kPassword[] = "tulip harbour kestrel 4921";
constexpr int64_t kQuitUs = 3 * kSecond;  // a program waits so long for its last acknowledgements

// A pair that was made before, parsed anew: OpenSSL keeps random numbers in a key that is used.
e2e::KeyPair pair(size_t number) {
  return e2e::KeyPair::from_own_pkcs8(tests::test_key_pkcs8(number)).value();
}

// All but the file that SQLite shares between programs that run.
void copy_folder(const std::string& from, const std::string& to) {
  fs::remove_all(to);
  fs::create_directories(to);
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = to / fs::relative(entry.path(), from);
    if (entry.is_directory()) fs::create_directories(target);
    if (entry.is_regular_file() && entry.path().extension() != ".db-shm") fs::copy_file(entry.path(), target);
  }
}

}  // namespace

SessionNode::SessionNode(World& world, Knobs& knobs, Network& net, Readers& readers, std::string root, int device,
                         std::string user)
    : Process(world, knobs, user + "/" + std::to_string(device)),
      knobs_of_all_(knobs),
      net_(net),
      readers_(readers),
      root_(std::move(root)),
      device_(device),
      user_(std::move(user)),
      sign_up_(device % 10 == 0) {
  host_.wall_skew_ms = world.rng.chance(300) ? world.rng.between(-3'600'000, 3'600'000) : world.rng.between(-500, 500);
  readers_.add_device(device, user_);
  fs::create_directories(root_);
}

SessionNode::~SessionNode() {
  session_.reset();
}

// ---- the process

void SessionNode::on_start() {
  readers_.starts(device_);
  client::SessionOptions options;
  options.data_dir = folder();
  options.downloads = root_ + "/downloads";
  const auto broker = world_.rng.below(static_cast<uint64_t>(knobs_.brokers));
  options.invite = InviteLine{"broker" + std::to_string(broker), 7999, Bytes(32, 'b'), Bytes(16, 'r')};
  options.agent = "sim";
  options.device_name = name();
  options.typing = device_ % 3 != 0;
  options.derive = [](std::string_view password, ByteView realm, std::string_view user) {
    return e2e::derive_password_with_memory_for_tests(password, realm, user, 8192);
  };
  options.make_pair = [this] { return pair(rng().below(tests::kTestKeys)); };
  auto machine = std::make_unique<SimMachine>(world_, knobs_, net_, *this, host_);
  machine_ = machine.get();
  state_ = core::LinkState::kOffline;
  entering_ = ends_ = false;
  quit_by_ = 0;
  const FullDisk full(host_.full_until > world_.now());
  auto opened = Session::open(std::move(machine), std::move(options), *this);
  if (!opened.ok()) {
    world_.trace([&] { return name() + " does not start: " + opened.error().text; });
    machine_ = nullptr;
    ends_ = true;
    return;
  }
  session_ = std::move(*opened);
  if (session_->has_profile() && session_->unlocked()) return session_->start();
  if (session_->has_profile() && !removed() && host_.full_until == 0 && knobs_.copies == 0)
    throw Violation("a profile opens", name() + " is locked");
  log_in();
}

// The next process finds the folder as it is now. Whatever the session writes while it ends is lost.
void SessionNode::on_kill() {
  net_.process_died(*this);
  if (!session_) return;
  const std::string before = folder();
  ++folder_;
  copy_folder(before, folder());
  sabotage_disk();
  session_.reset();
  machine_ = nullptr;
  fs::remove_all(before);
}

int64_t SessionNode::on_turn_end(int64_t now) {
  int64_t next = now;
  if (knobs_.sabotage == Sabotage::kDiskForgets && now - old_since_ > kSecond) {
    old_since_ = now;
    copy_folder(folder(), root_ + "/old");
  }
  if (session_) {
    const FullDisk full(host_.full_until > world_.now());
    next = machine_->end_turn();
  }
  if (ends_) {
    kill();
    return 0;
  }
  if (quit_by_ != 0 && (session_->settled() || now >= quit_by_)) {
    session_->stop();
    machine_->end_turn();
    world_.trace([&] { return name() + " ends"; });
    // In order: what the session writes while it goes stays.
    net_.process_died(*this);
    session_.reset();
    machine_ = nullptr;
    kill();
    return 0;
  }
  return next == INT64_MAX ? now + 3'600 * kSecond : next;
}

void SessionNode::sabotage_disk() const {
  const std::string old = root_ + "/old";
  if (knobs_.sabotage == Sabotage::kDiskForgets && fs::exists(old)) copy_folder(old, folder());
  if (knobs_.sabotage != Sabotage::kForgetsAnnotations) return;
  const auto store = store::Store::open(folder());
  if (store.ok()) (void)(*store)->sql().script("delete from remarks");
}

void SessionNode::end_soon() {
  ends_ = true;
}

void SessionNode::quit() {
  post(life(), Source::kOwn, [this] {
    if (!session_ || quit_by_ != 0) return;
    session_->settle();
    quit_by_ = local() + kQuitUs;
  });
}

// ---- the account

client::AccountArgs SessionNode::account() const {
  client::AccountArgs args;
  args.user = user_;
  args.password = e2e::Secret::copy_of(kPassword);
  return args;
}

void SessionNode::log_in() {
  if (entering_) return;
  entering_ = true;
  const auto done = [this](const Result<>& result) { logged_in(result); };
  if (sign_up_) {
    session_->sign_up(account(), done);
  } else {
    session_->log_in(account(), done);
  }
}

void SessionNode::logged_in(const Result<>& result) {
  entering_ = false;
  world_.trace([&] { return name() + (result.ok() ? " is in" : " is not let in: " + result.error().text); });
  if (result.ok()) {
    sign_up_ = false;
    return;
  }
  const Code code = result.code();
  // An earlier try made the account and did not hear of that.
  if (code == Code::kNameTaken && sign_up_) sign_up_ = false;
  if (code == Code::kBadCredentials || code == Code::kLocalUntrustedKey || code == Code::kLocalCrypto ||
      code == Code::kLocalUsage || code == Code::kInternal)
    throw Violation("no false end", name() + " is not let in: " + result.error().text);
  // The person starts the program again.
  end_soon();
}

void SessionNode::on_connection(const client::ConnectionEvent& event) {
  world_.trace([&] { return name() + " is " + core::name(event.state) + " " + event.text; });
  state_ = event.state;
  if (event.state == core::LinkState::kDraining && session_->has_profile()) {
    const auto status = session_->status();
    if (status.ok()) readers_.attached(device_, *from_hex(status->device));
  }
  if (event.state != core::LinkState::kEnded || entering_ || ends_ || quit_by_ != 0) return;
  switch (event.code) {
    case Code::kDeviceEnded:
      readers_.set_removed(device_);
      return end_soon();
    case Code::kPasswordNeeded:
      return log_in();
    case Code::kOk:
    case Code::kSuperseded:  // a login of an earlier process came through late
    case Code::kLocalDisk:
      return end_soon();
    default:
      throw Violation("no false end", name() + " gave up: " + event.text);
  }
}

// ---- the disk

void SessionNode::fill_disk(int64_t us) {
  world_.trace([&] { return name() + ": the disk is full for " + std::to_string(us / kMs) + " ms"; });
  host_.full_until = world_.now() + us;
}

void SessionNode::copy_disk() {
  if (!fs::exists(folder())) return;
  world_.trace([&] { return name() + ": its disk is copied"; });
  copy_ = root_ + "/copy";
  copy_folder(folder(), copy_);
}

void SessionNode::put_copy_back() {
  world_.trace([&] { return name() + ": the copy of its disk is put back"; });
  readers_.put_back(device_);
  fs::remove_all(folder());
  fs::rename(std::exchange(copy_, {}), folder());
}

// ---- the end

std::string SessionNode::unrest() const {
  const auto status = session_->status();
  if (!status.ok()) return name() + ": " + status.error().text;
  if (status->outbox != 0)
    return name() + " has " + std::to_string(status->outbox) + " open, " + std::to_string(status->unaccepted) +
           " of them not accepted";
  if (session_->groups_busy()) return name() + " is busy with its groups";
  const auto transfers = session_->transfers();
  for (const auto& t : *transfers) {
    using State = client::TransferInfo::State;
    if (t.state == State::kRunning || t.state == State::kWaiting) return name() + " has a file under way: " + t.name;
  }
  return {};
}

void SessionNode::show_all() {
  const auto conversations = session_->conversations();
  if (!conversations.ok()) throw Violation("a profile opens", name() + ": " + conversations.error().text);
  for (const auto& conversation : *conversations) {
    const auto lines = session_->history(conversation.peer, 100'000);
    if (!lines.ok()) throw Violation("a profile opens", name() + ": " + lines.error().text);
    readers_.shows(device_, *lines);
  }
}

}  // namespace fastchat::sim
