// An Engine with plain values around it. Sent frames are kept parsed, the disk is a map, time is an integer that the
// test moves. Delivered envelopes are short texts "stream|seq|hash" that need no key.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "client/core/engine.h"
#include "common/frames.h"
#include "common/wire.h"

namespace fastchat::core {

inline Bytes pad(std::string s, size_t n) {
  s.resize(n, '.');
  return s;
}

class World : public Ports {
 public:
  struct Sent {
    std::vector<v1::ClientFrame> cold;
    std::vector<uint64_t> refs;
    std::vector<std::pair<Bytes, uint64_t>> groups;  // of sends to groups: id, epoch
    uint64_t ack_upto = 0;
    std::vector<uint64_t> receipt_acks;
    size_t traffic_frames = 0, signals = 0;
  };

  static Config config() {
    Config c;
    c.brokers = {{"tcp://one:1", pad("k1", 32)}, {"tcp://two:2", pad("k2", 32)}};
    c.realm = pad("realm", 16);
    c.measure_every_ms = 10'000;
    return c;
  }
  static Credentials credentials() {
    Credentials c;
    c.user = "alice";
    c.auth = pad("auth", 32);
    c.device = pad("device", 16);
    return c;
  }
  static MessageKey key(const std::string& stream, uint64_t seq) { return {pad("from", 32), pad(stream, 16), seq}; }

  explicit World(Config c = config()) : engine(std::move(c), *this) {}

  // ---- driving
  Sent turn() {
    wake = engine.tick(now);
    return std::exchange(sent, {});
  }
  Sent at(int64_t when) {
    now = when;
    return turn();
  }
  void feed(const v1::ServerFrame& frame) { engine.on_frame(now, frame.SerializeAsString()); }
  template <class F>
  void feed(uint64_t request, F&& fill) {
    v1::ServerFrame frame;
    frame.set_request(request);
    fill(frame);
    feed(frame);
  }
  void feed_error(uint64_t request, v1::ErrorCode code, uint64_t retry_ms = 0) {
    engine.on_frame(now, wire::error_frame(request, static_cast<Code>(code), "said no", retry_ms));
  }
  void hello(uint32_t version = 1) {
    feed(Link::kHelloId, [&](auto& f) {
      f.mutable_hello()->set_version(version);
      f.mutable_hello()->set_realm(pad("realm", 16));
      f.mutable_hello()->set_registration(v1::OPEN);
    });
  }
  void logged_in_reply(const Bytes& blob = "blob") {
    feed(Link::kLogInId, [&](auto& f) {
      f.mutable_logged_in()->set_identity_blob(blob);
      f.mutable_logged_in()->set_vault("vault");
      f.mutable_logged_in()->set_vault_version(7);
    });
  }
  void assignment() {
    feed(Link::kLogInId, [](auto& f) {
      f.mutable_assignment()->set_endpoint("tcp://worker:9");
      f.mutable_assignment()->set_key(pad("wk", 32));
      f.mutable_assignment()->set_session_epoch(5);
      f.mutable_assignment()->set_worker("w1");
    });
  }
  void attached(uint32_t window = 1024) {
    feed(Link::kAttachId, [&](auto& f) {
      f.mutable_attached()->set_version(1);
      f.mutable_attached()->set_worker("w1");
      f.mutable_attached()->set_window(window);
      f.mutable_attached()->set_vault_version(7);
    });
  }
  void drained() {
    feed(0, [](auto& f) { f.mutable_drained(); });
  }
  void to_attaching() {
    engine.on_link_up(now);
    hello();
    logged_in_reply();
    assignment();
  }
  void to_draining(uint32_t window = 1024) {
    to_attaching();
    engine.on_link_up(now);
    attached(window);
    turn();
  }
  void to_live(uint32_t window = 1024) {
    engine.start(now, credentials());
    to_draining(window);
    drained();
    turn();
    pong();
  }
  // Answers the ping that measures the latency.
  void pong() {
    feed(Link::kPingId, [](auto& f) { f.mutable_pong(); });
  }
  // Connects from OFFLINE, at the end of the backoff, up to a drained queue.
  void reconnect(uint32_t window = 1024) {
    at(wake);
    ASSERT_EQ(engine.state(), LinkState::kBrokerHello);
    to_attaching();
    engine.on_link_up(now);
    attached(window);
    drained();
  }
  template <class F>
  void downstream(F&& fill) {
    DownstreamWriter w;
    fill(w);
    engine.on_frame(now, w.take());
  }
  void deliver(uint64_t tag, const std::string& stream, uint64_t seq, const std::string& hash = "h") {
    downstream([&](auto& w) { w.delivery(tag, stream + "|" + std::to_string(seq) + "|" + hash); });
  }
  Outgoing to_group(uint64_t ref, uint64_t epoch = 1) {
    Outgoing o = outgoing(ref, "g", ref);
    o.to.clear();
    o.group = pad("team", 32);
    o.epoch = epoch;
    o.members = 3;
    return o;
  }
  // Each stream is a conversation of its own.
  Outgoing outgoing(uint64_t ref, const std::string& stream = "s", uint64_t seq = 0) {
    Outgoing o;
    o.ref = ref;
    o.to = stream == "s" ? "bob" : "bob-" + stream;
    o.stream = pad(stream, 16);
    o.seq = seq == 0 ? ref : seq;
    o.envelope = "envelope " + std::to_string(ref);
    return o;
  }

