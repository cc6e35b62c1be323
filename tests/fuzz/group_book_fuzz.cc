// Fuzzes a device's record of its groups, and how it follows them, under a server that sends anything. The input is a
// sequence of events. There are two groups with real chains of states, a fork of one chain that a former admin signs,
// and a group of mallory's. The book holds only states of the true chain. Its newest epoch never goes back. No two
// groups share a name. Asking for the next due step ends.
#include "client/groups/group_follower.h"

#include <array>
#include <set>

#include "tests/e2e/people.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

using namespace client;
using namespace e2e;
using tests::test_key;

struct Chain {
  std::vector<GroupState> states;
  std::vector<KeyShare> notes;

  const KeyPair& key_of(uint64_t epoch) const { return test_key(4 + epoch % 3); }
  void add(GroupState state) {
    notes.push_back(make_group_key(state, key_of(state.epoch)));
    states.push_back(std::move(state));
  }
  void begin(const Identity& admin, const std::string& name, std::vector<GroupMember> members) {
    add(create_group(admin, name, std::move(members), key_of(1).public_key()).value());
  }
  template <class Edit>
  void next(const Identity& admin, Edit&& edit) {
    GroupChange change = change_of(states.back());
    edit(change);
    add(change_group(admin, states.back(), change, key_of(states.back().epoch + 1).public_key()).value());
  }
};

// Made once and never changed: signing takes milliseconds.
struct World {
  Identity alice = tests::alice(), bob = tests::bob(), carol = tests::carol(), mallory = tests::mallory();
  std::array<Chain, 4> chains;

  World() {
    const auto listed = [](const Identity& who) { return GroupMember{who.user(), who.fpr()}; };
    const auto same = [](GroupChange&) {};
    const auto without = [](const Identity& who) {
      return [&who](GroupChange& c) { std::erase_if(c.members, [&](const auto& m) { return m.user == who.user(); }); };
    };
    Chain& team = chains[0];
    team.begin(alice, "team", {listed(bob), listed(carol), listed(mallory)});
    team.next(alice, same);
    team.next(alice, without(mallory));
    // The fork: another third state, by the same admin's key.
    for (size_t i = 0; i < 2; ++i) chains[2].add(team.states[i]);
    team.next(alice, [this](GroupChange& c) { c.admin_fpr = carol.fpr(); });
    team.next(carol, [](GroupChange& c) { c.name = "renamed"; });
    team.next(carol, without(bob));
    chains[1].begin(carol, "team", {listed(bob)});
    chains[1].next(carol, [](GroupChange& c) { c.name = "other"; });
    chains[2].next(alice, [](GroupChange& c) { c.name = "forked"; });
    chains[3].begin(mallory, "team", {listed(bob)});
  }
};

class Walk {
 public:
  Walk(const World& world, ByteView input) : world_(world), source_(input) {
    for (const Identity* other : {&world.alice, &world.carol}) pins_.pin(other->peer());
  }

  void run() {
    for (int i = 0; i < 120 && !source_.done(); ++i) {
      step();
      check();
    }
    settle();
  }

