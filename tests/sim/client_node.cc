#include "tests/sim/client_node.h"

#include <utility>

#include "common/hash.h"
#include "tests/sim/broker_node.h"
#include "tests/sim/frames_text.h"

namespace fastchat::sim {
namespace {

using namespace std::string_view_literals;

// The time for which a device that has just logged in may begin a stream in the middle.
constexpr int64_t kNewDevice = 5 * kSecond;
constexpr uint64_t kFirstFlood = uint64_t{1} << 61;  // request numbers up to twice this one

}  // namespace

ClientNode::ClientNode(World& world, Knobs& knobs, Network& net, Oracle& oracle, int device, std::string user)
    : Process(world, knobs, user + "/" + std::to_string(device)),
      net_(net),
      oracle_(oracle),
      device_(device),
      user_(std::move(user)),
      book_(user_) {
  oracle_.add_device(device, user_);
}

// ---- the process

void ClientNode::on_start() {
  core::Config config;
  for (int i = 0; i < knobs_.brokers; ++i) config.brokers.push_back({BrokerNode::client_address(i), Bytes(32, 'b')});
  std::swap(config.brokers.front(), config.brokers[world_.rng.below(config.brokers.size())]);
  config.realm = Bytes(16, 'r');
  config.signals = device_ % 3 != 0;
  // A device that its database forgot may have queued a message, so the sender asks again some time.
  if (knobs_.goes_back()) config.recheck_first_ms = config.recheck_max_ms = 3'000;
  engine_ = std::make_unique<core::Engine>(std::move(config), static_cast<core::Ports&>(*this));
  ended_ = asks_password_ = false;
  live_since_ = -1;
  continuity_ = core::Continuity(disk_.run);
  engine_->new_device_until(ms() < new_until_ms_ ? new_until_ms_ : 0);
  for (const auto& [ref, out] : disk_.outbox) {
    // The engine may leave the envelope on disk until it needs it.
    const bool loads = world_.rng.chance(500);
    core::Outgoing message = outgoing(ref, out);
    if (loads) message.envelope.clear();
    engine_->restore_outgoing(std::move(message));
  }
  for (const auto& [key, s] : disk_.streams) {
    if (!s.held.empty()) engine_->restore_stream(key.first, key.second, s.held_since, s.to_group);
  }
  core::Credentials c = credentials();
  // A removed device tries its secret and the password in turn.
  if (disk_.secret.empty() || (oracle_.ever_removed(device_) && ++tries_ % 2 == 0)) {
    show_password(c);
  } else {
    show_secret(c);
  }
  if (!has_account_ && device_ % 10 == 0) {
    c.sign_up =
        core::SignUpData{"public key of " + user_, "blob of " + user_, "vault", Passwords::verifier_of(c.auth), {}};
  }
  engine_->start(ms(), std::move(c));
}

void ClientNode::on_kill() {
  const auto s = engine_->state();
  if (s == core::LinkState::kLoggingIn || s == core::LinkState::kAwaitingAssignment) lost_login_at_ = world_.now();
  net_.process_died(*this);
  engine_.reset();
  conn_.reset();
  commits_.clear();
  committing_ = false;
  arrivals_.clear();
  asked_.clear();
  asked_groups_.clear();
  last_put_.Clear();
  wire_answers_.clear();
}

int64_t ClientNode::on_turn_end(int64_t now) {
  if (ended_) {
    kill();
    return 0;
  }
  const int64_t next = engine_->tick(now / kMs);
  if (ended_) kill();
  return next == INT64_MAX ? now + 3'600 * kSecond : next * kMs;
}

void ClientNode::log_out() {
  post(life(), Source::kOwn, [this] {
    if (engine_->state() != core::LinkState::kEnded) engine_->end(ms(), Code::kOk, "logged out");
  });
}

// ---- the link

void ClientNode::on_up(const ConnPtr& conn) {
  if (conn == conn_) engine_->on_link_up(ms());
}

void ClientNode::on_down(const ConnPtr& conn, core::LinkLoss loss) {
  if (conn != conn_) return;
  world_.trace([&] { return name() + ": the link is down, " + std::to_string(static_cast<int>(loss)); });
  engine_->on_link_down(ms(), loss);
}

void ClientNode::on_frame(const ConnPtr& conn, const Bytes& frame) {
  if (conn != conn_) return;
  v1::ServerFrame f;
  if (f.ParseFromString(frame) && f.request() != 0) {
    const auto it = wire_answers_.find(f.request());
    if (it == wire_answers_.end() || it->second == 0)
      throw Violation("one answer", name() + " got another answer: " + f.ShortDebugString());
    // A login that is answered logged_in gets a second answer.
    if (!f.has_logged_in()) it->second = 0;
    if (f.has_logged_in()) --it->second;
    if (f.request() > kFirstFlood && f.request() < 2 * kFirstFlood) {
      flood_answered_at_ = world_.now();
      return;
    }
  }
  engine_->on_frame(ms(), frame);
}

void ClientNode::connect(const core::Endpoint& to) {
  close();
  if (to.address.find("broker") != std::string::npos) key_ = world_.rng.bytes(32);
  conn_ = net_.dial(*this, *this, LinkKind::kClient, to.address, key_);
  wire_answers_.clear();
}

void ClientNode::close() {
  if (conn_) net_.close(conn_, Side::kDialer);
  conn_.reset();
}

void ClientNode::count_frame(const Bytes& frame) {
  const auto in = parser_.parse(frame);
  if (!in) throw Violation("client grammar", name() + " sends what no server takes: " + in.error().text);
  if ((*in)->is_traffic) {
    for (const auto& s : (*in)->traffic.sends) oracle_.on_wire(device_, s.ref);
  } else if ((*in)->request != 0) {
    if (wire_answers_.contains((*in)->request) && wire_answers_[(*in)->request] != 0) {
      throw Violation("one answer", name() + " uses a request number again");
    }
    wire_answers_[(*in)->request] = (*in)->cold.has_log_in() ? 2 : 1;
  }
}

void ClientNode::send(Bytes&& frame) {
  if (!conn_) return;
  count_frame(frame);
  world_.trace([&] { return name() + " > " + std::to_string(conn_->rid) + ": " + text_of<v1::ClientFrame>(frame); });
  (void)net_.send(conn_, Side::kDialer, std::move(frame), 0);
}

void ClientNode::logged_in(const core::LoggedIn& in) {
  const std::string blob = in.by_password ? "blob of " + user_ : "";
  if (in.identity_blob != blob)
    throw Violation("accounts", name() + " got another's identity, or one it did not ask for");
  if (!in.secret.empty()) {
    disk_.secret = in.secret;
    if (disk_.drawn && in.secret == drawn_secret()) disk_.drawn = false;
  }
  vault_version_ = std::max(vault_version_, in.vault_version);
  logged_in_vault_version_ = in.vault_version;
}

void ClientNode::signed_up() {
  has_account_ = true;
  oracle_.signed_up(user_);
}

void ClientNode::link_changed(core::LinkState state, const core::LinkStatus& note) {
  world_.trace([&] {
    return name() + " is " + core::name(state) + " (" + std::to_string(static_cast<int>(note.code)) + " " + note.text +
           ")";
  });
  if (state == core::LinkState::kChangingPassword) send_change();
  if (state == core::LinkState::kAttaching) {
    session_epoch_ = note.session_epoch;
    if (continuity_.logged_in(note.session_epoch)) disk_.out_streams.clear();
    disk_.run = continuity_.stored();
  }
  if (state == core::LinkState::kDraining) {
    if (!has_account_ && device_ % 10 != 0) {
      new_until_ms_ = ms() + kNewDevice / kMs;
      engine_->new_device_until(new_until_ms_);
      oracle_.new_device(device_, world_.now() + kNewDevice);
    }
    has_account_ = true;
    oracle_.attached(device_, session_epoch_);
  }
  if (state == core::LinkState::kLive) live_since_ = world_.now();
  // Notices about groups may have been lost.
  if (state == core::LinkState::kLive && knobs_.groups > 0) {
    post(life(), Source::kOwn, [this] {
      if (ended_) return;
      ask_group(book_.list(), {});
      for (const auto& [id, known] : book_.groups()) ask_group(book_.get(id), id);
    });
  }
  if (state != core::LinkState::kEnded) return;
  ended_ = true;
  disk_.run = continuity_.closed();
  const bool removed = note.code == Code::kDeviceEnded && oracle_.removed_once(device_);
  // A known fault: a login that was under way when its process died may take effect after the login of the next life,
  // over a link whose end the broker does not see. The user has to start the program again.
  const bool own = note.code == Code::kSuperseded && world_.now() - lost_login_at_ < 60 * kSecond;
  // The restored database does not have the device's secret, so the user types the password.
  const bool forgotten = note.code == Code::kPasswordNeeded && knobs_.goes_back();
  asks_password_ = ended_by_change(note.code);
  if (forgotten || (asks_password_ && note.code == Code::kPasswordNeeded)) disk_.secret.clear();
  if (note.code != Code::kOk && !removed && !own && !forgotten && !asks_password_) {
    throw Violation("no false end",
                    name() + " gave up: " + std::to_string(static_cast<int>(note.code)) + " " + note.text);
  }
}

// ---- the outbox

core::Outgoing ClientNode::outgoing(uint64_t ref, const Disk::Out& out) const {
  core::Outgoing m{.ref = ref, .stream = out.stream, .seq = out.seq, .envelope = out.envelope, .queued = out.queued};
  if (out.epoch == 0) {
    m.to = out.to;
    return m;
  }
  m.group = group_id(out.to);
  m.epoch = out.epoch;
  m.members = out.members;
  m.delivered = out.delivered;
  m.waiting.assign(out.waiting.begin(), out.waiting.end());
  m.have.assign(out.have.begin(), out.have.end());
  return m;
}

void ClientNode::write_to(const std::string& to, uint64_t body, size_t padding, bool poison) {
  post(life(), Source::kOwn, [this, to, body, padding, poison] {
    if (!ended_) seal(to, 0, 0, body, padding, poison);
  });
}

void ClientNode::write_to_group(uint64_t body, size_t padding) {
  post(life(), Source::kOwn, [this, body, padding] {
    const auto id = ended_ ? std::nullopt : book_.any(world_.rng, false);
    if (!id) return;
    const auto& known = book_.groups().at(*id);
    seal(id->substr(0, id->find('.')), known.epoch, known.members.size() - 1, body, padding, false);
  });
}

// Writes the number in the stream, the ref and the sealed message in one transaction.
void ClientNode::seal(const std::string& to, uint64_t epoch, uint64_t members, uint64_t body, size_t padding,
                      bool poison) {
  Disk::OutStream& at = disk_.out_streams[to];
  const bool follows =
      continuity_.may_follow(stream_of(device_, to, at.number)) || knobs_.sabotage == Sabotage::kFollowsCopies;
  if (at.number == 0 || !follows) {
    at = {next_stream_++, 0};
    continuity_.began(stream_of(device_, to, at.number));
  }
  if (continuity_.sealing()) disk_.run = continuity_.stored();
  const uint64_t ref = next_ref_++, seq = ++at.last_seq;
  const Letter letter{body, user_, device_, to, seq, poison, epoch, at.number};
  const Bytes envelope = letter.encode(padding), stream = letter.key().stream;
  disk_.outbox[ref] = {to, stream, envelope, seq, false, epoch, members, 0, {}, {}};
  oracle_.submitted(letter, envelope, ref);
  world_.trace(
      [&] { return name() + " writes " + std::to_string(body) + " to " + to + ", ref " + std::to_string(ref); });
  const core::Outgoing message = outgoing(ref, disk_.outbox[ref]);
  if (ref % 2 == 0) engine_->signal({message.to, message.group, message.epoch, "typing|" + user_ + "|" + to});
  engine_->submit(core::Outgoing(message));
}

// Checks that a signal was meant for this user and that he asked for signals. A lost or late signal is no fault.
void ClientNode::signal(ByteView envelope) {
  const size_t at = envelope.rfind('|') + 1;
  const ByteView to = envelope.substr(at);
  if (!envelope.starts_with("typing|")) throw Violation("signals", name() + " got what nobody sent");
  if (device_ % 3 == 0) throw Violation("signals", name() + " did not ask for any");
  if (to[0] != '#' && to != user_) throw Violation("signals", name() + " got one for " + Bytes(to));
  if (envelope == Bytes("typing|" + user_ + "|" + Bytes(to))) throw Violation("signals", name() + " got its own");
}

std::optional<Bytes> ClientNode::load_envelope(uint64_t ref) {
  const auto it = disk_.outbox.find(ref);
  if (it == disk_.outbox.end()) return std::nullopt;
  return it->second.envelope;
}

void ClientNode::receipt(const core::Receipt& r) {
  world_.trace([&] {
    return name() + " hears: ref " + std::to_string(r.ref) + " state " + std::to_string(static_cast<int>(r.state));
  });
  oracle_.receipt(device_, r);
  const auto change = [this, r] {
    const auto it = disk_.outbox.find(r.ref);
    if (it == disk_.outbox.end()) return;
    if (r.state == core::ReceiptState::kQueued) {
      it->second.queued = true;
      it->second.delivered = r.delivered;
      it->second.waiting = {r.waiting.begin(), r.waiting.end()};
      if (r.member != 0) it->second.have.insert(r.member);
    } else {
      disk_.outbox.erase(it);
    }
  };
  commit({change, [this, id = r.stored_id] {
            if (id != 0) engine_->on_receipt_written(id);
          }});
}

// ---- the inbox

void ClientNode::open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind) {
  const auto letter = Letter::decode(Bytes(envelope));
  if (letter && kind != (letter->to_group() ? v1::TO_GROUP : v1::TO_USER)) {
    throw Violation("kinds",
                    name() + " is told that a letter to " + letter->to + " is of kind " + std::to_string(kind));
  }
  arrivals_[arrival] = Bytes(envelope);
  if (!knobs_.open_later) return opened(arrival);
  post(life(), Source::kOwn, [this, arrival] { opened(arrival); });
}

