#include "tests/fuzz/worker_world.h"

#include <algorithm>

namespace fastchat::fuzz {

using namespace worker;

WorkerWorld::WorkerWorld() {
  int64_t uid = 0;
  for (const char* name : {"alice", "bob", "carol"}) {
    test::MemoryDb::User user;
    user.uid = ++uid;
    user.name = name;
    user.public_key = "spki";
    user.vault = "vault";
    db_.users[uid] = user;
    db_.uid_by_name[name] = uid;
    db_.add_device(uid, test::kMailboxDevice, "");
    for (int n = 0; n < (uid == 1 ? 2 : 1); ++n) {
      Device d;
      d.user = name;
      d.uid = static_cast<uint64_t>(uid);
      d.device = Bytes(16, static_cast<char>('d' + n));
      d.did = static_cast<uint64_t>(db_.add_device(uid, d.device, "laptop").did);
      d.key = to_base64url(Bytes(32, static_cast<char>(d.did)));
      devices.push_back(std::move(d));
    }
  }
  db_.last_uid = uid;
  EngineConfig c;
  c.worker_id = kSelf;
  c.name = "w1";
  c.endpoint = "tcp://127.0.0.1:1";
  c.curve_key = Bytes(32, 'k');
  c.bus_endpoint = "tcp://127.0.0.1:2";
  c.realm = Bytes(16, 'r');
  c.max_unacked = 8;
  c.drain_limit = 4;
  engine = std::make_unique<Engine>(c, static_cast<Ports&>(*this));
  v1::BrokerFrame welcome;
  welcome.mutable_welcome()->set_broker_id(1);
  welcome.mutable_welcome()->set_sent_us(static_cast<uint64_t>(now));
  add_peer(welcome.mutable_welcome()->add_peers());
  broker(welcome.SerializeAsString());
}

void WorkerWorld::add_peer(v1::Peer* p) {
  p->set_worker_id(kPeer);
  p->set_name("w2");
  p->set_bus_endpoint("tcp://127.0.0.1:3");
}

void WorkerWorld::attach(Device& d, uint64_t epoch, bool signals) {
  v1::BrokerFrame g;
  g.mutable_grant()->set_grant_id(7);
  g.mutable_grant()->set_client_key(*from_base64url(d.key));
  g.mutable_grant()->set_uid(d.uid);
  g.mutable_grant()->set_user(d.user);
  g.mutable_grant()->set_did(d.did);
  g.mutable_grant()->set_device(d.device);
  g.mutable_grant()->set_session_epoch(epoch);
  broker(g.SerializeAsString());
  d.epoch = epoch;
  connect(d);
  v1::ClientFrame f;
  f.set_request(1);
  f.mutable_attach()->set_version_min(1);
  f.mutable_attach()->set_version_max(2);
  f.mutable_attach()->set_device(d.device);
  f.mutable_attach()->set_session_epoch(epoch);
  f.mutable_attach()->set_signals(signals);
  client(d, f.SerializeAsString());
}

void WorkerWorld::connect(Device& d) {
  d.rid = next_rid_++;
  links_[d.rid].device = static_cast<size_t>(&d - devices.data());
}

// A frame on a link that ended comes from a new connection: libzmq gives a routing id once.
void WorkerWorld::client(Device& d, ByteView frame) {
  if (d.rid == 0 || ended_.contains(d.rid)) connect(d);
  // The worker may answer every request in the bytes.
  v1::ClientFrame f;
  if (f.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
    links_[d.rid].asked.insert(f.request());
    for (const auto& s : f.traffic().sends()) {
      d.sent.insert(s.ref());
      // The fuzzer can copy one of our envelopes and send it to another recipient: the envelope then proves no
      // recipient.
      const auto it = made_.find(s.envelope());
      if (it != made_.end() && s.to() != it->second.second && s.group().empty()) made_.erase(it);
    }
  }
  engine->on_client_frame(now, d.rid, d.key, frame);
}

void WorkerWorld::gone(Device& d) {
  if (d.rid != 0) engine->on_client_gone(now, d.rid);
  d.rid = 0;
}

void WorkerWorld::beat() {
  v1::BrokerFrame f;
  f.mutable_beat()->set_sent_us(static_cast<uint64_t>(now));
  broker(f.SerializeAsString());
}

void WorkerWorld::serve(bool busy) {
  if (requests.empty()) return;
  StoreRequest request = std::move(requests.front());
  requests.pop_front();
  db_.now_ms = now / 1'000;
  if (busy) {
    if (const auto* r = std::get_if<InsertBatch>(&request)) {
      InsertDone done;
      for (const auto& row : r->rows) {
        for (const uint64_t did : row.dids) done.outcomes.push_back({row.pid, did, Code::kBusy});
      }
      return engine->on_store_reply(now, std::move(done));
    }
    if (auto* r = std::get_if<RemoveBatch>(&request)) {
      return engine->on_store_reply(now, RemoveDone{Code::kBusy, std::move(*r)});
    }
    if (const auto* r = std::get_if<Drain>(&request)) {
      return engine->on_store_reply(now, Drained{r->session, Code::kBusy, {}, false, {}});
    }
    if (const auto* r = std::get_if<Lookup>(&request)) {
      return engine->on_store_reply(now, LookedUp{r->asked_at, Code::kBusy, r->names, {}});
    }
  }
  engine->on_store_reply(now, store_.run(std::move(request)));
}

void WorkerWorld::serve_file(Code code, uint64_t next) {
  if (file_requests.empty()) return;
  const FileRequest request = std::move(file_requests.front());
  file_requests.pop_front();
  if (const auto* r = std::get_if<OpenFile>(&request)) {
    FileOpened out{.ask = r->ask, .file_id = r->file_id, .size = r->size, .chunks = r->chunks, .code = code, .fid = 5};
    out.next = next % (r->chunks + 1);
    return engine->on_file_reply(now, std::move(out));
  }
  if (const auto* r = std::get_if<PutChunks>(&request)) {
    ChunksPut out;
    for (const auto& item : r->items) {
      out.outcomes.push_back({item.ask, item.file_id, item.place, item.data.view().size(), code});
    }
    return engine->on_file_reply(now, std::move(out));
  }
  if (const auto* r = std::get_if<DoneFile>(&request)) return engine->on_file_reply(now, FileWasDone{r->ask, code});
  if (const auto* r = std::get_if<ReadChunk>(&request)) {
    Bytes frame = code == Code::kOk ? chunk_head(r->ask.request, 100) + Bytes(100, 'd') : Bytes();
    return engine->on_file_reply(now, ChunkRead{r->ask, code, std::move(frame)});
  }
  engine->on_file_reply(now, FilesReaped{next % 2 == 1});
}

void WorkerWorld::blocked(Device& d, size_t how) {
  full.erase(d.rid);
  RecordingPorts::gone.erase(d.rid);
  if (how == 1) full.insert(d.rid);
  if (how == 2) RecordingPorts::gone.insert(d.rid);
}

void WorkerWorld::turn() {
  const int64_t next = engine->tick(now);
  FC_CHECK(next > 0);
  engine->flush(now);
}

// Returns "from>to#n", or "from>*#n" to the group.
Bytes WorkerWorld::envelope(const Device& from, const Addressee& to, size_t padded) {
  Bytes out = from.user + ">" + (to.group.empty() ? Bytes(to.user) : "*") + "#" + std::to_string(++sends_);
  out.resize(std::max(out.size(), padded), '.');
  made_.emplace(out, std::pair(from.user, to.group.empty() ? Bytes(to.user) : "*"));
  return out;
}

Sent WorkerWorld::to_client(uint64_t rid, Bytes& frame) {
  const Sent sent = full.contains(rid) ? Sent::kFull : RecordingPorts::gone.contains(rid) ? Sent::kGone : Sent::kSent;
  if (sent != Sent::kSent) return sent;
  FC_CHECK(!ended_.contains(rid));
  FC_CHECK(frame.size() <= wire::kMaxServerFrame);
  wire::ServerFrameParser parser;
  const auto in = parser.parse(frame);
  FC_CHECK(in.ok());
  Link& link = links_.at(rid);
  if ((*in)->is_traffic) {
    check_traffic(link, (*in)->traffic);
  } else {
    FC_CHECK((*in)->request == 0 || link.asked.contains((*in)->request));
  }
  return sent;
}

void WorkerWorld::check_traffic(Link& link, const wire::DownstreamView& t) {
  const Device& d = devices[link.device];
  for (const auto& delivery : t.deliveries) {
    FC_CHECK(delivery.tag == link.last_tag + 1);
    link.last_tag = delivery.tag;
    check_delivery(d, delivery.envelope);
  }
  const auto known = [&](uint64_t ref) { return receipts_of_peers || d.sent.contains(ref); };
  for (const uint64_t ref : t.delivered) FC_CHECK(known(ref));
  for (const uint64_t ref : t.queued) FC_CHECK(known(ref));
  for (const auto& x : t.rejected) FC_CHECK(known(x.ref));
  for (const auto& g : t.group) FC_CHECK(known(g.ref));
}

void WorkerWorld::check_delivery(const Device& d, ByteView envelope) const {
  const auto it = made_.find(envelope);
  if (it == made_.end()) return;  // of the peer, or damaged on its way
  const auto& [from, to] = it->second;
  if (from == d.user || to == d.user) return;
  FC_CHECK(to == "*");
  const auto group = db_.groups.find(kGroup);
  FC_CHECK(group != db_.groups.end() && group->second.members.contains(static_cast<int64_t>(d.uid)));
}

void WorkerWorld::check() {
  for (const Bytes& frame : RecordingPorts::bus) {
    wire::BusFrameParser parser;
    const auto in = parser.parse(frame);
    FC_CHECK(in.ok() && (*in)->from == kSelf);
    for (const auto& d : (*in)->traffic.deliveries) {
      if ((*in)->is_traffic) pids_.push_back(d.pid);
    }
  }
  RecordingPorts::bus.clear();
  for (const Bytes& frame : RecordingPorts::broker) FC_CHECK(wire::parse_worker_frame(frame).ok());
  RecordingPorts::broker.clear();
  FC_CHECK(engine->sessions() <= devices.size());
  FC_CHECK(engine->pending_bytes() <= (256u << 20) && engine->file_bytes_in_hand() <= (33u << 20));
}

void WorkerWorld::settle() {
  for (const auto& [rid, link] : links_) engine->on_client_gone(now, rid);
  for (int round = 0; round < 40; ++round) {
    while (!requests.empty() || !file_requests.empty()) {
      serve(false);
      serve_file(Code::kOk, 0);
    }
    now += 1'000'000;
    beat();
    turn();
    check();
  }
  FC_CHECK(engine->sessions() == 0 && engine->pending() == 0 && engine->pending_bytes() == 0);
  FC_CHECK(engine->file_bytes_in_hand() == 0);
}

}  // namespace fastchat::fuzz
