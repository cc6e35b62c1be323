// fastchat-history-bench: the times to open, scroll and search a long history. No server.
//
//   fastchat-history-bench [MESSAGES [ROUNDS]]
//
// Makes a profile in a temporary folder and fills it through the client's own store: sealed bodies of about 60 bytes,
// nine in ten of them with one person, the rest with nine others. Each round opens the profile anew and prints one JSON
// object, with times in milliseconds: open (to unlocked), list (conversations and their last lines), page (the newest
// 200), page_up (200 older, in the middle), place (of the middle, among all), oldest (the first 200), and searches of
// the whole history: rare (one found), none, frequent (200 found), and filtered (an operator, none found). In the first
// round, first_search also makes the boxes of the search (client/search/search_pages.h). screen_search runs over
// several turns of the loop; longest_turn is the longest of them.
#include <google/protobuf/stubs/logging.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "client/account/account.h"
#include "client/e2e/random.h"
#include "client/runtime/local_box.h"
#include "client/runtime/loop_machine.h"
#include "client/search/search_pages.h"
#include "client/session/session.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/random.h"
#include "common/standard_streams.h"

namespace fastchat::bench {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPage = 200;  // the page size of the screen

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "fastchat-history-bench: %s\n", why.c_str());
  std::exit(2);
}
template <class T>
T value(Result<T> r) {
  if (!r.ok()) fail(r.error().text);
  return std::move(*r);
}

e2e::Secret make_profile(store::Store& store) {
  auto& random = e2e::system_random();
  client::Account account(store);
  value(account.load());
  client::Account::Fresh fresh{random_bytes(16), random_bytes(32), {"tcp://127.0.0.1:1"}, "alice", "bench", true};
  std::vector<e2e::KeyPair> pairs;
  pairs.push_back(e2e::KeyPair::generate());
  const e2e::Identity identity(fresh.realm, fresh.user, std::move(pairs));
  const e2e::PasswordKeys keys{random.secret(32), random.secret(32)};
  core::LoggedIn in;
  in.identity_blob = e2e::seal_identity(keys.wrap, identity, random.secret(32));
  value(store.begin());
  value(account.adopt(fresh, random_bytes(16), keys, in));
  value(store.commit());
  return account.secrets().local_key.clone();
}

store::Message message(int i, const e2e::Secret& key) {
  static constexpr const char* kWords[] = {"cluster", "stairs",  "under", "morning", "coffee", "deploy", "works",
                                           "nothing", "backups", "later", "machine", "and",    "yes",    "tomorrow"};
  store::Message m;
  m.from = i % 10 == 9 ? "friend" + std::to_string(i / 10 % 9) : "bob";
  m.conversation = store::ConversationId::direct(m.from);
  m.kind = 1;
  m.mine = i % 2 == 1;
  m.seen = true;
  m.from_fpr = Bytes(32, 'f');
  m.stream = Bytes(16, 's');
  m.seq = static_cast<uint64_t>(i) + 1;
  m.hash = random_bytes(32);
  m.sent_ms = m.received_ms = 1'700'000'000'000 + int64_t{i} * 60'000;
  std::string text = i == 7 ? "the Needle in it" : "";
  while (text.size() < 60) text += kWords[random_u64() % std::size(kWords)] + std::string(" ");
  m.body = client::LocalBox(key).seal(client::LocalPlace::message_body(m.hash, m.kind), text);
  return m;
}

void fill(const std::string& dir, int messages) {
  auto store = value(store::Store::open(dir));
  const e2e::Secret key = make_profile(*store);
  for (int i = 0; i < messages; ++i) {
    value(store->begin());
    value(store->messages().add(message(i, key), false));
    if (i % 1000 == 999) value(store->commit());
  }
  value(store->commit());
}

class Round : public client::Listener {
 public:
  explicit Round(std::string dir) : dir_(std::move(dir)) {}

  void run(bool boxes) {
    const int64_t began = Clock::monotonic_us();
    client::SessionOptions options;
    options.data_dir = dir_;
    session_ = value(client::Session::open(std::make_unique<client::LoopMachine>(loop_), std::move(options), *this));
    if (!session_->unlocked()) fail("the profile is locked");
    take("open", began);
    time("list", [&] {
      for (const auto& c : value(session_->conversations())) value(session_->history(c.peer, 1));
    });
    int64_t newest = 0;
    time("page", [&] { newest = value(session_->history(client::PeerName("bob"), kPage)).back().position; });
    time("page_up", [&] { value(session_->history(client::PeerName("bob"), kPage, newest / 2)); });
    time("place", [&] { value(session_->place(client::PeerName("bob"), newest / 2)); });
    time("oldest", [&] { value(session_->history_after(client::PeerName("bob"), kPage, 0)); });
    if (!boxes) {
      time("first_search", [&] { expect(search({"needle"}), 1); });
      loop_.run_once(0);
    }
    time("rare", [&] { expect(search({"needle"}), 1); });
    time("none", [&] { expect(search({"haystack"}), 0); });
    time("frequent", [&] { expect(search({"coffee"}), kPage); });
    time("filtered", [&] { expect(search({"from:nobody"}), 0); });
    sliced();
    std::printf("%s\n", json_.str().c_str());
    std::fflush(stdout);
  }

 private:
  size_t search(const std::vector<std::string>& words) { return value(session_->search(words, kPage)).size(); }
  static void expect(size_t found, size_t wanted) {
    if (found != wanted) fail("found " + std::to_string(found) + " in place of " + std::to_string(wanted));
  }
  // Searches like the screen, over turns of the loop. A key press may have to wait for the longest turn.
  void sliced() {
    bool last = false;
    const int64_t began = Clock::monotonic_us();
    session_->search({"needle"}, kPage, [&](Result<client::SearchPart> part) { last = value(std::move(part)).last; });
    int64_t longest = 0;
    while (!last) {
      const int64_t turn = Clock::monotonic_us();
      loop_.run_once(0);
      longest = std::max(longest, Clock::monotonic_us() - turn);
    }
    take("screen_search", began);
    add("longest_turn", longest);
  }
  template <class Call>
  void time(const char* name, Call call) {
    const int64_t began = Clock::monotonic_us();
    call();
    take(name, began);
  }
  void take(const char* name, int64_t began) { add(name, Clock::monotonic_us() - began); }
  void add(const char* name, int64_t us) { json_.add_decimal(name, static_cast<double>(us) / 1000, 1); }

  const std::string dir_;
  Loop loop_;
  std::unique_ptr<client::Session> session_;
  Json json_;
};

}  // namespace
}  // namespace fastchat::bench

int main(int argc, char** argv) {
  using namespace fastchat;
  open_standard_streams();
  const int messages = argc > 1 ? std::atoi(argv[1]) : 100'000, rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  if (argc > 3 || messages < 10'000 || rounds < 1) {
    std::fputs("usage: fastchat-history-bench [MESSAGES [ROUNDS]]   (10000 messages at least)\n", stderr);
    return 1;
  }
  google::protobuf::SetLogHandler(nullptr);
  std::string dir = (std::filesystem::temp_directory_path() / "fastchat-history-bench-XXXXXX").string();
  if (mkdtemp(dir.data()) == nullptr) bench::fail("cannot make a temporary folder");
  bench::fill(dir + "/profile", messages);
  for (int i = 0; i < rounds; ++i) bench::Round(dir + "/profile").run(i > 0);
  std::filesystem::remove_all(dir);
  return 0;
}