void ClientNode::opened(uint64_t arrival) {
  const auto it = arrivals_.find(arrival);
  if (it == arrivals_.end()) return;
  const auto letter = Letter::decode(it->second);
  core::OpenResult o;
  if (letter) {
    o.verdict = letter->poison ? core::Verdict::kQuarantine : core::Verdict::kMessage;
    // The device's own message, which came back after the device was removed and registered anew.
    if (letter->device == device_) o.verdict = core::Verdict::kDuplicate;
    o.key = letter->key();
    o.hash = content_hash(it->second);
    o.begins_anywhere = letter->to_group();
  }
  engine_->on_opened(ms(), arrival, std::move(o));
}

std::optional<Bytes> ClientNode::find_mark(const core::MessageKey& key) {
  if (knobs_.sabotage == Sabotage::kNoDedup) return std::nullopt;
  const auto it = disk_.marks.find(key);
  if (it == disk_.marks.end()) return std::nullopt;
  return it->second;
}

core::StreamMark ClientNode::load_stream(const Bytes& from_fpr, const Bytes& stream) {
  const auto it = disk_.streams.find({from_fpr, stream});
  if (it == disk_.streams.end()) return {};
  return {it->second.shown_upto, it->second.joined, {it->second.held.begin(), it->second.held.end()}};
}

