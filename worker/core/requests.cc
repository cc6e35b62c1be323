#include "worker/core/requests.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "common/names.h"

namespace fastchat::worker {
namespace {

constexpr int64_t kDevicesToldEvery = 1'000'000;  // us
constexpr ptrdiff_t kWaitingAtOnce = 50'000;      // members in one answer to a query, of at most 10 bytes each

}  // namespace

void Requests::handle(Session& s, const v1::ClientFrame& frame) {
  using F = v1::ClientFrame;
  switch (frame.body_case()) {
    case F::kPing: {
      v1::ServerFrame pong;
      pong.set_request(frame.request());
      pong.mutable_pong();
      return out_.send(s, pong);
    }
    case F::kGetUsers:
      return get_users(s, frame);
    case F::kQuery:
      return query(s, frame);
    case F::kGetDevices:
      return st_.ports.store(ListDevices{s.id, frame.request(), s.uid});
    case F::kRemoveDevice:
      return st_.ports.store(RemoveDevice{s.id, frame.request(), s.uid, frame.remove_device().device()});
    case F::kGetVault:
      return st_.ports.store(GetVault{s.id, frame.request(), s.uid});
    case F::kPutVault:
      return st_.ports.store(
          PutVault{s.id, frame.request(), s.uid, frame.put_vault().version(), frame.put_vault().blob()});
    default:
      return out_.send_error(s, frame.request(), Code::kNotAllowed, "a worker does not answer this request");
  }
}

void Requests::get_users(Session& s, const v1::ClientFrame& frame) {
  Asked asked{.session = s.id, .request = frame.request(), .names = {}, .done = {}, .users = {}, .open = 0};
  Lookup lookup;
  for (const auto& name : frame.get_users().names()) {
    asked.names.push_back(name);
    const DirectoryEntry* e = valid_user_name(name) ? st_.directory.usable(name, st_.now, st_.now) : nullptr;
    const bool known = e != nullptr && e->state == DirectoryEntry::State::kKnown;
    asked.done.push_back(known || !valid_user_name(name));
    if (known) asked.users.push_back(e->user);
    if (asked.done.back()) continue;
    ++asked.open;
    lookup.names.push_back(name);
  }
  if (asked.open == 0) return answer_users(asked);
  asked_.push_back(std::move(asked));
  st_.ports.store(std::move(lookup));
}

void Requests::answer_users(const Asked& asked) {
  Session* s = st_.sessions.get(asked.session);
  if (s == nullptr) return;
  std::unordered_map<std::string_view, const UserRow*> rows;
  for (const auto& u : asked.users) rows[u.name] = &u;
  v1::ServerFrame frame;
  frame.set_request(asked.request);
  auto* users = frame.mutable_users();
  for (const auto& name : asked.names) {
    const auto it = rows.find(name);
    if (it == rows.end()) continue;
    auto* u = users->add_users();
    u->set_name(it->second->name);
    u->set_public_key(it->second->public_key);
  }
  out_.send(*s, frame);
}

// Several requests may wait for one name; a reply serves each that it answers.
void Requests::looked_up(const LookedUp& reply) {
  for (auto& asked : asked_) {
    for (size_t i = 0; i < asked.names.size(); ++i) {
      if (asked.done[i] || std::find(reply.names.begin(), reply.names.end(), asked.names[i]) == reply.names.end())
        continue;
      if (reply.code != Code::kOk) {
        if (Session* s = st_.sessions.get(asked.session); s != nullptr) out_.send_busy(*s, asked.request);
        asked.session = 0;
        asked.open = 0;
        break;
      }
      asked.done[i] = true;
      --asked.open;
      for (const auto& u : reply.users) {
        if (u.name == asked.names[i]) asked.users.push_back(u);
      }
    }
    if (asked.open == 0) answer_users(asked);
  }
  std::erase_if(asked_, [](const Asked& a) { return a.open == 0; });
}

void Requests::query(Session& s, const v1::ClientFrame& frame) {
  QueryOpen q{.session = s.id,
              .request = frame.request(),
              .from_uid = s.uid,
              .from_did = s.did,
              .items = {},
              .pending_refs = {}};
  std::unordered_map<uint64_t, bool> in_hand;
  st_.pending.each([&](const Pending& p) {
    if (p.from_did == s.did) in_hand[p.ref] = true;
  });
  for (const auto& o : frame.query().open()) {
    if (in_hand.contains(o.ref())) {
      q.pending_refs.push_back(o.ref());
    } else {
      q.items.push_back(QueryItem{o.ref(), o.stream(), o.seq()});
    }
  }
  st_.ports.store(std::move(q));
}

void Requests::queried(const Queried& reply) {
  Session* s = st_.sessions.get(reply.session);
  if (s == nullptr) return;
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  auto* body = frame.mutable_query();
  const auto add = [body](uint64_t ref, v1::MessageState state) {
    auto* status = body->add_status();
    status->set_ref(ref);
    status->set_state(state);
    return status;
  };
  // What was in hand when it was asked may have got its receipt since; the receipt is ahead of this answer then.
  for (const uint64_t ref : reply.pending) add(ref, v1::PENDING);
  for (const uint64_t ref : reply.unknown) add(ref, v1::UNKNOWN);
  ptrdiff_t listed = 0;
  for (const uint64_t ref : reply.queued) {
    const auto first = std::lower_bound(reply.waiting.begin(), reply.waiting.end(), Queried::Waiting{ref, 0});
    const auto last = std::find_if(first, reply.waiting.end(), [ref](const auto& w) { return w.ref != ref; });
    // More would not fit a frame; the client asks again for what is left out.
    if (listed > 0 && listed + (last - first) > kWaitingAtOnce) continue;
    listed += last - first;
    auto* status = add(ref, v1::QUEUED);
    status->set_queued_members(static_cast<uint64_t>(last - first));
    for (auto w = first; w != last; ++w) status->add_waiting(w->member);
  }
  out_.send(*s, frame);
}

void Requests::listed(const DeviceList& reply) {
  Session* s = st_.sessions.get(reply.session);
  if (s == nullptr) return;
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  auto* body = frame.mutable_devices();
  for (const auto& row : reply.devices) {
    auto* d = body->add_devices();
    d->set_device(row.device);
    d->set_name(row.name);
    d->set_created_ms(row.created_ms);
    d->set_last_login_ms(row.last_login_ms);
    if (s->version >= 2) d->set_address(row.address);
    d->set_online(st_.sessions.by_did(row.did) != nullptr || st_.presence.holder(row.did, st_.now) != 0);
  }
  out_.send(*s, frame);
}

uint64_t Requests::device_gone(const DeviceGone& reply) {
  if (reply.code == Code::kOk) {
    st_.directory.forget(reply.uid);
    st_.bus_to(0).stale_user(reply.uid);
    st_.bus_to(0).kick(reply.did);
    devices_changed(reply.uid);
  }
  if (Session* s = st_.sessions.get(reply.session); s != nullptr) {
    if (reply.code == Code::kOk) {
      v1::ServerFrame frame;
      frame.set_request(reply.request);
      frame.mutable_device_removed();
      out_.send(*s, frame);
    } else if (reply.code == Code::kUnknownDevice) {
      out_.send_error(*s, reply.request, Code::kUnknownDevice, "you have no such device");
    } else {
      out_.send_busy(*s, reply.request);
    }
  }
  return reply.code == Code::kOk ? reply.did : 0;
}

void Requests::devices_changed(uint64_t uid) {
  st_.sessions.each([&](Session& s) {
    if (s.uid == uid && s.version >= 2 && !s.devices_untold && !tell_devices(s)) untold_.push_back(s.id);
  });
}

void Requests::tell_devices() {
  std::erase_if(untold_, [this](SessionId id) {
    Session* s = st_.sessions.get(id);
    return s == nullptr || tell_devices(*s);
  });
}

bool Requests::tell_devices(Session& s) {
  s.devices_untold = s.devices_told_at != 0 && st_.now - s.devices_told_at < kDevicesToldEvery;
  if (s.devices_untold) return false;
  s.devices_told_at = st_.now;
  v1::ServerFrame frame;
  frame.mutable_devices_changed();
  out_.send(s, frame);
  return true;
}

void Requests::vault_row(VaultRow reply) {
  Session* s = st_.sessions.get(reply.session);
  if (s == nullptr) return;
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  frame.mutable_vault()->set_version(reply.version);
  frame.mutable_vault()->set_blob(std::move(reply.blob));
  out_.send(*s, frame);
}

void Requests::vault_put(const VaultPut& reply) {
  if (reply.code == Code::kOk) {
    vault_changed(reply.uid, reply.version, reply.session);
    st_.bus_to(0).vault(reply.uid, reply.version);
  }
  Session* s = st_.sessions.get(reply.session);
  if (s == nullptr) return;
  if (reply.code == Code::kConflict) {
    return out_.send_error(*s, reply.request, Code::kConflict,
                           "another device changed the vault: fetch it and try again");
  }
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  frame.mutable_vault_stored()->set_version(reply.version);
  out_.send(*s, frame);
}

void Requests::vault_changed(uint64_t uid, uint64_t version, SessionId except) {
  v1::ServerFrame frame;
  frame.mutable_vault_changed()->set_version(version);
  st_.sessions.each([&](Session& s) {
    if (s.uid == uid && s.id != except) out_.send(s, frame);
  });
}

}  // namespace fastchat::worker