 private:
  // Checks that due steps end and that nothing is then due before its time: otherwise the session's loop would never
  // rest.
  void settle() {
    int asks = 0, fetches = 0;
    while (follower_.next_ask(now_)) FC_CHECK(++asks < 1'000);
    while (const auto due = follower_.next_fetch(now_)) {
      FC_CHECK(++fetches < 100);
      (void)follower_.fetched(now_, due->id, err(Code::kBusy, "away"), pins_, world_.bob);
    }
    while (follower_.next_ask(now_)) FC_CHECK(++asks < 1'000);
    FC_CHECK(follower_.next_wake(now_) > now_);
  }

  const Chain& chain() { return world_.chains[source_.below(world_.chains.size())]; }

  void step() {
    switch (source_.below(12)) {
      case 0:
        return follower_.attached();
      case 1:
        return follower_.detached();
      case 2:
        return follower_.drained(now_);
      case 3:
        return follower_.listed(listed());
      case 4:
        return follower_.changed(chain().states[0].group_id, source_.number());
      case 5:
        return follower_.waits(chain().states[0].group_id, source_.number());
      case 6:
        return note();
      case 7:
      case 8:
        return fetch();
      case 9:
        now_ += static_cast<int64_t>(source_.below(65'536)) * 10;
        return;
      case 10:
        return pins_.pin(world_.mallory.peer());
      default:
        if (const auto ask = follower_.next_ask(now_)) FC_CHECK(ask->id.size() == 32 && ask->epoch >= 1);
    }
  }

  std::vector<GroupFollower::Summary> listed() {
    std::vector<GroupFollower::Summary> out;
    for (size_t n = source_.below(4); n > 0; --n) out.push_back({chain().states[0].group_id, source_.number()});
    return out;
  }

  void note() {
    const Chain& c = chain();
    const KeyShare& real = c.notes[source_.below(c.notes.size())];
    // Checking a private key takes 0.16 s: most notes hold something else.
    KeyShare key{real.group_id, real.epoch, real.state_hash, source_.chance(64) ? real.pkcs8.clone() : Secret(9)};
    if (source_.chance(6)) key.epoch = 1 + source_.number() % INT64_MAX;
    if (source_.chance(6)) key.state_hash = Bytes(32, 'x');
    const Identity* senders[] = {&world_.alice, &world_.carol, &world_.mallory};
    const Identity& from = *senders[source_.below(3)];
    follower_.add_key_share({std::move(key), from.user(), from.fpr()});
  }

  void fetch() {
    const auto due = follower_.next_fetch(now_);
    if (!due) return;
    FC_CHECK(due->from_epoch >= 1);
    Result<GroupFollower::Fetched> answer = err(Code::kBusy, "away");
    if (!source_.chance(5)) answer = fetched(*due);
    const auto progress = follower_.fetched(now_, due->id, answer, pins_, world_.bob);
    FC_CHECK(progress.needs_key_of.empty() || progress.needs_key_of != world_.bob.user());
    for (const auto& found : follower_.take_keys(due->id, pins_, world_.bob))
      FC_CHECK(book_.has_key(due->id, found.epoch));
  }

  GroupFollower::Fetched fetched(const GroupFollower::Fetch& due) {
    GroupFollower::Fetched out;
    out.epoch = source_.number();
    out.admin = source_.chance() ? "alice" : source_.chance() ? "carol" : "mallory";
    out.member = source_.chance();
    out.deleted = source_.chance(8);
    const bool honest = source_.chance();
    for (const Chain& c : world_.chains) {
      if (!honest || c.states[0].group_id != due.id || &c == &world_.chains[2]) continue;
      for (const auto& s : c.states) {
        if (s.epoch >= due.from_epoch) out.states.push_back(s.encoded);
      }
      out.epoch = c.states.back().epoch;
      out.admin = c.states.back().admin_user();
    }
    for (size_t n = honest ? 0 : source_.below(4); n > 0; --n) {
      const Chain& c = chain();
      Bytes state = c.states[source_.below(c.states.size())].encoded;
      if (source_.chance(4)) state[source_.below(state.size())] ^= static_cast<char>(1 + source_.below(255));
      out.states.push_back(std::move(state));
    }
    return out;
  }

  // Returns true for a state that a true admin signed for its epoch.
  bool real(const GroupState& state) const {
    for (const Chain& c : world_.chains) {
      for (const GroupState& s : c.states) {
        if (s.hash == state.hash) return s.epoch == state.epoch && s.encoded == state.encoded;
      }
    }
    return false;
  }

  void check() {
    std::set<std::string> names;
    for (const GroupInfo& info : book_.all()) {
      FC_CHECK(info.name.empty() || names.insert(info.name).second);
      if (!info.name.empty()) FC_CHECK(book_.find_name(info.name) == info.id);
      const GroupState* now = book_.current(info.id);
      uint64_t& newest = newest_[info.id];
      FC_CHECK((now == nullptr ? 0 : now->epoch) >= newest);
      if (now == nullptr) continue;
      newest = now->epoch;
      FC_CHECK(real(*now) && now->group_id == info.id);
      for (uint64_t e = 1; e <= now->epoch; ++e) {
        const GroupState* s = book_.state(info.id, e);
        if (s != nullptr) FC_CHECK(real(*s));
        // One chain: each state that is held follows the one before.
        const GroupState* before = book_.state(info.id, e - 1);
        if (s != nullptr && before != nullptr) FC_CHECK(s->prev_hash == before->hash);
      }
    }
  }

  const World& world_;
  Source source_;
  tests::MapPins pins_;
  GroupFollower follower_{
      GroupBook(world_.bob.user(), world_.bob.fpr(), [](const Bytes&, uint64_t) { return std::nullopt; })};
  GroupBook& book_ = follower_.book();
  std::map<Bytes, uint64_t> newest_;
  int64_t now_ = 1'000'000;
};

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(group_book) {
  static const World world;  // never changed
  Walk(world, input).run();
}
