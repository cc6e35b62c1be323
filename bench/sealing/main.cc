// fastchat-sealing-bench: the processor time of sealing and opening a message of 100 bytes, suite 1 beside suite 2.
//
//   fastchat-sealing-bench [MESSAGES [ROUNDS]]
//
// Each round seals and opens MESSAGES direct messages of each suite, in turns, so that a change of the machine's speed
// meets both. It prints one JSON object: microseconds of processor time a message (seal_1, open_1, seal_2, open_2), and
// the ratios of suite 2 to suite 1. Opening is open_message(): strict parse, signature, both keys, content.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <utility>

#include "client/e2e/message.h"
#include "client/e2e/prekey.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/standard_streams.h"

namespace fastchat::bench {
namespace {

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "fastchat-sealing-bench: %s\n", why.c_str());
  std::exit(2);
}

double cpu_us() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

e2e::Identity person(const char* name) {
  return e2e::Identity(Bytes(16, 'R'), name, {e2e::KeyPair::generate()});
}

struct OnePin final : e2e::Pins {
  explicit OnePin(e2e::PeerKey key) : pinned(std::move(key)) {}
  e2e::Pinned find(std::string_view /*user*/) const override { return {&pinned, false}; }
  e2e::PeerKey pinned;
};
struct NoMarks final : e2e::ReplayMarks {
  std::optional<Seen> seen(const e2e::MessageId& /*id*/) const override { return std::nullopt; }
};
struct NoGroups final : e2e::Groups {
  const e2e::GroupState* current(ByteView /*group_id*/) const override { return nullptr; }
  e2e::EpochView epoch(ByteView /*group_id*/, uint64_t /*epoch*/) const override { return {}; }
};
struct OnePrekey final : e2e::Prekeys {
  explicit OnePrekey(e2e::PrekeyPair pair) : held(std::move(pair)) {}
  const e2e::PrekeyPair* own(ByteView /*fpr*/, uint64_t n, ByteView /*hash*/) const override {
    return n == held.prekey.n ? &held : nullptr;
  }
  bool awaited(ByteView /*fpr*/, uint64_t /*n*/) const override { return false; }
  e2e::PrekeyPair held;
};

// Alice, who writes to bob.
class Pair {
 public:
  void run(int messages) {
    double seal[2] = {}, open[2] = {};
    for (int i = 0; i < 2 * messages; ++i) {
      const int suite2 = i % 2;
      const double start = cpu_us();
      const Bytes envelope = sealed(suite2 == 1);
      const double between = cpu_us();
      opens(envelope);
      seal[suite2] += between - start;
      open[suite2] += cpu_us() - between;
    }
    Json json;
    json.add_decimal("seal_1", seal[0] / messages, 1).add_decimal("open_1", open[0] / messages, 1);
    json.add_decimal("seal_2", seal[1] / messages, 1).add_decimal("open_2", open[1] / messages, 1);
    json.add_decimal("seal_ratio", seal[1] / seal[0]).add_decimal("open_ratio", open[1] / open[0]);
    json.add_decimal("ratio", (seal[1] + open[1]) / (seal[0] + open[0]));
    std::printf("%s\n", json.str().c_str());
    std::fflush(stdout);
  }

 private:
  Bytes sealed(bool suite2) {
    const e2e::StreamPosition at{Bytes(16, 's'), 1, {}};
    std::optional<e2e::MessagePrekeys> prekeys;
    if (suite2) prekeys = e2e::MessagePrekeys{bobs_.held.prekey, alices_};
    auto message = e2e::seal_message(alice_, bob_.peer(), at, text_, Clock::wall_ms(), prekeys);
    if (!message.ok()) fail(message.error().text);
    return std::move(message->envelope);
  }
  void opens(const Bytes& envelope) {
    const e2e::Received r =
        e2e::open_message(bob_, envelope, pins_, marks_, groups_, std::nullopt, e2e::CameAs::kDirect, &bobs_);
    if (r.outcome != e2e::Outcome::kOpened) fail(r.why);
  }

  const e2e::Identity alice_ = person("alice"), bob_ = person("bob");
  const e2e::Prekey alices_ = e2e::make_prekey(alice_, 1, Clock::wall_ms()).value().prekey;
  const OnePrekey bobs_{e2e::make_prekey(bob_, 1, Clock::wall_ms()).value()};
  const OnePin pins_{alice_.peer()};
  const NoMarks marks_;
  const NoGroups groups_;
  const e2e::Content text_ = e2e::Text{std::string(100, 'x'), {}, {}};
};

}  // namespace
}  // namespace fastchat::bench

int main(int argc, char** argv) {
  using namespace fastchat;
  open_standard_streams();
  const int messages = argc > 1 ? std::atoi(argv[1]) : 500, rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  if (argc > 3 || messages < 1 || rounds < 1) {
    std::fputs("usage: fastchat-sealing-bench [MESSAGES [ROUNDS]]\n", stderr);
    return 1;
  }
  bench::Pair pair;
  for (int i = 0; i < rounds; ++i) pair.run(messages);
  return 0;
}