void ClientNode::write(core::PendingWrite&& write) {
  Bytes envelope;
  if (write.kind != core::PendingWrite::Kind::kRelease) {
    const auto it = arrivals_.find(write.arrival);
    if (it == arrivals_.end()) throw Violation("client ports", name() + " writes an arrival it dropped");
    envelope = std::move(it->second);
    arrivals_.erase(it);
  }
  const uint64_t id = write.id;
  Commit c{[this, w = std::move(write), envelope] { apply(w, envelope); }, [this, id] { engine_->on_written(id); },
           true};
  if (knobs_.sabotage == Sabotage::kAckBeforeDisk) std::exchange(c.after, [] {})();
  commit(std::move(c));
}

void ClientNode::apply(const core::PendingWrite& w, const Bytes& envelope) {
  world_.trace([&] {
    return name() + " commits write " + std::to_string(w.id) + " of " + w.key.stream + " " + std::to_string(w.key.seq) +
           ", " + std::to_string(w.shows.size()) + " shows, upto " + std::to_string(w.shown_upto);
  });
  auto& s = disk_.streams[{w.key.from_fpr, w.key.stream}];
  if (w.kind != core::PendingWrite::Kind::kRelease) {
    disk_.marks[w.key] = w.hash;
    if (s.held.empty()) s.held_since = ms();
    if (w.shows.empty()) s.held.insert(w.key.seq);
    const auto letter = Letter::decode(envelope);
    s.to_group |= letter && letter->to_group();
  }
  s.shown_upto = w.shown_upto;
  s.joined = w.joined;
  for (const auto& show : w.shows) {
    if (show.kind != core::DisplayStep::Kind::kHole) s.held.erase(show.seq);
  }
  oracle_.committed(device_, w, envelope.empty() ? std::nullopt : Letter::decode(envelope), envelope);
}

