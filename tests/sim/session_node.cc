#include "tests/sim/session_node.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "client/session/people.h"
#include "tests/sim/broker_node.h"
#include "tests/sim/server_faults.h"
#include "tests/support/test_keys.h"

namespace fastchat::sim {
namespace {

using client::Session;

constexpr int64_t kQuitUs = 3 * kSecond;  // the time for which a program waits for its last acknowledgements
constexpr int64_t kRecentEpochs = 3;      // the epochs of a group whose keys are not drawn again

// Parses a pair that was made before, anew, because OpenSSL keeps random numbers in a key that is used.
e2e::KeyPair pair(size_t number) {
  return e2e::KeyPair::from_own_pkcs8(tests::test_key_pkcs8(number)).value();
}

}  // namespace

SessionNode::SessionNode(People& people, Network& net, std::string root, int device, std::string user)
    : Process(people.world, people.knobs, user + "/" + std::to_string(device)),
      net_(net),
      db_(people.db),
      devices_(people.devices),
      readers_(people.readers),
      passwords_(people.passwords),
      keys_(people.keys),
      device_(device),
      disk_(people.world, people.knobs, std::move(root), name()),
      person_(people, disk_, device, user),
      sign_up_(device % 10 == 0) {
  devices_.add(device, user);
}

SessionNode::~SessionNode() {
  session_.reset();
}

// Returns true for a key that this user has or had.
bool SessionNode::was_own(const Bytes& spki) const {
  const auto uid = db_.uid_by_name.find(user());
  if (uid == db_.uid_by_name.end()) return false;
  const auto& account = db_.users.at(uid->second);
  return account.public_key == spki || account.first_public_key == spki ||
         std::any_of(account.rekeys.begin(), account.rekeys.end(),
                     [&](const Bytes& line) { return line.find(spki) != Bytes::npos; });
}

// Draws a pair of the pool that is the key of no recent epoch of a group, and was never this user's. Real pairs never
// come twice, so a client gives up a change whose key is that of the epoch before, and contacts refuse a line of keys
// that comes back to one.
e2e::KeyPair SessionNode::fresh_pair() {
  const auto used = [this](const e2e::KeyPair& drawn) {
    const Bytes spki = drawn.public_key().spki();
    if (was_own(spki)) return true;
    return std::any_of(db_.groups.begin(), db_.groups.end(), [&](const auto& entry) {
      const auto& states = entry.second.states;
      const auto recent = states.upper_bound(entry.second.epoch - kRecentEpochs);
      return std::any_of(recent, states.end(),
                         [&](const auto& state) { return state.second.state.find(spki) != Bytes::npos; });
    });
  };
  size_t number = world_.rng.below(tests::kTestKeys);
  for (size_t tries = 1; tries < tests::kTestKeys && used(pair(number)); ++tries)
    number = (number + 1) % tests::kTestKeys;
  return pair(number);
}

// ---- the process

void SessionNode::on_start() {
  devices_.starts(device_);
  client::SessionOptions options;
  options.data_dir = disk_.folder();
  options.downloads = disk_.downloads();
  const auto broker = world_.rng.below(static_cast<uint64_t>(knobs_.brokers));
  options.invite = InviteLine{"broker" + std::to_string(broker), 7999, Bytes(32, 'b'), Bytes(16, 'r')};
  options.agent = "sim";
  options.device_name = name();
  options.typing = device_ % 3 != 0;
  options.derive = TypedPasswords::derive;
  options.make_pair = [this] { return fresh_pair(); };
  auto machine = std::make_unique<SimMachine>(world_, knobs_, net_, *this, disk_.host());
  machine_ = machine.get();
  state_ = core::LinkState::kOffline;
  entering_ = changing_ = ends_ = dead_ = false;
  quit_by_ = 0;
  const FullDisk full(disk_.host().full_until > world_.now());
  const DiskWatch watch(disk_.host().death);
  auto opened = Session::open(std::move(machine), std::move(options), *this);
  if (!opened.ok()) {
    world_.trace([&] { return name() + " does not start: " + opened.error().text; });
    machine_ = nullptr;
    ends_ = true;
    return;
  }
  session_ = std::move(*opened);
  person_.sits_at(session_.get());
  if (session_->has_profile() && session_->unlocked()) {
    if (knobs_.goes_back() && devices_.at(device_).died) show_receipts();
    return session_->start();
  }
  if (session_->has_profile() && !ended() && !disk_.was_full() && knobs_.copies == 0)
    throw Violation("a profile opens", name() + " is locked");
  enter();
}

void SessionNode::show_receipts() {
  const auto conversations = session_->conversations();
  if (!conversations.ok()) return;
  for (const auto& conversation : *conversations) {
    if (const auto lines = session_->history(conversation.peer, 100'000); lines.ok())
      readers_.begins_with(device_, *lines);
  }
}

// Loses all writes of the session while it ends.
void SessionNode::on_kill() {
  net_.process_died(*this);
  if (!session_) return;
  const std::string folder = disk_.process_died();
  end_session();
  std::filesystem::remove_all(folder);
}

void SessionNode::end_session() {
  person_.sits_at(nullptr);
  session_.reset();
  machine_ = nullptr;
}

int64_t SessionNode::on_turn_end(int64_t now) {
  int64_t next = now;
  disk_.turn_begins();
  if (session_) {
    const FullDisk full(disk_.host().full_until > world_.now());
    const DiskWatch watch(disk_.host().death);
    next = machine_->end_turn();
  }
  if (ends_) {
    kill();
    return 0;
  }
  // A machine that died in this turn ends nothing in order: kill() follows.
  if (quit_by_ != 0 && !disk_.died() && (session_->settled() || now >= quit_by_)) {
    session_->stop();
    machine_->end_turn();
    world_.trace([&] { return name() + " ends"; });
    // An orderly end: writes of the session during its end stay.
    net_.process_died(*this);
    end_session();
    kill();
    return 0;
  }
  return next == INT64_MAX ? now + 3'600 * kSecond : next;
}

// Ends the process right after its actions in that step. Nobody sees the rest of the step.
void SessionNode::die_in_a_step() {
  if (!session_) return;
  disk_.die_in_a_step([this] {
    if (knobs_.sabotage != Sabotage::kLeavesBeforeDisk) {
      dead_ = true;
      machine_->mute();
      person_.sits_at(nullptr);
      devices_.died(device_);
    }
    world_.after(0, [this, life = life()] {
      if (alive() && life == this->life()) kill();
    });
  });
}

void SessionNode::have(std::function<void(Person&)> deed) {
  if (!session_ || !alive()) return;
  post(life(), Source::kOwn, [this, deed = std::move(deed)] {
    if (session_ && session_->unlocked() && quit_by_ == 0 && !ends_ && !entering_ && !dead_) deed(person_);
  });
}

void SessionNode::quit() {
  post(life(), Source::kOwn, [this] {
    if (!session_ || quit_by_ != 0) return;
    session_->settle();
    quit_by_ = local() + kQuitUs;
  });
}

// ---- the account

void SessionNode::enter() {
  if (entering_ || dead_) return;
  entering_ = true;
  // A sign-up may be on the disk of a machine that died before it reported the sign-up.
  sign_up_ = sign_up_ && !session_->has_profile();
  begin_asking();
  client::AccountArgs args;
  args.user = user();
  const std::string password = passwords_.of(user());
  passwords_.typed(device_, password);
  args.password = e2e::Secret::copy_of(password);
  const auto done = [this](const Result<>& result) {
    if (!dead_) entered(result);
  };
  if (sign_up_) {
    session_->sign_up(std::move(args), done);
  } else {
    session_->log_in(std::move(args), done);
  }
}

// Notes the password that holds when a log-in or a change of the password begins.
void SessionNode::begin_asking() {
  changes_at_start_ = passwords_.changes(user());
  held_at_start_ = passwords_.of(user());
}

// Returns true when this device cannot log in by its secret, through no fault of the client: another device changed the
// password, the database went back, or a copy of the disk was put back. The server may also have made a change of this
// device after the device had replaced it by another change.
bool SessionNode::password_needed() {
  const auto status = session_->status();
  const std::optional<Bytes> id = status.ok() ? from_hex(status->device) : std::nullopt;
  return devices_.forgotten(device_) || passwords_.replaced(device_, user()) || !id || passwords_.needed(user(), *id);
}

// Fails for a refusal without an explanation. A password may be refused when another one holds since it was typed.
void SessionNode::check_refusal(const Result<>& result, const char* what) const {
  const Code code = result.code();
  const bool overtaken = passwords_.changes(user()) > changes_at_start_ || passwords_.of(user()) != held_at_start_;
  if (code == Code::kBadCredentials && overtaken) return;
  if (code == Code::kBadCredentials || code == Code::kLocalUntrustedKey || code == Code::kLocalCrypto ||
      code == Code::kLocalUsage || code == Code::kInternal || code == Code::kPasswordNeeded)
    throw Violation("no false end", name() + what + result.error().text);
}

void SessionNode::entered(const Result<>& result) {
  entering_ = false;
  world_.trace([&] { return name() + (result.ok() ? " is in" : " is not let in: " + result.error().text); });
  if (result.ok()) {
    sign_up_ = false;
    return;
  }
  // An earlier try made the account, and its answer was lost.
  if (result.code() == Code::kNameTaken && sign_up_) sign_up_ = false;
  check_refusal(result, " is not let in: ");
  // The user starts the program again.
  ends_ = true;
}

void SessionNode::change_password() {
  if (changing_) return;
  have([this](Person& person) {
    if (changing_) return;
    changing_ = true;
    begin_asking();
    const bool new_key = knobs_.rekeys && world_.rng.chance(600);
    person.change_password(new_key, [this](const Result<>& result) {
      changing_ = false;
      if (result.code() == Code::kPasswordNeeded && password_needed()) return;
      check_refusal(result, " does not change the password: ");
    });
  });
}

void SessionNode::on_connection(const client::ConnectionEvent& event) {
  if (dead_) return;
  world_.trace([&] { return name() + " is " + core::name(event.state) + " " + event.text; });
  state_ = event.state;
  // Restarts in the middle of a change of the password: before the server has it, or before this device has the answer.
  if (event.state == core::LinkState::kChangingPassword && world_.rng.chance(400)) {
    later(world_.rng.skewed(0, 300 * kMs), [this] { restart_later(world_, *this, 5 * kSecond); });
  }
  if (event.state == core::LinkState::kLoggingIn) devices_.logs_in(device_);
  // The device opened the vault of the answer by then.
  if (event.state == core::LinkState::kAttaching) devices_.logged_in(device_);
  if (event.state == core::LinkState::kDraining && session_->has_profile()) {
    const auto status = session_->status();
    if (status.ok()) devices_.attached(device_, *from_hex(status->device));
  }
  if (event.state != core::LinkState::kEnded || entering_ || changing_ || ends_ || quit_by_ != 0) return;
  switch (event.code) {
    case Code::kDeviceEnded:
      devices_.removed(device_);
      ends_ = true;
      return;
    case Code::kPasswordNeeded:
      if (!password_needed()) throw Violation("no false end", name() + " asks for the password without need");
      return enter();
    case Code::kOk:
    case Code::kSuperseded:  // a log-in of an earlier process came through late
    case Code::kLocalDisk:
      ends_ = true;
      return;
    default:
      throw Violation("no false end", name() + " gave up: " + event.text);
  }
}

void SessionNode::on_message(const client::ChatMessage& message) {
  if (dead_) return;
  readers_.told(device_, message);
  // A user who wrote to a contact, or read a message of the contact, has the contact's key.
  if (client::is_content(message.kind) && message.from != user()) keys_.knows(name(), message.from);
}

void SessionNode::on_receipt(const client::ReceiptEvent& event) {
  if (!dead_) readers_.receipt(device_, event);
}

void SessionNode::on_notice(const client::Notice& notice) {
  if (dead_) return;
  readers_.notice(device_, notice);
  if (notice.kind == client::Notice::Kind::kRequest) {
    later(world_.rng.between(0, 5 * kSecond), [this] { have([](Person& person) { person.accept_all(); }); });
  }
  if (notice.kind != client::Notice::Kind::kKeyChanged) return;
  // The sabotaged client takes any key that it is shown.
  if (knobs_.sabotage == Sabotage::kTakesAnyKey) return (void)session_->people().judge_key(notice.peer.user(), true);
  later(world_.rng.between(0, 5 * kSecond),
        [this, peer = notice.peer.user()] { have([peer](Person& person) { person.decide(peer); }); });
}

}  // namespace fastchat::sim