  // ---- the disk
  void commit() {
    for (PendingWrite& w : std::exchange(writes, {})) {
      if (w.key.seq != 0) marks[w.key] = w.hash;
      if (w.kind == PendingWrite::Kind::kQuarantine) quarantine.push_back(w.reason);
      if (w.kind != PendingWrite::Kind::kQuarantine || w.key.seq != 0) {
        StreamMark& mark = disk_streams[{w.key.from_fpr, w.key.stream}];
        mark.shown_upto = w.shown_upto;
        mark.joined = w.joined;
        if (w.key.seq != 0) mark.held.push_back(w.key.seq);
        for (const DisplayStep& s : w.shows) std::erase(mark.held, s.seq);
      }
      engine.on_written(w.id);
    }
  }

  // ---- Ports
  void connect(const Endpoint& to) override { connects.push_back(to.address); }
  void close() override { ++closes; }
  void send(Bytes&& frame) override {
    wire::ClientFrameParser parser;
    auto in = parser.parse(frame);
    ASSERT_TRUE(in.ok()) << in.error().text;
    if (!(*in)->is_traffic) {
      sent.cold.push_back((*in)->cold);
      return;
    }
    ++sent.traffic_frames;
    sent.signals += (*in)->traffic.signals.size();
    for (const auto& s : (*in)->traffic.sends) {
      sent.refs.push_back(s.ref);
      if (!s.group.empty()) sent.groups.emplace_back(Bytes(s.group), s.epoch);
    }
    if ((*in)->traffic.ack_upto != 0) sent.ack_upto = (*in)->traffic.ack_upto;
    for (uint64_t id : (*in)->traffic.receipt_acks) sent.receipt_acks.push_back(id);
  }
  void logged_in(const LoggedIn& in) override {
    if (wants_parts) engine.await_parts();
    blobs.push_back(in.identity_blob);
    last_login = in;
  }
  void account_deleted() override { ++deleted; }
  void password_changed(uint64_t devices) override { changed_for.push_back(devices); }
  void devices_changed() override { ++device_hints; }
  void signed_up() override { ++sign_ups; }
  void latency_changed(int64_t ms) override { latencies.push_back(ms); }
  void link_changed(LinkState, const LinkStatus& n) override { note = n; }
  std::optional<Bytes> load_envelope(uint64_t ref) override {
    loaded.push_back(ref);
    auto it = envelopes.find(ref);
    return it == envelopes.end() ? std::nullopt : std::optional<Bytes>(it->second);
  }
  void receipt(const Receipt& r) override {
    static constexpr const char* kWords[] = {"queued", "delivered", "failed", "stale", "conflict"};
    std::string text = kWords[static_cast<int>(r.state)] + std::string(" ") + std::to_string(r.ref);
    if (r.delivered + r.waiting.size() != 0) {
      text += ": " + std::to_string(r.delivered) + "+" + std::to_string(r.waiting.size());
    }
    if (r.member != 0) text += " by " + std::to_string(r.member);
    receipts.push_back(text);
    if (r.stored_id != 0) stored.push_back(r.stored_id);
  }
  void open_envelope(uint64_t arrival, ByteView envelope, v1::DeliveryKind kind) override {
    kinds.push_back(kind);
    const std::string text(envelope);
    const size_t a = text.find('|'), b = text.rfind('|');
    OpenResult opened;
    if (a == std::string::npos || a == b) {
      opened.reason = "garbled";
    } else {
      opened.verdict = Verdict::kMessage;
      opened.key = key(text.substr(0, a), std::max(1ull, std::strtoull(text.c_str() + a + 1, nullptr, 10)));
      opened.hash = text.substr(b + 1);
    }
    engine.on_opened(now, arrival, std::move(opened));
  }
  std::optional<Bytes> find_mark(const MessageKey& k) override {
    auto it = marks.find(k);
    return it == marks.end() ? std::nullopt : std::optional<Bytes>(it->second);
  }
  StreamMark load_stream(const Bytes& from, const Bytes& stream) override { return disk_streams[{from, stream}]; }
  void write(PendingWrite&& w) override { writes.push_back(std::move(w)); }
  void discard(uint64_t) override { ++drops; }
  void show(const Bytes&, const Bytes& stream, const DisplayStep& s) override {
    std::string text = stream.substr(0, stream.find_last_not_of('.') + 1) + std::to_string(s.seq);
    if (s.kind == DisplayStep::Kind::kLate) text = "late " + text;
    if (s.kind == DisplayStep::Kind::kHole) text = "hole " + text + "-" + std::to_string(s.last_seq);
    shown.push_back(text);
  }
  void reply(uint64_t request, const Result<v1::ServerFrame*>& answer) override {
    replies[request] = answer.code();
    if (request == Link::kPartsId) parts.push_back((*answer)->vault_parts());
  }
  void vault_changed(uint64_t version) override { vault_version = version; }
  void group_changed(const Bytes& id, uint64_t epoch) override { changed_groups.emplace_back(id, epoch); }
  uint64_t random() override { return random_value; }

  int64_t now = 1'000'000;
  int64_t wake = 0;
  uint64_t random_value = 0;
  std::vector<std::string> connects;
  int closes = 0, sign_ups = 0, drops = 0;
  Sent sent;
  LinkStatus note;
  LoggedIn last_login;
  int deleted = 0;
  std::vector<uint64_t> changed_for;
  int device_hints = 0;
  std::vector<std::string> blobs, receipts, shown, quarantine;
  std::vector<int64_t> latencies;
  std::vector<uint64_t> stored, loaded;
  std::vector<v1::DeliveryKind> kinds;  // of the deliveries
  std::map<uint64_t, Bytes> envelopes;
  bool wants_parts = false;  // the next login waits for parts of the vault
  std::vector<v1::VaultParts> parts;
  std::vector<PendingWrite> writes;
  std::map<MessageKey, Bytes> marks;
  std::map<std::pair<Bytes, Bytes>, StreamMark> disk_streams;
  std::map<uint64_t, Code> replies;
  uint64_t vault_version = 0;
  std::vector<std::pair<Bytes, uint64_t>> changed_groups;
  Engine engine;
};

}  // namespace fastchat::core