void ClientNode::show(const Bytes& from_fpr, const Bytes& stream, const core::DisplayStep& show) {
  if (knobs_.sabotage != Sabotage::kAckBeforeDisk) oracle_.shown(device_, from_fpr, stream, show);
}

// ---- the disk

void ClientNode::commit(Commit&& c) {
  if (knobs_.disk == 0 && commits_.empty()) {
    c.apply();
    c.after();
    return;
  }
  commits_.push_back(std::move(c));
  if (!committing_) commit_next();
}

void ClientNode::commit_next() {
  if (commits_.empty()) return;
  committing_ = true;
  // A group commit: it contains all commits that have come by then.
  later(world_.rng.between(1, std::max<int64_t>(knobs_.disk, 1)), [this] {
    for (size_t left = commits_.size(); left > 0; --left) {
      Commit c = std::move(commits_.front());
      commits_.pop_front();
      c.apply();
      post(life(), Source::kStore, std::move(c.after));
    }
    committing_ = false;
    commit_next();
  });
}

void ClientNode::copy_disk() {
  world_.trace([&] { return name() + ": its disk is copied"; });
  copy_.emplace(disk_, oracle_.copy(device_));
}

void ClientNode::put_copy_back() {
  world_.trace([&] { return name() + ": the copy of its disk is put back"; });
  // A client with a copy from before its login would ask the user for the password. Instead the copy gets the present
  // secret of the device.
  copy_->first.secret = disk_.secret;
  copy_->first.secrets = disk_.secrets;
  copy_->first.drawn = disk_.drawn;
  disk_ = copy_->first;
  std::set<uint64_t> refs;
  for (const auto& [ref, out] : disk_.outbox) refs.insert(ref);
  oracle_.put_back(device_, copy_->second, refs);
  copy_.reset();
}

