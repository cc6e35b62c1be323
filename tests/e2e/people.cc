#include "tests/e2e/people.h"

#include <algorithm>

#include "client/e2e/hash.h"

namespace fastchat::tests {

using namespace e2e;

Identity person(const std::string& user, size_t key, const Bytes& realm) {
  return Identity(realm, user, {test_key(key)});
}
Identity alice() {
  return person("alice", 0);
}
Identity bob() {
  return person("bob", 1);
}
Identity carol() {
  return person("carol", 2);
}
Identity mallory() {
  return person("mallory", 3);
}

void FixedRandom::fill(void* p, size_t n) {
  auto* out = static_cast<char*>(p);
  while (n > 0) {
    Bytes block = seed_;
    put_u64(block, counter_++);
    block = sha256(block);
    const size_t take = std::min(n, block.size());
    block.copy(out, take);
    out += take;
    n -= take;
  }
}

void MapPins::pin(const PeerKey& key, bool first_contact) {
  keys_.insert_or_assign(key.user, key);
  if (first_contact) fresh_.insert(key.user);
}

Pinned MapPins::find(std::string_view user) const {
  const auto it = keys_.find(user);
  if (it == keys_.end()) return {};
  return Pinned{&it->second, fresh_.contains(user)};
}

std::optional<ReplayMarks::Seen> MapMarks::seen(const MessageId& id) const {
  const auto it = seen_.find(id);
  if (it == seen_.end()) return std::nullopt;
  return Seen{it->second};
}

void MapGroups::enter(const GroupState& state, const KeyPair* key) {
  held_[state.group_id].insert_or_assign(state.epoch, Held{state, key});
}

const GroupState* MapGroups::current(ByteView group_id) const {
  const auto it = held_.find(group_id);
  return it == held_.end() ? nullptr : &it->second.rbegin()->second.state;
}

EpochView MapGroups::epoch(ByteView group_id, uint64_t epoch) const {
  const auto group = held_.find(group_id);
  if (group == held_.end()) return {};
  const auto it = group->second.find(epoch);
  return it == group->second.end() ? EpochView{} : EpochView{&it->second.state, it->second.key};
}

Received Client::receive(ByteView envelope) {
  Received r = look(envelope);
  if (r.outcome == Outcome::kOpened) marks.add(r.header.id, r.hash);
  return r;
}

namespace {

StreamPosition& position(Client& client, const std::string& to) {
  StreamPosition& at = client.streams[to];
  if (at.stream.empty()) at.stream = sha256(client.me.fpr() + to).substr(0, kStream);
  ++at.seq;
  return at;
}

}  // namespace

SealedMessage Client::say(const PeerKey& to, Content content) {
  StreamPosition& at = position(*this, to.user);
  SealedMessage m = seal_message(me, to, at, content, kNowMs).value();
  at.prev = m.hash;
  marks.add(m.id, m.hash);
  return m;
}

SealedMessage Client::say_group(const GroupState& group, const Content& content) {
  StreamPosition& at = position(*this, "#" + group.group_id);
  SealedMessage m = seal_group_message(me, group, at, content, kNowMs).value();
  at.prev = m.hash;
  marks.add(m.id, m.hash);
  return m;
}

Trio::Trio() : a(alice()), b(bob()), c(carol()) {
  for (Client* x : {&a, &b, &c}) {
    for (Client* y : {&a, &b, &c}) {
      if (x != y) x->pins.pin(y->me.peer());
    }
  }
}

std::string text_of(const Received& r) {
  const Text* text = r.outcome == Outcome::kOpened ? std::get_if<Text>(&r.content) : nullptr;
  return text != nullptr ? text->text : "";
}

Bytes forge(const Header& header, const std::vector<Bytes>& wraps, ByteView body, const KeyPair& sign_with) {
  const Bytes h = encode_header(header);
  return encode_envelope(h, wraps, body, sign(sign_with, SignType::kMessage, signed_part(h, wraps, body)));
}

Header header_to(const Identity& from, const PeerKey& to) {
  Header h;
  h.realm = from.realm();
  h.from_user = from.user();
  h.id = MessageId{from.fpr(), Bytes(16, 's'), 1};
  h.to_user = to.user;
  h.to_fpr = to.fpr;
  h.prev = Bytes(32, '\0');
  h.sent_ms = kNowMs;
  return h;
}

}  // namespace fastchat::tests
