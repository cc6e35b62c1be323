#include "worker/owner_brokers.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/socket.h"

namespace fastchat::worker {
namespace {

constexpr int64_t kAddressPatience = 3'000'000;  // us of silence, then the next address
constexpr int64_t kKnockEvery = 500'000;         // us
constexpr int64_t kKnockOpenEvery = 5'000'000;   // us, when somebody listens and does not answer
constexpr int64_t kNamesEvery = 20'000;          // us between two checks of a name look-up

}  // namespace

Result<std::unique_ptr<BrokerPath>> BrokerPath::open(zmq::socket_t socket, std::string endpoint, int64_t now) {
  if (split_endpoint(endpoint).port.empty()) {
    return err(Code::kLocalUsage, "--broker: " + endpoint + " is not of the form tcp://HOST:PORT");
  }
  std::unique_ptr<BrokerPath> path(new BrokerPath(std::move(socket), std::move(endpoint)));
  path->try_next(now);
  return path;
}

int64_t BrokerPath::tick(int64_t now, bool heard) {
  if (names_ != nullptr && names_->done()) take_names();
  if (heard) {
    next_address_at_ = now + kAddressPatience;
    knocks_.clear();
    return 0;
  }
  if (now >= next_address_at_ && names_ == nullptr) try_next(now);
  return knock(now);
}

int64_t BrokerPath::next_tick(int64_t now) const {
  return now + (names_ != nullptr || !knocks_.empty() ? kNamesEvery : kKnockEvery);
}

// Connects to the next address; after the last address, looks the name up again.
void BrokerPath::try_next(int64_t now) {
  next_address_at_ = now + kAddressPatience;
  const auto used = std::find(addresses_.begin(), addresses_.end(), connected_);
  if (used != addresses_.end() && used + 1 != addresses_.end()) return connect(*(used + 1));
  names_ = std::make_unique<Resolver>(endpoint_);
  if (names_->done()) take_names();
}

// Takes the addresses found. Keeps a single address that is in use already: libzmq connects to it again and again.
void BrokerPath::take_names() {
  const auto found = std::exchange(names_, nullptr)->endpoints();
  if (found.empty()) return log::warn("broker_has_no_address", {{"broker", endpoint_}});
  addresses_ = found;
  if (addresses_.size() > 1 || addresses_.front() != connected_) connect(addresses_.front());
}

void BrokerPath::connect(const std::string& address) {
  if (address == connected_) return;
  if (!connected_.empty()) {
    try {
      socket_.disconnect(connected_);
    } catch (const zmq::error_t& e) {
      log::debug("broker_disconnect", {{"address", connected_}, {"error", e.what()}});
    }
  }
  connected_ = address;
  if (auto done = connect_socket(socket_, address); !done) {
    log::warn("broker_connect", {{"address", address}, {"error", done.error().text}});
  }
}

int64_t BrokerPath::knock(int64_t now) {
  const auto any = [this](Knock state) {
    return std::any_of(knocks_.begin(), knocks_.end(), [&](const auto& k) { return k->state() == state; });
  };
  if (!knocks_.empty() && !any(Knock::kWaiting)) {
    const bool refused = !any(Knock::kOpened) && !any(Knock::kFailed);
    knock_at_ = knocked_at_ + (any(Knock::kOpened) ? kKnockOpenEvery : kKnockEvery);
    knocks_.clear();
    if (refused) return knocked_at_;
  }
  if (now < knock_at_ || addresses_.empty()) return 0;
  knocked_at_ = now;
  knock_at_ = now + kKnockEvery;
  knocks_.clear();
  for (const std::string& address : addresses_) knocks_.push_back(std::make_unique<Knocking>(address));
  return 0;
}

}  // namespace fastchat::worker