// Drops the writes that are on their way.
void ClientNode::fail_disk() {
  post(life(), Source::kStore, [this] {
    world_.trace([&] { return name() + ": the disk refuses"; });
    std::erase_if(commits_, [](const Commit& c) { return c.inbox; });
    engine_->on_write_failed(ms(), "no space left on device");
  });
}

// ---- requests

void ClientNode::ask(Ask what, const std::vector<std::string>& names) {
  post(life(), Source::kOwn, [this, what, names] {
    if (ended_) return;
    v1::ClientFrame f;
    switch (what) {
      case Ask::kUsers:
        for (const auto& n : names) f.mutable_get_users()->add_names(n);
        break;
      case Ask::kDevices:
        f.mutable_get_devices();
        break;
      case Ask::kGetVault:
        f.mutable_get_vault();
        break;
      case Ask::kPutVault:
        f.mutable_put_vault()->set_version(vault_version_ + 1);
        f.mutable_put_vault()->set_blob("vault of " + name() + " " + std::to_string(world_.rng.next()));
        break;
    }
    asked_.insert(engine_->request(ms(), std::move(f)));
  });
}

void ClientNode::ask_removal(const Bytes& device) {
  post(life(), Source::kOwn, [this, device] {
    if (ended_) return;
    v1::ClientFrame f;
    f.mutable_remove_device()->set_device(device);
    asked_.insert(engine_->request(ms(), std::move(f)));
  });
}

