// Seeded mutations of real frames against on_frame in every state. The engine may give up the link. It must never
// crash, acknowledge a message that is not written, or show one that was not delivered.
#include <random>

#include "tests/client/core_harness.h"

namespace fastchat::core {
namespace {

std::vector<Bytes> seeds() {
  std::vector<Bytes> out;
  DownstreamWriter d;
  d.delivery(1, "a|1|h");
  d.delivery(2, "a|2|h");
  d.delivered(1);
  d.queued(2);
  d.rejected(3, v1::BUSY, 10);
  d.stored(4, 5);
  out.push_back(d.take());
  auto cold = [&](uint64_t request, auto fill) {
    v1::ServerFrame f;
    f.set_request(request);
    fill(f);
    out.push_back(f.SerializeAsString());
  };
  cold(Link::kHelloId, [](auto& f) {
    f.mutable_hello()->set_version(1);
    f.mutable_hello()->set_realm(pad("realm", 16));
    f.mutable_hello()->set_registration(v1::OPEN);
  });
  cold(Link::kLogInId, [](auto& f) { f.mutable_logged_in()->set_identity_blob("b"); });
  cold(Link::kLogInId, [](auto& f) {
    f.mutable_assignment()->set_endpoint("tcp://w:1");
    f.mutable_assignment()->set_key(pad("k", 32));
    f.mutable_assignment()->set_session_epoch(1);
  });
  cold(Link::kAttachId, [](auto& f) {
    f.mutable_attached()->set_version(1);
    f.mutable_attached()->set_window(3);
  });
  cold(0, [](auto& f) { f.mutable_drained(); });
  cold(17, [](auto& f) { f.mutable_users(); });
  cold(uint64_t{1} << 62, [](auto& f) { f.mutable_query()->add_status()->set_ref(1); });
  cold(0, [](auto& f) { f.mutable_vault_changed()->set_version(3); });
  out.push_back(wire::error_frame(Link::kLogInId, Code::kBusy, "busy", 5));
  return out;
}

TEST(EngineFuzz, MutatedFramesNeverCrashItOrMakeItLie) {
  const std::vector<Bytes> corpus = seeds();
  std::mt19937 rng(20240607);
  for (int run = 0; run < 3000; ++run) {
    World w;
    const int depth = static_cast<int>(rng() % 4);
    w.engine.start(w.now, World::credentials());
    if (depth >= 1) w.engine.on_link_up(w.now);
    if (depth == 2) w.to_attaching();
    if (depth == 3) w.to_live(8);
    for (uint64_t ref = 1; ref <= 3; ++ref) w.engine.submit(w.outgoing(ref));
    for (int i = 0; i < 30; ++i) {
      Bytes frame = corpus[rng() % corpus.size()];
      for (uint32_t flips = rng() % 4; flips > 0 && !frame.empty(); --flips) {
        switch (rng() % 3) {
          case 0:
            frame[rng() % frame.size()] = static_cast<char>(rng());
            break;
          case 1:
            frame.resize(rng() % frame.size());
            break;
          default:
            frame.insert(rng() % frame.size(), 1, static_cast<char>(rng()));
            break;
        }
      }
      w.engine.on_frame(w.now, frame);
      w.now += rng() % 300;
      const bool commit = rng() % 2;
      if (commit) w.commit();
      const auto sent = w.turn();
      EXPECT_FALSE(sent.ack_upto != 0 && w.marks.empty() && w.quarantine.empty());
    }
    std::set<std::string> once(w.shown.begin(), w.shown.end());
    EXPECT_EQ(once.size(), w.shown.size());
  }
}

TEST(EngineFuzz, RandomBytesAreRefused) {
  std::mt19937 rng(7);
  World w;
  w.to_live();
  for (int i = 0; i < 20000; ++i) {
    Bytes frame(rng() % 64, '\0');
    for (char& c : frame) c = static_cast<char>(rng());
    w.engine.on_frame(w.now, frame);
    w.now += 50;
    w.turn();
  }
  EXPECT_TRUE(w.shown.empty());
}

}  // namespace
}  // namespace fastchat::core
