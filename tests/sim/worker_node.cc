#include "tests/sim/worker_node.h"

#include <algorithm>
#include <utility>

#include "tests/sim/broker_node.h"
#include "tests/sim/frames_text.h"

namespace fastchat::sim {
namespace {

constexpr int64_t kMaxShutdown = 15 * kSecond;
constexpr size_t kControlWaiting = 1'000;

struct Busy {
  worker::StoreReply operator()(const worker::InsertBatch& r) const {
    worker::InsertDone d;
    for (const auto& row : r.rows) {
      for (const uint64_t did : row.dids) d.outcomes.push_back({row.pid, did, Code::kBusy});
    }
    return d;
  }
  worker::StoreReply operator()(const worker::RemoveBatch& r) const { return worker::RemoveDone{Code::kBusy, r}; }
  worker::StoreReply operator()(const worker::RemoveDevice& r) const {
    return worker::DeviceGone{r.session, r.request, r.uid, 0, Code::kBusy};
  }
  worker::StoreReply operator()(const worker::RenameDevice& r) const {
    return worker::DeviceRenamed{r.session, r.request, r.uid, Code::kBusy};
  }
  worker::StoreReply operator()(const worker::PutVault& r) const {
    return worker::VaultPut{r.session, r.request, r.uid, r.version, Code::kBusy};
  }
  worker::StoreReply operator()(const worker::PutVaultParts& r) const {
    return worker::VaultPartsPut{r.session, r.request, Code::kBusy};
  }
  worker::StoreReply operator()(const worker::GetVaultParts& r) const {
    return worker::VaultPartRows{.session = r.session, .request = r.request, .code = Code::kBusy};
  }
  worker::StoreReply operator()(const worker::Probe&) const {
    return worker::Probed{.code = Code::kBusy, .why = "the database does not answer"};
  }
  worker::StoreReply operator()(const worker::Reap&) const { return worker::Reaped{}; }
  worker::StoreReply operator()(const worker::Drain& r) const {
    worker::Drained d;
    d.session = r.session;
    d.code = Code::kBusy;
    return d;
  }
  worker::StoreReply operator()(const worker::Lookup& r) const {
    return worker::LookedUp{r.asked_at, Code::kBusy, r.names, {}};
  }
  worker::StoreReply operator()(const worker::QueryOpen& r) const {
    return worker::Queried{r.session, r.request, Code::kBusy, {}, {}, r.pending_refs, {}, {}};
  }
  worker::StoreReply operator()(const worker::ListDevices& r) const {
    return worker::DeviceList{r.session, r.request, Code::kBusy, {}};
  }
  worker::StoreReply operator()(const worker::ListRekeys& r) const {
    return worker::RekeyList{.session = r.session, .request = r.request, .code = Code::kBusy};
  }
  worker::StoreReply operator()(const worker::GetVault& r) const {
    return worker::VaultRow{r.session, r.request, Code::kBusy, 0, {}};
  }
  template <class Change>
  static worker::StoreReply change(const Change& r, worker::GroupAction action) {
    return worker::GroupChange{
        .session = r.session, .request = r.request, .action = action, .code = Code::kBusy, .group_id = r.group_id};
  }
  worker::StoreReply operator()(const worker::PutGroup& r) const { return change(r, worker::GroupAction::kPut); }
  worker::StoreReply operator()(const worker::LeaveGroup& r) const { return change(r, worker::GroupAction::kLeave); }
  worker::StoreReply operator()(const worker::DeleteGroup& r) const { return change(r, worker::GroupAction::kDelete); }
  worker::StoreReply operator()(const worker::GroupLookup& r) const {
    worker::GroupsLookedUp out{.asked_at = r.asked_at, .code = Code::kBusy};
    for (const auto& g : r.groups) out.group_ids.push_back(g.group_id);
    return out;
  }
  worker::StoreReply operator()(const worker::GetGroup& r) const {
    return worker::GroupStates{.session = r.session, .request = r.request, .code = Code::kBusy};
  }
  worker::StoreReply operator()(const worker::ListGroups& r) const {
    return worker::GroupList{.session = r.session, .request = r.request, .code = Code::kBusy};
  }
  worker::StoreReply operator()(const worker::PutContacts& r) const {
    return worker::ContactsPut{r.session, r.request, r.uid, Code::kBusy, r.drops()};
  }
  worker::StoreReply operator()(const worker::PutCard& r) const {
    return worker::CardPut{r.session, r.request, Code::kBusy};
  }
  worker::StoreReply operator()(const worker::RedeemCard& r) const {
    return worker::CardRedeemed{r.session, r.request, r.uid, 0, Code::kBusy};
  }
  worker::StoreReply operator()(const worker::ListContacts& r) const {
    return worker::ContactList{.session = r.session, .request = r.request, .code = Code::kBusy};
  }
  worker::StoreReply operator()(const worker::StandingLookup& r) const {
    return worker::StandingsLookedUp{r.asked_at, Code::kBusy, r.pairs, {}};
  }
  template <class Read>
  static worker::StoreReply log(const Read& r) {
    return worker::LogRead{r.session, r.request, Code::kBusy, {}};
  }
  worker::StoreReply operator()(const worker::ReadLogHead& r) const { return log(r); }
  worker::StoreReply operator()(const worker::ReadLogProofs& r) const { return log(r); }
  worker::StoreReply operator()(const worker::ReadLogLeaves& r) const { return log(r); }
  worker::StoreReply operator()(const worker::Sweep&) const { return worker::Swept{Code::kBusy, {}, {}}; }
};

struct BusyFiles {
  worker::FileReply operator()(const worker::OpenFile& r) const {
    return worker::FileOpened{r.ask, r.file_id, r.size, r.chunks, Code::kBusy, 0, 0};
  }
  worker::FileReply operator()(const worker::PutChunks& r) const {
    worker::ChunksPut out;
    for (const auto& i : r.items) out.outcomes.push_back({i.ask, i.file_id, i.place, i.data.size(), Code::kBusy});
    return out;
  }
  worker::FileReply operator()(const worker::DoneFile& r) const { return worker::FileWasDone{r.ask, Code::kBusy}; }
  worker::FileReply operator()(const worker::ReapFiles&) const { return worker::FilesReaped{}; }
  worker::FileReply operator()(const worker::ReadChunk& r) const { return worker::ChunkRead{r.ask, Code::kBusy, {}}; }
};

}  // namespace

worker::StoreReply busy_reply(const worker::StoreRequest& request) {
  return std::visit(Busy{}, request);
}

worker::FileReply busy_reply(const worker::FileRequest& request) {
  return std::visit(BusyFiles{}, request);
}

WorkerNode::WorkerNode(World& world, Knobs& knobs, Network& net, const Database& database, test::MemoryDb& db,
                       Oracle& oracle, int number)
    : Process(world, knobs, "worker" + std::to_string(number)),
      net_(net),
      database_(database),
      db_(db),
      oracle_(oracle),
      number_(number),
      store_(db, knobs.quota_rows),
      writer_(world, knobs, database, *this),
      reader_(world, knobs, database, *this),
      sweeper_(world, knobs, database, *this),
      file_writer_(world, knobs, database, *this),
      file_reader_(world, knobs, database, *this) {
  net_.listen("tcp://" + name(), *this, *this);
}

void WorkerNode::on_start() {
  worker_id_ = world_.rng.next() | 1;
  bus_endpoint_ = "tcp://bus-" + name();
  if (!knobs_.same_bus_endpoint) bus_endpoint_ += "-" + std::to_string(life());
  net_.listen_bus(bus_endpoint_, *this);
  worker::EngineConfig config;
  config.worker_id = worker_id_;
  config.name = name();
  config.endpoint = "tcp://" + name();
  config.curve_key = Bytes(32, 'k');
  config.bus_endpoint = bus_endpoint_;
  config.realm = Bytes(16, 'r');
  config.brokers = static_cast<size_t>(knobs_.brokers);
  config.window = knobs_.window;
  config.drain_limit = knobs_.drain_limit;
  config.max_unacked = knobs_.max_unacked;
  config.contact_refresh = kContactRefreshUs;
  config.contact_life = kContactLifeUs;
  config.contact_life_away = kContactLifeAwayUs;
  if (knobs_.sabotage == Sabotage::kFirstComeFirstServed) {
    config.max_store_requests = config.store_requests_a_session = 1'000'000;
  }
  turns_ = {};
  engine_ = std::make_unique<worker::Engine>(std::move(config), static_cast<worker::Ports&>(*this));
  stop_at_ = knock_at_ = 0;
  controls_.assign(static_cast<size_t>(knobs_.brokers), Control{});
  for (size_t i = 0; i < controls_.size(); ++i) dial_broker(i);
}

void WorkerNode::on_kill() {
  net_.process_died(*this);
  writer_.process_died();
  reader_.process_died();
  sweeper_.process_died();
  file_writer_.process_died();
  file_reader_.process_died();
  clients_.clear();
  controls_.clear();
  engine_.reset();
}

void WorkerNode::terminate() {
  if (!alive() || stop_at_ != 0) return;
  post(life(), Source::kOwn, [this] {
    world_.trace([&] { return name() + " drains"; });
    stop_at_ = local() + kMaxShutdown;
    engine_->begin_drain(turn_now_);
  });
}

int64_t WorkerNode::on_turn_end(int64_t now) {
  const int64_t next = engine_->tick(now);
  engine_->flush(now);
  if (now >= knock_at_) knock(now);
  if (stop_at_ != 0 && (engine_->drained() || now >= stop_at_)) {
    kill();
    return 0;
  }
  return next;
}

// ---- the sockets

bool WorkerNode::on_accept(const ConnPtr& conn) {
  if (!engine_->admits(local(), to_base64url(conn->key))) return false;
  clients_[conn->rid] = conn;
  return true;
}

void WorkerNode::dial_broker(size_t broker) {
  controls_[broker].conn =
      net_.dial(*this, *this, LinkKind::kControl, BrokerNode::control_address(static_cast<int>(broker)), {});
  controls_[broker].up = false;
  // Dials anew when nobody answers the connection.
  later(3 * kSecond, [this, broker, conn = controls_[broker].conn] {
    if (controls_[broker].conn != conn || controls_[broker].up) return;
    net_.close(conn, Side::kDialer);
    dial_broker(broker);
  });
}

// Knocks, as the owner does with a broker that is silent.
void WorkerNode::knock(int64_t now) {
  knock_at_ = now + 500 * kMs;
  for (size_t i = 0; i < controls_.size(); ++i) {
    if (engine_->broker_heard(now, i)) continue;
    net_.knock(*this, BrokerNode::control_address(static_cast<int>(i)),
               [this, i, now] { engine_->on_broker_absent(turn_now_, i, now); });
  }
}

void WorkerNode::on_up(const ConnPtr& conn) {
  for (auto& c : controls_) {
    if (c.conn != conn) continue;
    c.up = true;
    for (auto& frame : c.waiting) (void)net_.send(conn, Side::kDialer, std::move(frame), 0);
    c.waiting.clear();
  }
}

void WorkerNode::on_down(const ConnPtr& conn, core::LinkLoss) {
  if (conn->kind == LinkKind::kClient) {
    clients_.erase(conn->rid);
    turns_.forget(conn->rid);
    return engine_->on_client_gone(turn_now_, conn->rid);
  }
  for (size_t i = 0; i < controls_.size(); ++i) {
    if (controls_[i].conn != conn) continue;
    controls_[i].up = false;
    later(world_.rng.between(100, 1'000) * kMs, [this, i, conn] {
      if (controls_[i].conn == conn) dial_broker(i);
    });
  }
}

void WorkerNode::on_frame(const ConnPtr& conn, const Bytes& frame) {
  if (conn->kind == LinkKind::kClient) {
    world_.trace(
        [&] { return name() + " < client " + std::to_string(conn->rid) + ": " + text_of<v1::ClientFrame>(frame); });
    if (!flooder_.empty()) watch_request(conn, frame);
    if (false_keys_ != nullptr) false_keys_->check(conn->at(Side::kDialer).process->name(), frame);
    return engine_->on_client_frame(turn_now_, conn->rid, to_base64url(conn->key), frame);
  }
  if (v1::BrokerFrame f; !flooder_.empty() && f.ParseFromString(frame) && f.has_grant()) {
    turns_.granted(f.grant().client_key(), f.grant().uid());
  }
  for (size_t i = 0; i < controls_.size(); ++i) {
    if (controls_[i].conn == conn) engine_->on_broker_frame(turn_now_, i, frame);
  }
}

void WorkerNode::watch_request(const ConnPtr& conn, const Bytes& frame) {
  const auto uid = db_.uid_by_name.find(flooder_);
  if (uid == db_.uid_by_name.end()) return;
  turns_.flooder(static_cast<uint64_t>(uid->second));
  v1::ClientFrame f;
  if (f.ParseFromString(frame)) turns_.arrived(conn->rid, conn->key, f);
}

// ---- Ports

Bytes WorkerNode::sabotaged(const Bytes& frame) const {
  v1::ServerFrame f;
  if (!f.ParseFromString(frame) || !f.has_traffic()) return frame;
  if (knobs_.sabotage == Sabotage::kCountsTooEarly) {
    for (auto& g : *f.mutable_traffic()->mutable_group()) {
      g.set_delivered(g.delivered() + g.queued());
      g.clear_queued();
      g.clear_waiting();
    }
    return f.SerializeAsString();
  }
  f.mutable_traffic()->mutable_delivered()->MergeFrom(f.traffic().queued());
  f.mutable_traffic()->clear_queued();
  return f.SerializeAsString();
}

Bytes WorkerNode::dressed(const ConnPtr& conn, const Bytes& frame) const {
  if (knobs_.sabotage == Sabotage::kEarlyDelivered || knobs_.sabotage == Sabotage::kCountsTooEarly)
    return sabotaged(frame);
  return false_keys_ == nullptr ? frame : false_keys_->shown(conn->at(Side::kDialer).process->name(), frame);
}

worker::Sent WorkerNode::to_client(uint64_t rid, Bytes& frame) {
  const auto it = clients_.find(rid);
  if (it == clients_.end()) return worker::Sent::kGone;
  switch (net_.send(it->second, Side::kListener, dressed(it->second, frame), knobs_.client_hwm)) {
    case Wire::kSent:
      world_.trace(
          [&] { return name() + " > client " + std::to_string(rid) + ": " + text_of<v1::ServerFrame>(frame); });
      return worker::Sent::kSent;
    case Wire::kFull:
      // A client that reads nothing gets no service.
      turns_.forget(rid);
      return worker::Sent::kFull;
    case Wire::kGone:
      break;
  }
  return worker::Sent::kGone;
}

// Ends the connection under libzmq, as the guard does. Frames on their way may be lost with it.
void WorkerNode::close_client(uint64_t rid) {
  const auto it = clients_.find(rid);
  if (it == clients_.end()) return;
  net_.close(it->second, Side::kListener);
  clients_.erase(it);
  turns_.forget(rid);
}

void WorkerNode::to_broker(size_t broker, Bytes frame) {
  Control& c = controls_[broker];
  if (c.up) {
    (void)net_.send(c.conn, Side::kDialer, std::move(frame), kControlWaiting);
  } else if (knobs_.keeps_control_frames && c.waiting.size() < kControlWaiting) {
    c.waiting.push_back(std::move(frame));
  }
}

void WorkerNode::to_bus(Bytes frame) {
  world_.trace([&] {
    return name() + " > bus " + std::to_string(get_u64(frame.data())) + ": " +
           text_of<v1::BusFrame>(ByteView(frame).substr(8));
  });
  net_.publish(*this, bus_endpoint_, frame);
}

void WorkerNode::connect_peer(const std::string& bus_endpoint) {
  net_.subscribe(*this, worker_id_, bus_endpoint,
                 [this](const Bytes& frame) { engine_->on_bus_frame(turn_now_, frame); });
}

void WorkerNode::disconnect_peer(const std::string& bus_endpoint) {
  net_.unsubscribe(*this, bus_endpoint);
}

void WorkerNode::note(std::string_view event, std::string_view detail) {
  world_.trace([&] { return name() + " notes " + std::string(event) + ": " + std::string(detail); });
}

void WorkerNode::sabotage(worker::GroupsLookedUp& reply) const {
  for (auto& group : reply.groups) {
    for (auto& m : group.members) {
      if (knobs_.sabotage == Sabotage::kIgnoresEpoch && m.left == 0) m.since = 1;
      if (knobs_.sabotage == Sabotage::kMissesLeaving && m.left > group.epoch) m.left = 0;
    }
    if (knobs_.sabotage == Sabotage::kForgetsMember && group.members.size() > 1) group.members.pop_back();
  }
}

worker::StoreReply WorkerNode::execute(const worker::StoreRequest& request) {
  using namespace worker;
  db_.now_ms = world_.now() / kMs + 1;
  if (knobs_.sabotage == Sabotage::kStoreForgets && std::holds_alternative<InsertBatch>(request)) {
    StoreReply lie = busy_reply(request);
    for (auto& o : std::get<InsertDone>(lie).outcomes) o.code = Code::kOk;
    return lie;
  }
  if (knobs_.sabotage == Sabotage::kNoSweep && std::holds_alternative<Sweep>(request)) return Swept{};
  StoreRequest asked = request;
  if (auto* remove = std::get_if<RemoveBatch>(&asked)) {
    if (knobs_.sabotage == Sabotage::kQueueKeeps) remove->rows.clear();
    if (knobs_.sabotage == Sabotage::kForgetsReceipts) remove->keep_receipts.clear();
    for (auto& keep : remove->keep_receipts) {
      if (knobs_.sabotage == Sabotage::kTellsAll) keep.held_by = 0;
    }
  }
  if (auto* put = std::get_if<PutContacts>(&asked); put != nullptr && knobs_.sabotage == Sabotage::kForgetsBlocks) {
    std::erase_if(put->contacts, [](const ContactRow& row) { return row.standing == v1::BLOCKED; });
  }
  if (std::holds_alternative<PutContacts>(request)) oracle_.contacts.before_change();
  if (knobs_.sabotage == Sabotage::kCutsLog && std::holds_alternative<ReadLogHead>(request)) {
    if (old_log_.log.key.empty()) old_log_.log = db_.log;
    if (world_.rng.chance(500)) return test::MemoryWorkerStore(old_log_).run(std::move(asked));
  }
  StoreReply reply = store_.run(std::move(asked));
  if (std::holds_alternative<PutContacts>(request)) oracle_.contacts.changed();
  if (std::holds_alternative<InsertBatch>(request)) oracle_.contacts.check_bounds();
  if (auto* looked = std::get_if<LookedUp>(&reply); looked != nullptr && knobs_.sabotage == Sabotage::kTakesEverybody) {
    for (auto& user : looked->users) {
      user.strangers = v1::TAKE;
      user.blocks = false;
    }
  }
  if (auto* queried = std::get_if<Queried>(&reply);
      queried != nullptr && knobs_.sabotage == Sabotage::kAnswersDelivered && db_.generation > 1) {
    queried->delivered.insert(queried->delivered.end(), queried->unknown.begin(), queried->unknown.end());
    queried->unknown.clear();
  }
  if (const auto* change = std::get_if<GroupChange>(&reply); change != nullptr) oracle_.group_written(change->group_id);
  if (auto* looked = std::get_if<GroupsLookedUp>(&reply); looked != nullptr) sabotage(*looked);
  if (const auto* gone = std::get_if<DeviceGone>(&reply); gone != nullptr && gone->code == Code::kOk) {
    oracle_.removed(static_cast<int64_t>(gone->uid), std::get<RemoveDevice>(request).device);
  }
  return reply;
}

uint64_t WorkerNode::owner_of(const worker::StoreRequest& request) const {
  const auto* drain = std::get_if<worker::Drain>(&request);
  const auto row = drain == nullptr ? db_.devices.end() : db_.devices.find(static_cast<int64_t>(drain->did));
  return row == db_.devices.end() ? 0 : static_cast<uint64_t>(row->second.uid);
}

void WorkerNode::store(worker::StoreRequest request) {
  struct State {
    worker::StoreRequest request;
    worker::StoreReply reply;
  };
  auto state = std::make_shared<State>(State{std::move(request), {}});
  const worker::Lane of = worker::lane_of(state->request);
  StoreLane& lane = of == worker::Lane::kWriter ? writer_ : of == worker::Lane::kReader ? reader_ : sweeper_;
  // As the store over PostgreSQL does, says of contacts that they changed when any try may have changed them.
  const auto replied = [state](worker::StoreReply reply) {
    const auto* before = std::get_if<worker::ContactsPut>(&state->reply);
    auto* now = std::get_if<worker::ContactsPut>(&reply);
    if (before != nullptr && now != nullptr) now->changed |= before->changed;
    state->reply = std::move(reply);
  };
  lane.submit({[this, state, replied] { replied(execute(state->request)); },
               [state, replied] { replied(busy_reply(state->request)); },
               [this, state] {
                 if (!flooder_.empty()) turns_.served(state->request, owner_of(state->request));
                 engine_->on_store_reply(turn_now_, std::move(state->reply));
               }});
}

worker::FileReply WorkerNode::serve(const worker::FileRequest& request) {
  const auto* put = std::get_if<worker::PutChunks>(&request);
  if (put == nullptr || knobs_.sabotage != Sabotage::kFilesVanish) return file_store_->run(request);
  worker::ChunksPut lie;
  for (const auto& i : put->items) lie.outcomes.push_back({i.ask, i.file_id, i.place, i.data.size(), Code::kOk});
  return lie;
}

void WorkerNode::files(worker::FileRequest request) {
  if (file_store_ == nullptr) return;
  struct State {
    worker::FileRequest request;
    worker::FileReply reply;
  };
  const auto state = std::make_shared<State>(State{std::move(request), {}});
  StoreLane& lane = worker::lane_of(state->request) == worker::Lane::kReader ? file_reader_ : file_writer_;
  lane.submit({[this, state] { state->reply = serve(state->request); },
               [state] { state->reply = busy_reply(state->request); },
               [this, state] { engine_->on_file_reply(turn_now_, std::move(state->reply)); }});
}

}  // namespace fastchat::sim
