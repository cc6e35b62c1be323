// The client's engine under a server that sends anything: the input is a sequence of events, many of them frames with
// plausible fields, some of them as protobuf would never write them. The engine shows nothing twice, acknowledges
// nothing that is not on disk, and shows nothing that was not delivered. An ended session stays ended. A server accepts
// every frame that the engine sends (World checks the frame with the server's parser).
#include <gtest/gtest.h>

#include <set>

#include "tests/client/core_harness.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

using namespace core;

class Walk {
 public:
  explicit Walk(ByteView input) : source_(input) {}

  void run() {
    w_.engine.start(w_.now, World::credentials());
    const size_t begin = source_.below(4);
    if (begin >= 1) w_.engine.on_link_up(w_.now);
    if (begin == 2) w_.to_attaching();
    if (begin == 3) w_.to_draining(1 + static_cast<uint32_t>(source_.below(40)));
    for (int i = 0; i < 300 && !source_.done(); ++i) step();
    settle();
  }

 private:
  void step() {
    switch (source_.below(16)) {
      case 0:
        w_.engine.on_link_up(w_.now);
        break;
      case 1:
        w_.engine.on_link_down(w_.now, static_cast<LinkLoss>(source_.below(3)));
        break;
      case 2:
        submit();
        break;
      case 3:
        w_.commit();
        break;
      case 4:
        if (source_.chance(8)) w_.engine.on_write_failed(w_.now, "the disk is full");
        break;
      case 5:
        w_.now += static_cast<int64_t>(source_.below(60'000));
        break;
      case 6:
        w_.engine.on_frame(w_.now, source_.bytes(60));
        break;
      case 7:
      case 8:
      case 9:
      case 10:
        w_.engine.on_frame(w_.now, traffic());
        break;
      case 11:
        w_.engine.request(w_.now, asked(), static_cast<int64_t>(source_.below(20'000)));
        break;
      default:
        w_.engine.on_frame(w_.now, cold());
    }
    if (source_.chance(3)) turn();
  }

  void turn() {
    const auto sent = w_.turn();
    for (const uint64_t ref : sent.refs) FC_CHECK(submitted_.contains(ref));
    // An acknowledged message was put on disk, was quarantined, or was there before.
    if (sent.ack_upto != 0) FC_CHECK(!w_.marks.empty() || !w_.quarantine.empty());
    FC_CHECK(sent.ack_upto <= max_tag_);
    const std::set<std::string> once(w_.shown.begin(), w_.shown.end());
    FC_CHECK(once.size() == w_.shown.size());
    FC_CHECK(w_.engine.unaccepted() <= w_.engine.open_messages() && w_.engine.open_messages() <= submitted_.size());
  }

  void submit() {
    const uint64_t ref = submitted_.size() + 1;
    submitted_.insert(ref);
    Outgoing o = source_.chance(4) ? w_.to_group(ref, 1 + source_.below(3)) : w_.outgoing(ref);
    o.maybe_sent = source_.chance(4);
    w_.envelopes[ref] = o.envelope;
    w_.engine.submit(std::move(o));
  }

  // Returns an envelope that World opens: "stream|seq|hash". A stream and a place always have the same hash, except
  // from a hostile sender.
  Bytes envelope() {
    if (source_.chance(16)) return "garbled";
    const std::string stream(1, static_cast<char>('a' + source_.below(3)));
    const auto seq = std::to_string(1 + source_.below(12));
    return stream + "|" + seq + "|" + (source_.chance(16) ? "other" : "h");
  }

  Bytes traffic() {
    DownstreamWriter d;
    for (size_t n = 1 + source_.below(4); n > 0; --n) {
      const uint64_t ref = source_.number() % (1 << 20);
      switch (source_.below(8)) {
        case 0:
        case 1:
        case 2: {
          // Mostly the next tag of the session, as from an honest server.
          const uint64_t tag = source_.chance(8) ? 1 + source_.number() % 1'000 : next_tag_;
          next_tag_ = tag + 1;
          max_tag_ = std::max(max_tag_, tag);
          d.delivery(tag, envelope());
          break;
        }
        case 3:
          d.delivered(ref);
          break;
        case 4:
          d.queued(ref);
          break;
        case 5:
          d.rejected(ref, static_cast<v1::ErrorCode>(1 + source_.below(v1::ErrorCode_MAX)), source_.number());
          break;
        case 6:
          d.stored(1 + source_.number() % 100, ref, source_.number());
          break;
        default: {
          const uint64_t waiting[] = {source_.number(), source_.number()};
          d.group(ref, source_.number(), source_.below(3), source_.chance() ? waiting : nullptr);
        }
      }
    }
    Bytes frame = d.take();
    if (source_.chance(24)) frame[source_.below(frame.size())] ^= static_cast<char>(1 + source_.below(255));
    return frame;
  }

  Bytes cold() {
    v1::ServerFrame f;
    constexpr uint64_t kIds[] = {Link::kHelloId,  Link::kLogInId,  Link::kAttachId, Link::kPingId, 0,
                                 Link::kSignUpId, Link::kFirstFree};
    f.set_request(source_.chance(6) ? source_.number() : kIds[source_.below(7)]);
    switch (source_.below(12)) {
      case 0:
        f.set_request(Link::kHelloId);
        f.mutable_hello()->set_version(static_cast<uint32_t>(source_.below(4)));
        f.mutable_hello()->set_realm(pad(source_.chance(12) ? "other" : "realm", 16));
        f.mutable_hello()->set_registration(v1::OPEN);
        break;
      case 1:
        f.set_request(Link::kLogInId);
        f.mutable_logged_in()->set_identity_blob("blob");
        f.mutable_logged_in()->set_vault("vault");
        f.mutable_logged_in()->set_vault_version(source_.number());
        break;
      case 2:
        f.set_request(Link::kLogInId);
        f.mutable_assignment()->set_endpoint(source_.chance(6) ? Bytes(source_.bytes(20)) : "tcp://worker:9");
        f.mutable_assignment()->set_key(pad("wk", 32));
        f.mutable_assignment()->set_session_epoch(source_.number());
        break;
      case 3:
        f.set_request(Link::kAttachId);
        f.mutable_attached()->set_version(static_cast<uint32_t>(source_.below(4)));
        f.mutable_attached()->set_window(static_cast<uint32_t>(source_.number()));
        next_tag_ = 1;
        break;
      case 4:
        f.mutable_drained();
        f.set_request(0);
        break;
      case 5:
        f.mutable_pong();
        break;
      case 6:
        f.mutable_error()->set_code(static_cast<v1::ErrorCode>(source_.below(v1::ErrorCode_MAX + 1)));
        f.mutable_error()->set_retry_after_ms(source_.number());
        break;
      case 7: {
        f.set_request((uint64_t{1} << 62) + source_.below(4));
        auto* status = f.mutable_query()->add_status();
        status->set_ref(source_.number());
        status->set_state(static_cast<v1::MessageState>(source_.below(3)));
        status->set_queued_members(source_.number());
        for (size_t n = source_.below(3); n > 0; --n) status->add_waiting(source_.number());
        break;
      }
      case 8:
        f.mutable_vault_changed()->set_version(source_.number());
        break;
      case 9:
        f.mutable_group_changed()->set_group_id(Bytes(32, 'g'));
        f.mutable_group_changed()->set_epoch(source_.number());
        break;
      case 10:
        f.mutable_users()->add_users()->set_name("bob");
        break;
      default:
        f.mutable_signed_up();
    }
    return f.SerializeAsString();
  }

  v1::ClientFrame asked() {
    v1::ClientFrame f;
    f.mutable_get_users()->add_names("bob");
    return f;
  }

  // Checks that waiting messages are written, and that a session that ends stays ended.
  void settle() {
    turn();  // releases messages that waited long enough
    w_.commit();
    turn();
    FC_CHECK(w_.engine.unwritten() == 0);
    w_.engine.end(w_.now, Code::kOk, "over");
    const size_t connects = w_.connects.size();
    w_.now += 100'000;
    w_.turn();
    w_.engine.on_link_up(w_.now);
    w_.turn();
    FC_CHECK(w_.engine.state() == LinkState::kEnded && w_.connects.size() == connects);
  }

  Source source_;
  World w_;
  std::set<uint64_t> submitted_;
  uint64_t next_tag_ = 1, max_tag_ = 0;
};

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(client_engine) {
  testing::GTEST_FLAG(throw_on_failure) = true;  // World's own checks end the program, too
  Walk(input).run();
}