void ClientNode::change_contacts(const std::vector<std::string>& users) {
  post(life(), Source::kOwn, [this, users] {
    v1::ClientFrame f;
    auto* put = f.mutable_put_contacts();
    if (world_.rng.chance(100)) put->set_strangers(static_cast<v1::Strangers>(world_.rng.between(1, 3)));
    put->add_contacts()->set_user(users[world_.rng.below(users.size())]);
    const auto die = world_.rng.below(10);
    put->mutable_contacts(0)->set_standing(die < 6 ? v1::ACCEPTED : die < 8 ? v1::BLOCKED : v1::NONE);
    if (!ended_) asked_.insert(engine_->request(ms(), std::move(f)));
  });
}

void ClientNode::reply(uint64_t request, const Result<v1::ServerFrame*>& answer) {
  if (asked_.erase(request) == 0)
    throw Violation("one answer", name() + ": request " + std::to_string(request) + " is answered again");
  const auto about = asked_groups_.extract(request);
  if (!answer.ok()) {
    if (about && last_put_.has_put_group() && world_.rng.chance(500)) {
      const Bytes id = last_put_.put_group().group_id();
      ask_group(std::exchange(last_put_, {}), id);
    }
    return;
  }
  const v1::ServerFrame& f = **answer;
  if (about) {
    std::vector<Bytes> ask;
    book_.took(f, about.mapped(), &ask);
    for (const Bytes& id : ask) ask_group(book_.get(id), id);
    // The server may have refused the put because this installation is behind.
    if (f.has_error() && f.error().code() == v1::CONFLICT) ask_group(book_.get(about.mapped()), about.mapped());
  }
  took_log(request, f);
  vault_version_ = std::max({vault_version_, f.vault().version(), f.vault_stored().version()});
}

void ClientNode::vault_changed(uint64_t version) {
  vault_version_ = std::max(vault_version_, version);
}

void ClientNode::flood(int requests) {
  post(life(), Source::kOwn, [this, requests] {
    if (ended_ || !conn_ || !attached()) return;
    world_.trace([&] { return name() + " floods with " + std::to_string(requests); });
    const uint64_t kind = world_.rng.below(6);
    for (int i = 0; i < requests; ++i) {
      v1::ClientFrame f;
      f.set_request(kFirstFlood + ++floods_);
      switch (kind == 5 ? world_.rng.below(5) : kind) {
        case 0:
          f.mutable_get_devices();
          break;
        case 1:
          f.mutable_get_vault();
          break;
        case 2:
          f.mutable_list_groups();
          break;
        case 3:
          f.mutable_leave_group()->set_group_id(world_.rng.bytes(32));
          break;
        default:
          for (int n = 0; n < 8; ++n)
            f.mutable_get_users()->add_names("no" + std::to_string(world_.rng.next() % 1'000));
      }
      send(f.SerializeAsString());
    }
  });
}

// ---- groups

void ClientNode::ask_group(v1::ClientFrame&& frame, const Bytes& id) {
  if (frame.has_put_group()) last_put_ = frame;
  const uint64_t request = engine_->request(ms(), std::move(frame));
  asked_.insert(request);
  asked_groups_[request] = id;
}

void ClientNode::group_changed(const Bytes& id, uint64_t) {
  post(life(), Source::kOwn, [this, id] {
    if (!ended_) ask_group(book_.get(id), id);
  });
}

void ClientNode::make_group(int number, const std::vector<std::string>& members) {
  post(life(), Source::kOwn, [this, number, members] {
    if (ended_) return;
    const std::string label = group_label(number);
    ask_group(book_.create(label, members, world_.rng.next()), group_id(label));
  });
}

void ClientNode::change_group(const std::vector<std::string>& people) {
  post(life(), Source::kOwn, [this, people] {
    if (ended_) return;
    const bool as_admin = world_.rng.chance(700);
    const auto id = book_.any(world_.rng, as_admin);
    if (!id) return;
    if (as_admin && !world_.rng.chance(30)) {
      ask_group(book_.next(*id, people, world_.rng), *id);
    } else if (as_admin) {
      ask_group(book_.end(*id), *id);
    } else if (world_.rng.chance(600)) {
      ask_group(book_.leave(*id), *id);
    } else {
      ask_group(book_.get(*id), *id);
    }
  });
}

}  // namespace fastchat::sim
