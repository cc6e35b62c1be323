// fastchat-file-bench: the speed of a file's upload and download, beside a bare CURVE connection that moves the same
// bytes.
//
//   fastchat-file-bench INVITE [MIB [ROUNDS]]
//
// Signs up two people at the installation of the invite line (registration must be open). Each round moves the bytes
// over the bare connection, then a new random file from one person to the other. Times are from a transfer's first
// chunk to its end: an upload ends when the message is in the outbox, a download when the checked file is in its place,
// synced. Prints one JSON object a round. The profiles are in a temporary folder that is removed.
#include <google/protobuf/stubs/logging.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/files/bare_curve.h"
#include "client/runtime/loop_machine.h"
#include "client/session/session.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/process.h"
#include "common/random.h"
#include "common/standard_streams.h"

namespace fastchat::bench {
namespace {

namespace fs = std::filesystem;
using client::TransferInfo;

constexpr size_t kChunk = 256 * 1024, kSealed = kChunk + 81;
constexpr int64_t kPatienceUs = 300'000'000;

// Returns the CPU time of this process.
double cpu_seconds() {
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return seconds(u.ru_utime) + seconds(u.ru_stime);
}

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "fastchat-file-bench: %s\n", why.c_str());
  std::_Exit(3);  // threads are running, and exit() would destroy data that they use
}

class Person : public client::Listener {
 public:
  Person(Loop& loop, const std::string& dir, const InviteLine& invite) {
    client::SessionOptions options;
    options.data_dir = dir;
    options.invite = invite;
    auto opened = client::Session::open(std::make_unique<client::LoopMachine>(loop), std::move(options), *this);
    if (!opened.ok()) fail(opened.error().text);
    session = std::move(*opened);
  }
  void on_message(const client::ChatMessage& m) override {
    if (m.file && !m.mine) file_message = m.id;
  }
  void on_connection(const client::ConnectionEvent& e) override { live = e.state == core::LinkState::kLive; }
  void on_transfer(const client::TransferEvent& e) override {
    if (e.state == TransferInfo::State::kFailed || e.state == TransferInfo::State::kExpired) fail(e.text);
  }

  std::unique_ptr<client::Session> session;
  std::string file_message;
  bool live = false;
};

class Bench {
 public:
  Bench(BareCurve& bare, const InviteLine& invite, const std::string& dir, size_t mib)
      : bare_(bare), dir_(dir), mib_(mib), alice_(loop_, dir + "/a", invite), bob_(loop_, dir + "/b", invite) {}

  void prepare() {
    const std::string salt = to_hex(random_bytes(4));
    for (auto* p : {&alice_, &bob_}) {
      bool done = false;
      client::AccountArgs args;
      args.user = (p == &alice_ ? "file-up-" : "file-down-") + salt;
      const Bytes password = to_hex(random_bytes(16));
      args.password = e2e::Secret::copy_of(password);
      p->session->sign_up(std::move(args), [&](const Result<>& r) {
        if (!r.ok()) fail(r.error().text);
        done = true;
      });
      until([&] { return done && p->live; });
    }
  }

  void round() {
    const auto bare = bare_.run(mib_ * 4, kSealed);
    if (!bare.ok()) fail(bare.error().text);
    const std::string source = make_file();
    const double cpu_before = cpu_seconds();
    const double up = upload(source);
    const double cpu_up = cpu_seconds() - cpu_before;
    until([&] { return !bob_.file_message.empty(); });
    const double cpu_between = cpu_seconds();
    const double down = download();
    const double cpu_down = cpu_seconds() - cpu_between;
    Json j;
    j.add_number("mib", mib_).add_decimal("bare_mib_s", bare->mib_s, 1);
    j.add_decimal("up_mib_s", up, 1).add_decimal("down_mib_s", down, 1);
    j.add_decimal("up_ratio", up / bare->mib_s, 2).add_decimal("down_ratio", down / bare->mib_s, 2);
    j.add_decimal("bare_cpu_s", bare->cpu_s, 2);
    j.add_decimal("client_cpu_up_s", cpu_up, 2).add_decimal("client_cpu_down_s", cpu_down, 2);
    std::printf("%s\n", j.str().c_str());
    std::fflush(stdout);
    fs::remove(source);
  }

 private:
  template <class Condition>
  void until(Condition condition) {
    const int64_t give_up = Clock::monotonic_us() + kPatienceUs;
    while (!condition()) {
      if (Clock::monotonic_us() > give_up) fail("no progress for five minutes");
      loop_.run_once(100'000);
    }
  }

  std::string make_file() {
    const std::string path = dir_ + "/source";
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    const Bytes piece = random_bytes(1 << 20);
    for (size_t i = 0; i < mib_; ++i) out << piece;
    out.close();
    if (!out) fail("cannot write " + path);
    return path;
  }

  double speed(int64_t began) const {
    return static_cast<double>(mib_) * 1e6 / static_cast<double>(Clock::monotonic_us() - began);
  }

  double upload(const std::string& source) {
    bob_.file_message.clear();
    bool done = false;
    const int64_t began = Clock::monotonic_us();
    alice_.session->send_file(client::PeerName(bob_.session->user()), source, {},
                              [&](const Result<client::SentMessage>& r) {
                                if (!r.ok()) fail(r.error().text);
                                done = true;
                              });
    until([&] { return done; });
    return speed(began);
  }

  double download() {
    std::string path;
    const int64_t began = Clock::monotonic_us();
    bob_.session->fetch_file(bob_.file_message, "", [&](const Result<std::string>& r) {
      if (!r.ok()) fail(r.error().text);
      path = *r;
    });
    until([&] { return !path.empty(); });
    const double result = speed(began);
    fs::remove(path);
    return result;
  }

  BareCurve& bare_;
  const std::string dir_;
  const size_t mib_;
  Loop loop_;
  Person alice_, bob_;
};

}  // namespace
}  // namespace fastchat::bench

int main(int argc, char** argv) {
  using namespace fastchat;
  open_standard_streams();
  const auto invite = argc > 1 ? parse_invite_line(argv[1]) : Result<InviteLine>(err(Code::kLocalUsage, ""));
  const int mib = argc > 2 ? std::atoi(argv[2]) : 100, rounds = argc > 3 ? std::atoi(argv[3]) : 3;
  if (!invite.ok() || argc > 4 || mib < 1 || rounds < 1) {
    std::fputs("usage: fastchat-file-bench INVITE [MIB [ROUNDS]]\n", stderr);
    return 1;
  }
  ignore_sigpipe();
  bench::BareCurve bare;
  keep_freed_memory();
  umask(077);
  google::protobuf::SetLogHandler(nullptr);
  log::init(log::Level::kOff, "fastchat-file-bench");
  seed_libc_rand();
  char pattern[] = "/tmp/fastchat-file-bench-XXXXXX";
  if (mkdtemp(pattern) == nullptr) bench::fail("no temporary folder");
  {
    bench::Bench bench(bare, *invite, pattern, static_cast<size_t>(mib));
    bench.prepare();
    for (int i = 0; i < rounds; ++i) bench.round();
  }
  std::error_code ignored;
  std::filesystem::remove_all(pattern, ignored);
  return 0;
}
