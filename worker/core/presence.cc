#include "worker/core/presence.h"

#include <algorithm>
#include <string_view>

namespace fastchat::worker {

void Presence::went_up(uint64_t did, uint64_t epoch) {
  auto* up = changes_.add_ups();
  up->set_did(did);
  up->set_session_epoch(epoch);
}

// When a device came and went, or the other way round, between two Presence frames, the last change counts. A receiver
// applies ups before downs, so a device that is up again must not be in the downs.
void Presence::went_down(uint64_t did) {
  auto* ups = changes_.mutable_ups();
  for (int i = ups->size() - 1; i >= 0; --i) {
    if (ups->Get(i).did() == did) ups->DeleteSubrange(i, 1);
  }
  changes_.add_downs(did);
}

bool Presence::take_changes(v1::Presence* out) {
  if (changes_.ups_size() == 0 && changes_.downs_size() == 0) return false;
  for (const auto& up : changes_.ups()) {
    auto* downs = changes_.mutable_downs();
    downs->erase(std::remove(downs->begin(), downs->end(), up.did()), downs->end());
  }
  changes_.set_number(++number_);
  out->Swap(&changes_);
  changes_.Clear();
  return true;
}

Presence::Changes Presence::set_peers(size_t broker, const google::protobuf::RepeatedPtrField<v1::Peer>& peers,
                                      int64_t now) {
  forget_broker(broker);
  Changes out;
  for (const auto& told : peers) {
    if (told.worker_id() == self_) continue;
    auto [it, fresh] = peers_.try_emplace(told.worker_id());
    Peer& p = it->second;
    if (fresh) {
      p.endpoint = told.bus_endpoint();
      p.name = told.name();
      p.heard_at = now - kSilence;
      out.connect.push_back(p.endpoint);
    }
    p.listed_by.push_back(broker);
    p.version = std::max(p.version, told.version());  // a broker of version 1 does not send it
  }
  const Changes gone = drop_unlisted(now);
  out.disconnect = gone.disconnect;
  out.lost = gone.lost;
  // A restarted worker may have its predecessor's endpoint, so the link to that endpoint stays.
  for (const auto& c : out.connect)
    out.disconnect.erase(std::remove(out.disconnect.begin(), out.disconnect.end(), c), out.disconnect.end());
  return out;
}

void Presence::forget_broker(size_t broker) {
  for (auto& [id, p] : peers_) {
    p.listed_by.erase(std::remove(p.listed_by.begin(), p.listed_by.end(), broker), p.listed_by.end());
  }
}

Presence::Changes Presence::drop_unlisted(int64_t now) {
  Changes out;
  for (auto it = peers_.begin(); it != peers_.end();) {
    const Peer& p = it->second;
    if (p.listed_by.empty() && now - p.heard_at > kSilence) {
      out.lost.push_back(it->first);
      const bool shared = std::any_of(peers_.begin(), peers_.end(), [&](const auto& other) {
        return other.first != it->first && other.second.endpoint == p.endpoint;
      });
      if (!shared) out.disconnect.push_back(p.endpoint);
      forget_devices_of(it->first);
      it = peers_.erase(it);
    } else {
      ++it;
    }
  }
  return out;
}

void Presence::heard(uint64_t from, int64_t now) {
  const auto it = peers_.find(from);
  if (it != peers_.end()) it->second.heard_at = now;
}

bool Presence::ask(Peer& p, int64_t now) {
  if (p.asked_at != 0 && now - p.asked_at < 500'000) return false;
  p.asked_at = now;
  return true;
}

bool Presence::on_beat(uint64_t from, const v1::BusBeat& beat, int64_t now) {
  const auto it = peers_.find(from);
  if (it == peers_.end()) return false;
  Peer& p = it->second;
  p.heard_at = now;
  p.hears_us = std::find(beat.hears().begin(), beat.hears().end(), self_) != beat.hears().end();
  if (p.hears_us && !p.was_up) {
    p.was_up = true;
    link_came_up_ = true;
  }
  if (p.synced && p.number == beat.number()) return false;
  p.synced = false;
  return ask(p, now);
}

bool Presence::on_presence(uint64_t from, const v1::Presence& told, int64_t now) {
  const auto it = peers_.find(from);
  if (it == peers_.end()) return false;
  Peer& p = it->second;
  p.heard_at = now;
  if (!p.synced || told.number() != p.number + 1) {
    if (p.synced && told.number() <= p.number) return false;
    p.synced = false;
    return ask(p, now);
  }
  p.number = told.number();
  for (const auto& up : told.ups()) put(from, up.did(), up.session_epoch());
  for (const uint64_t did : told.downs()) {
    const auto at = where_.find(did);
    if (at != where_.end() && at->second.worker == from) where_.erase(at);
  }
  return false;
}

void Presence::on_snapshot(uint64_t from, const v1::Snapshot& s, int64_t now) {
  const auto it = peers_.find(from);
  if (it == peers_.end()) return;
  Peer& p = it->second;
  p.heard_at = now;
  if (p.synced && s.number() <= p.number) return;
  forget_devices_of(from);
  for (const auto& up : s.ups()) put(from, up.did(), up.session_epoch());
  p.number = s.number();
  p.synced = true;
  p.asked_at = 0;
}

std::vector<uint64_t> Presence::fell_silent(int64_t now) {
  std::vector<uint64_t> out;
  for (auto& [id, p] : peers_) {
    if (p.was_up && (now - p.heard_at > kSilence || !p.hears_us)) {
      p.was_up = false;
      p.hears_us = false;
      out.push_back(id);
    }
  }
  return out;
}

uint64_t Presence::holder(uint64_t did, int64_t now) const {
  const auto it = where_.find(did);
  return it != where_.end() && up(it->second.worker, now) ? it->second.worker : 0;
}

bool Presence::up(uint64_t worker, int64_t now) const {
  const auto it = peers_.find(worker);
  return it != peers_.end() && it->second.hears_us && now - it->second.heard_at <= kSilence;
}

uint32_t Presence::version(uint64_t worker) const {
  const auto it = peers_.find(worker);
  return it == peers_.end() ? 1 : it->second.version;
}

std::vector<uint64_t> Presence::workers_of(uint32_t version) const {
  std::vector<uint64_t> out;
  for (const auto& [id, p] : peers_) {
    if (p.version >= version) out.push_back(id);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<uint64_t> Presence::hears(int64_t now) const {
  std::vector<uint64_t> out;
  for (const auto& [id, p] : peers_) {
    if (now - p.heard_at < kSilence) out.push_back(id);
  }
  std::sort(out.begin(), out.end());
  return out;
}

size_t Presence::peers_up(int64_t now) const {
  return static_cast<size_t>(
      std::count_if(peers_.begin(), peers_.end(), [&](const auto& p) { return up(p.first, now); }));
}

void Presence::clear() {
  where_.clear();
  for (auto& [id, p] : peers_) {
    p.synced = p.hears_us = p.was_up = false;
    p.heard_at = 0;
    p.asked_at = 0;
  }
}

void Presence::put(uint64_t worker, uint64_t did, uint64_t epoch) {
  Place& at = where_[did];
  if (epoch >= at.epoch) at = {worker, epoch};
}

void Presence::forget_devices_of(uint64_t worker) {
  std::erase_if(where_, [worker](const auto& entry) { return entry.second.worker == worker; });
}

}  // namespace fastchat::worker
