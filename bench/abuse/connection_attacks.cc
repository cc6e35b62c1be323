#include "bench/abuse/connection_attacks.h"

#include <algorithm>
#include <zmq.hpp>

#include "bench/fail.h"
#include "bench/hub.h"
#include "bench/meter.h"
#include "common/random.h"
#include "common/wire.h"

namespace fastchat::bench::abuse {
namespace {

constexpr int kOwnMessages = 50'000, kOwnAtOnce = 2000, kNewAtOnce = 6;
constexpr int kGuessAtOnce = 8;
constexpr int kSignUpsAtOnce = 8;
constexpr int kConnections = 20;
constexpr uint64_t kConnectNs = 5'000'000'000;
constexpr size_t kPart = 256 * 1024;
constexpr int kParts = 4'000;  // of a message: 1 GiB, of which a server takes less than a tenth before it ends the
                               // connection

}  // namespace

// User 0 writes. User 1 is another device of the same person, which is offline. The others are the new devices.
NewDevices::NewDevices(const AttackOptions& options) : Attack(options, 2 + kNewAtOnce) {
  for (int user = 1; user < users(); ++user) {
    driver().identity(user).name = driver().identity(0).name;
    driver().identity(user).auth = driver().identity(0).auth;
  }
}

void NewDevices::prepare() {
  sign_up(0, 1);
  for (const int user : {0, 1}) {
    login(user);
    wait("a login", [&] { return ready(user); });
  }
  driver().logout(link(1));
  const int messages = scaled(kOwnMessages);
  for (int written = 0; settled_ < messages;) {
    for (; written < messages && written - settled_ < kOwnAtOnce; ++written) driver().send_to(link(0), 0, "x");
    turn(now_ns() + 1'000'000);
  }
}

void NewDevices::on_receipt(Link& link, uint64_t ref, Receipt receipt) {
  Attack::on_receipt(link, ref, receipt);
  ++settled_;
}

void NewDevices::on_ready(Link& link) {
  Attack::on_ready(link);
  if (link.id < 2) return;
  count("logged_in");
  driver().logout(link);
}

void NewDevices::go_on(uint64_t now) {
  static_cast<void>(now);
  for (int user = 2; user < users(); ++user) {
    if (is_open(user)) continue;
    driver().identity(user).device = random_bytes(wire::kDeviceId);
    count_sent();
    login(user);
  }
}

WrongPasswords::WrongPasswords(const AttackOptions& options) : Attack(options, kGuessAtOnce) {}

void WrongPasswords::go_on(uint64_t now) {
  static_cast<void>(now);
  const HonestOptions& them = options().honest;
  const Accounts honest(them.prefix, "");
  for (int user = 0; user < users(); ++user) {
    if (is_open(user)) continue;
    Identity& who = driver().identity(user);
    who.name = honest.name(first_guest(them.pairs) + next_++ % them.guests);
    who.auth = random_bytes(wire::kAuth);
    who.device = random_bytes(wire::kDeviceId);
    count_sent();
    login(user);
  }
}

// Sign-ups have their own driver and links: a link ends when its account is made.
class LargeSignUps::Makers final : public FastchatEvents {
 public:
  explicit Makers(LargeSignUps& attack)
      : attack_(attack),
        accounts_("hoard" + to_hex(random_bytes(4)), "correct horse bench"),
        driver_(hub_, *this, accounts_, {attack.broker(), kSignUpsAtOnce, 1, 1, true}) {
    hub_.set_events(&driver_);
    for (int i = 0; i < kSignUpsAtOnce; ++i) {
      links_.push_back(std::make_unique<Link>(i));
      links_.back()->source = attack.link(0).source;
      Identity& who = driver_.identity(i);
      who.blob = random_bytes(wire::kMaxIdentityBlob);
      who.vault = random_bytes(wire::kMaxVault);
    }
  }

  void go_on() {
    for (const auto& link : links_) {
      if (hub_.is_open(*link)) continue;
      driver_.identity(link->id).name = accounts_.name(made_++);
      attack_.count_sent();
      driver_.login(*link);
    }
    hub_.turn(now_ns());
    for (Link* link : done_) driver_.logout(*link);
    done_.clear();
  }

