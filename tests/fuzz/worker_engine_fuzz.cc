// The worker's engine between hostile clients, a hostile peer on the bus and a store that answers late or BUSY: the
// input is a sequence of events. Every frame that leaves is one that its reader accepts. Tags of a session are
// consecutive. A message is delivered only to its recipients and to its sender's other devices. A receipt is for a
// message that this device sent, and an answer is for a request of that link. Nothing follows the end of a link. The
// work in hand keeps its bounds, and when everybody is gone and the store has answered, nothing is left.
#include <google/protobuf/stubs/logging.h>

#include <set>

#include "common/hash.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/worker_world.h"

namespace fastchat::fuzz {
namespace {

class Walk {
 public:
  explicit Walk(ByteView input) : source_(input) {}

  void run() {
    w_.beat();
    for (int i = 0; i < 300 && !source_.done(); ++i) {
      step();
      if (source_.chance(3)) w_.turn();
      w_.check();
    }
    w_.settle();
  }

 private:
  void step() {
    Device& d = w_.devices[source_.below(w_.devices.size())];
    switch (source_.below(20)) {
      case 0:
      case 1:
        return w_.attach(d, source_.chance(8) ? source_.number() : d.epoch + 1, source_.chance());
      case 2:
      case 3:
      case 4:
      case 5:
        return traffic(d);
      case 6:
      case 7:
        return ask(d);
      case 8:
        return w_.client(d, source_.bytes(80));
      case 9:
        return w_.gone(d);
      case 10:
      case 11:
      case 12:
        return w_.serve(source_.chance(6));
      case 13:
        return w_.serve_file(static_cast<Code>(source_.chance(4) ? 1 + source_.below(32) : 0), source_.number());
      case 14:
      case 15:
        return bus();
      case 16:
        return broker();
      case 17:
        w_.now += static_cast<int64_t>(source_.below(65'536)) * (source_.chance(4) ? 400 : 10);
        if (source_.chance()) w_.beat();
        return;
      case 18:
        return w_.blocked(d, source_.below(3));
      default:
        if (source_.chance(32)) w_.engine->on_overslept(w_.now);
        if (source_.chance(64)) w_.engine->begin_drain(w_.now);
    }
  }

  void traffic(Device& d) {
    UpstreamWriter w;
    for (size_t n = 1 + source_.below(3); n > 0; --n) {
      switch (source_.below(6)) {
        case 0:
          w.ack_upto(source_.chance(6) ? source_.number() : w_.last_tag(d));
          break;
        case 1:
          w.receipt_ack(source_.number());
          break;
        case 2:
          w.signal(addressee(), "signal");
          break;
        default: {
          const Addressee to = addressee();
          const uint64_t ref = source_.chance(8) ? 1 + source_.number() % INT64_MAX : ++d.last_ref;
          d.sent.insert(ref);
          const Bytes stream(16, static_cast<char>('a' + source_.below(2)));
          const Bytes envelope = w_.envelope(d, to, source_.chance(32) ? wire::kMaxEnvelope : 0);
          w.send(ref, to, stream, source_.chance(4) ? 1 + source_.number() % INT64_MAX : ref, envelope);
        }
      }
    }
    Bytes frame = w.take();
    if (source_.chance(24)) frame[source_.below(frame.size())] ^= static_cast<char>(1 + source_.byte());
    w_.client(d, frame);
  }

  Addressee addressee() {
    if (source_.chance(4)) return {.user = {}, .group = w_.kGroup, .epoch = 1 + source_.below(3)};
    constexpr const char* kNames[] = {"alice", "bob", "carol", "nobody"};
    return {.user = kNames[source_.below(4)]};
  }

  void ask(Device& d) {
    v1::ClientFrame f;
    f.set_request(source_.number());
    switch (source_.below(20)) {
      case 0:
        for (size_t n = 1 + source_.below(4); n > 0; --n) f.mutable_get_users()->add_names(Bytes(addressee().user));
        break;
      case 1:
        f.mutable_get_devices();
        break;
      case 2:
        f.mutable_remove_device()->set_device(w_.devices[source_.below(w_.devices.size())].device);
        break;
      case 3:
        f.mutable_get_vault();
        break;
      case 4:
        f.mutable_put_vault()->set_version(2 + source_.below(4));
        f.mutable_put_vault()->set_blob("vault");
        if (source_.chance()) f.mutable_put_vault()->add_parts(sha256(Bytes(1 + source_.below(3), 'p')));
        break;
      case 5:
      case 6:
        put_group(f.mutable_put_group());
        break;
      case 7:
        f.mutable_get_group()->set_group_id(w_.kGroup);
        f.mutable_get_group()->set_from_epoch(1 + source_.below(4));
        break;
      case 8:
        f.mutable_list_groups();
        break;
      case 9:
        f.mutable_leave_group()->set_group_id(w_.kGroup);
        break;
      case 10:
        if (!source_.chance(8)) return;
        f.mutable_delete_group()->set_group_id(w_.kGroup);
        break;
      case 11:
        for (size_t n = source_.below(4); n > 0; --n) {
          auto* open = f.mutable_query()->add_open();
          open->set_ref(source_.chance() ? d.last_ref : 1 + source_.number() % INT64_MAX);
          open->set_stream(Bytes(16, static_cast<char>('a' + source_.below(2))));
          open->set_seq(1 + source_.number() % INT64_MAX);
        }
        f.mutable_query();
        break;
      case 12: {
        const uint64_t chunks = 1 + source_.below(5);
        f.mutable_open_upload()->set_file_id(Bytes(16, static_cast<char>('f' + source_.below(2))));
        f.mutable_open_upload()->set_chunks(chunks);
        f.mutable_open_upload()->set_size((chunks - 1) * wire::kMaxFileChunk + 100);
        f.mutable_open_upload()->set_to("bob");
        break;
      }
      case 13:
        f.mutable_put_chunk()->set_file_id(Bytes(16, static_cast<char>('f' + source_.below(2))));
        f.mutable_put_chunk()->set_index(source_.below(5));
        f.mutable_put_chunk()->set_data(Bytes(source_.chance() ? 100 : wire::kMaxFileChunk, 'd'));
        break;
      case 14:
        f.mutable_get_chunk()->set_file_id(Bytes(16, 'f'));
        f.mutable_get_chunk()->set_index(source_.below(5));
        break;
      case 15:
        f.mutable_file_done()->set_file_id(Bytes(16, static_cast<char>('f' + source_.below(2))));
        break;
      case 16:
        f.mutable_ping();
        break;
      case 17:
        for (size_t n = 1 + source_.below(3); n > 0; --n) {
          f.mutable_put_vault_parts()->add_parts(Bytes(1 + source_.below(3), static_cast<char>('p' + source_.below(3))));
        }
        break;
      case 18:
        f.mutable_get_vault_parts()->add_hashes(sha256(Bytes(1 + source_.below(3), 'p')));
        break;
      default:
        if (source_.chance(4)) f.mutable_bye();
    }
    w_.client(d, f.SerializeAsString());
  }

  void put_group(v1::PutGroup* m) {
    m->set_group_id(w_.kGroup);
    m->set_epoch(1 + source_.below(6));
    m->set_name("team");
    m->set_state("state");
    const size_t who = source_.below(8);
    for (const char* name : {"alice", "bob", "carol"}) {
      if ((who >> (name[0] - 'a') & 1) != 0) m->add_members(name);
    }
    if (m->members_size() == 0) m->add_members("alice");
    m->set_admin(m->members(0));
  }

  void bus() {
    const uint64_t ids[] = {w_.devices[source_.below(w_.devices.size())].did, source_.number()};
    if (source_.chance(3)) {
      v1::BusFrame f;
      f.set_from(w_.kPeer);
      switch (source_.below(4)) {
        case 0:
          f.mutable_beat()->set_number(source_.number());
          if (source_.chance()) f.mutable_beat()->add_hears(w_.kSelf);
          break;
        case 1:
          f.mutable_presence()->set_number(source_.number());
          if (source_.chance()) f.mutable_presence()->add_ups()->set_did(ids[0]);
          if (source_.chance()) f.mutable_presence()->add_downs(ids[0]);
          if (source_.chance(8)) f.mutable_presence()->add_ups()->set_session_epoch(source_.number());
          break;
        case 2:
          f.mutable_snapshot()->set_number(source_.number());
          for (size_t n = source_.below(4); n > 0; --n) f.mutable_snapshot()->add_ups()->set_did(200 + n);
          break;
        default:
          f.mutable_snapshot_request();
      }
      return w_.bus(wire::topic(0) + f.SerializeAsString());
    }
    BusTrafficWriter w;
    for (size_t n = 1 + source_.below(3); n > 0; --n) {
      switch (source_.below(11)) {
        case 0:
        case 1:
          w.delivery(source_.number(), ids, 1 + source_.below(2), w_.from_peer());
          break;
        case 2:
          w.ack(w_.last_pid(source_.number()), ids[0]);
          break;
        case 3:
          w.nack(w_.last_pid(source_.number()), ids[0]);
          break;
        case 4:
          w.wake(ids[0]);
          break;
        case 5:
          w_.receipts_of_peers = true;
          w.receipt(ids[0], source_.number());
          break;
        case 6:
          w.stale_user(1 + source_.below(4));
          break;
        case 7:
          w.vault(1 + source_.below(4), source_.number());
          break;
        case 8:
          w.kick(source_.chance(4) ? ids[0] : ids[1]);
          break;
        case 9:
          w.group(w_.kGroup, source_.number(), ids, 2);
          break;
        default:
          w.signal(ids, 2, "signal");
      }
    }
    Bytes frame = w.take(w_.kSelf, w_.kPeer);
    if (source_.chance(24)) frame[source_.below(frame.size())] ^= static_cast<char>(1 + source_.byte());
    w_.bus(frame);
  }

  void broker() {
    v1::BrokerFrame f;
    switch (source_.below(5)) {
      case 0:
        f.mutable_peers();
        if (source_.chance()) w_.add_peer(f.mutable_peers()->add_peers());
        break;
      case 1:
        f.mutable_invalidate()->set_id(source_.number());
        f.mutable_invalidate()->set_uid(1 + source_.below(4));
        f.mutable_invalidate()->set_did(w_.devices[source_.below(w_.devices.size())].did);
        f.mutable_invalidate()->set_session_epoch(source_.number());
        break;
      case 2:
        f.mutable_who_are_you();
        break;
      case 3:
        f.mutable_beat()->set_sent_us(source_.number());
        break;
      default:
        w_.add_peer(f.mutable_welcome()->add_peers());
        f.mutable_welcome()->set_broker_id(source_.number());
        f.mutable_welcome()->set_sent_us(static_cast<uint64_t>(w_.now));
    }
    Bytes frame = f.SerializeAsString();
    if (!frame.empty() && source_.chance(24))
      frame[source_.below(frame.size())] ^= static_cast<char>(1 + source_.byte());
    w_.broker(frame);
  }

  Source source_;
  WorkerWorld w_;
};

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(worker_engine) {
  const google::protobuf::LogSilencer quiet;
  Walk(input).run();
}
