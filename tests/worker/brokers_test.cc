// Two brokers, one of which stops: the part of its cache of users that a worker may go on using.
#include "tests/worker/engine_fixture.h"

namespace fastchat::test {
namespace {

constexpr uint64_t kAt = 1, kBt = 2;
constexpr int64_t kSecondUs = 1'000'000;

class Brokers : public WorkerEngineTest {
 protected:
  Brokers() {
    worker::EngineConfig c;
    c.worker_id = kSelf;
    c.name = "w1";
    c.endpoint = "tcp://127.0.0.1:1";
    c.curve_key = Bytes(32, 'k');
    c.bus_endpoint = "tcp://127.0.0.1:2";
    c.realm = Bytes(16, 'r');
    c.brokers = 2;
    ports = std::make_unique<RecordingPorts>();
    engine = std::make_unique<worker::Engine>(c, *ports);
    for (size_t i = 0; i < 2; ++i) welcome(i);
    turn();
    live(kAt, kAlice, "alice", kA1);
    live(kBt, kBob, "bob", kB1);
    send(kAt, kA1, 1, "bob");
    answer_lookup();
    ack(kBt, kB1, 1);
    EXPECT_TRUE(uses_the_cache());
  }
  void welcome(size_t broker) {
    v1::BrokerFrame f;
    f.mutable_welcome()->set_broker_id(broker + 1);
    f.mutable_welcome()->set_sent_us(static_cast<uint64_t>(now));
    engine->on_broker_frame(now, broker, f.SerializeAsString());
  }
  void beat(size_t broker) {
    v1::BrokerFrame f;
    f.mutable_beat()->set_sent_us(static_cast<uint64_t>(now));
    engine->on_broker_frame(now, broker, f.SerializeAsString());
  }
  void ping(uint64_t rid, uint64_t did) {
    v1::ClientFrame f;
    f.mutable_ping();
    ask(rid, did, 9, f);
  }
  // Passes half a second, in which the first broker answers. The second one answers, or its machine reports that no
  // program listens, or neither.
  enum class Second { kAnswers, kAbsent, kSilent };
  void half_a_second(Second second) {
    now += kSecondUs / 2;
    beat(0);
    ping(kAt, kA1);
    ping(kBt, kB1);
    if (second == Second::kAnswers) beat(1);
    if (second == Second::kAbsent) engine->on_broker_absent(now, 1, now);
    turn();
  }
  void go_on(int halves, Second second) {
    for (int i = 0; i < halves; ++i) half_a_second(second);
  }
  // Returns whether a message to bob is delivered before the database has answered.
  bool uses_the_cache() {
    ports->requests.clear();
    ports->clients[kBt].clear();
    send(kAt, kA1, ++last_ref_, "bob");
    const bool at_once = traffic(kBt).deliveries_size() == 1;
    answer_lookup();
    ack(kBt, kB1, ++last_tag_);
    return at_once;
  }

  uint64_t last_ref_ = 1, last_tag_ = 1;
};

TEST_F(Brokers, OneThatIsSilentEndsTheTrust) {
  go_on(4, Second::kAnswers);
  EXPECT_TRUE(uses_the_cache());
  go_on(5, Second::kSilent);
  EXPECT_FALSE(engine->directory_trusted(now)) << "it may run, and let a new device in";
  EXPECT_FALSE(uses_the_cache());
}

TEST_F(Brokers, OneThatDoesNotRunIsNotWaitedFor) {
  go_on(2, Second::kSilent);
  EXPECT_FALSE(engine->broker_heard(now + 1, 1));
  go_on(120, Second::kAbsent);
  EXPECT_TRUE(engine->directory_trusted(now));
  EXPECT_TRUE(uses_the_cache()) << "a minute later, with the database gone or not";
  now += 3 * kSecondUs;
  beat(0);
  turn();
  EXPECT_FALSE(uses_the_cache()) << "nobody has looked for it since";
}

TEST_F(Brokers, OneThatMayHaveRunMeanwhileMakesOldEntriesUseless) {
  go_on(4, Second::kAbsent);
  EXPECT_TRUE(uses_the_cache());
  // The broker ran for three seconds, out of this worker's sight, and let in a new device of bob's.
  now += 3 * kSecondUs;
  beat(0);
  engine->on_broker_absent(now, 1, now);
  turn();
  EXPECT_TRUE(engine->directory_trusted(now));
  ports->requests.clear();
  send(kAt, kA1, ++last_ref_, "bob");
  EXPECT_NE(find<worker::Lookup>(), nullptr) << "the entry is older than the gap";
  answer_lookup({kB1, kB2});
  now += kSecondUs / 2;
  beat(0);
  engine->on_broker_absent(now, 1, now);
  turn();
  ports->requests.clear();
  send(kAt, kA1, ++last_ref_, "bob");
  EXPECT_EQ(find<worker::Lookup>(), nullptr) << "what was asked for since is good";
}

TEST_F(Brokers, AnOldAnswerThatComesLateIsWorthWhatItsQuestionWas) {
  const int64_t asked = now;
  go_on(5, Second::kSilent);
  engine->on_broker_absent(now, 1, asked);
  EXPECT_FALSE(engine->directory_trusted(now));
}

TEST_F(Brokers, OneThatComesBackIsAskedForEverythingAnew) {
  go_on(4, Second::kAbsent);
  welcome(1);
  beat(1);
  turn();
  EXPECT_TRUE(engine->directory_trusted(now));
  EXPECT_FALSE(uses_the_cache()) << "it may have let somebody in before it knew this worker";
}

}  // namespace
}  // namespace fastchat::test