  void on_ready(Link& link) override {
    attack_.count("signed_up");
    done_.push_back(&link);
  }
  void on_lost(Link& link, const std::string& why) override {
    static_cast<void>(link);
    attack_.count(code_of(why));
  }
  void on_group(Link&) override {}
  void on_message(Link&, ByteView) override {}
  void on_confirm(Link&, uint32_t) override {}
  void on_rejected(Link&, const std::string&) override {}
  void on_answer(Link&, const v1::ServerFrame&) override {}

 private:
  LargeSignUps& attack_;
  const Accounts accounts_;
  Hub hub_;
  FastchatDriver driver_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<Link*> done_;
  int made_ = 0;
};

LargeSignUps::LargeSignUps(const AttackOptions& options)
    : Attack(options, 1), makers_(std::make_unique<Makers>(*this)) {}
LargeSignUps::~LargeSignUps() = default;

void LargeSignUps::go_on(uint64_t now) {
  static_cast<void>(now);
  makers_->go_on();
}

// libzmq sends the parts of a message when it has the last one. All parts share the same bytes without a copy, so a
// message of many gigabytes costs its sender little.
class EndlessParts::Sockets {
 public:
  explicit Sockets(EndlessParts& attack) : attack_(attack), part_(kPart, 'x') {
    context_.set(zmq::ctxopt::io_threads, 1);
  }

  void go_on(uint64_t now) {
    // Open late: a broker ends connections that send nothing.
    while (sockets_.size() < kConnections) open(static_cast<int>(sockets_.size()), now);
    for (size_t i = 0; i < sockets_.size(); ++i) {
      const int events = sockets_[i].get(zmq::sockopt::events);
      if (!up_[i] && (events & ZMQ_POLLOUT) != 0) {
        up_[i] = true;
        attack_.count("connected");
        write(sockets_[i]);
      } else if (up_[i] && (events & ZMQ_POLLOUT) == 0) {
        attack_.count("ended");
        open(static_cast<int>(i), now);
      } else if (!up_[i] && now - opened_ns_[i] > kConnectNs) {
        attack_.count("not connected");
        open(static_cast<int>(i), now);
      }
    }
  }

 private:
  void open(int i, uint64_t now) {
    DealerOptions options;
    options.reconnect = false;
    options.limits.send_hwm = 0;
    auto socket = make_client_dealer(context_, make_curve_pair(), attack_.broker().key, options);
    if (!socket) fail(socket.error().text);
    if (static_cast<size_t>(i) == sockets_.size()) {
      sockets_.emplace_back();
      up_.push_back(false);
      opened_ns_.push_back(now);
    }
    opened_ns_[static_cast<size_t>(i)] = now;
    sockets_[static_cast<size_t>(i)] = std::move(*socket);
    up_[static_cast<size_t>(i)] = false;
    const std::string to = from_source(attack_.link(0).source, attack_.broker().endpoint());
    if (auto r = connect_socket(sockets_[static_cast<size_t>(i)], to); !r) fail(r.error().text);
  }

  void write(zmq::socket_t& socket) {
    const auto keep = [](void*, void*) {};
    for (int n = 0; n < kParts; ++n) {
      zmq::message_t part(part_.data(), part_.size(), keep, nullptr);
      socket.send(part,
                  n + 1 < kParts ? zmq::send_flags::sndmore | zmq::send_flags::dontwait : zmq::send_flags::dontwait);
    }
    attack_.count_sent();
  }

  EndlessParts& attack_;
  Bytes part_;  // outlives the context, whose threads read the part
  zmq::context_t context_;
  std::vector<zmq::socket_t> sockets_;
  std::vector<bool> up_;
  std::vector<uint64_t> opened_ns_;
};

EndlessParts::EndlessParts(const AttackOptions& options)
    : Attack(options, 1), sockets_(std::make_unique<Sockets>(*this)) {}
EndlessParts::~EndlessParts() = default;

void EndlessParts::go_on(uint64_t now) {
  sockets_->go_on(now);
}

}  // namespace fastchat::bench::abuse
