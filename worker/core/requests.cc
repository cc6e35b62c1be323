#include "worker/core/requests.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/names.h"

namespace fastchat::worker {
namespace {

constexpr int64_t kDevicesToldEvery = 1'000'000;  // us
constexpr ptrdiff_t kWaitingAtOnce = 50'000;      // members in one answer to a query, of at most 10 bytes each
constexpr std::string_view kNoDevice = "none of your devices has this id";

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
    case F::kGetRekeys:
    case F::kRenameDevice:
      if (s.version < 3) return out_.send_error(s, frame.request(), Code::kNotAllowed, "version 3 has this request");
      if (!intake_.take(s, frame.request())) return;
      break;
    case F::kQuery:
    case F::kGetDevices:
    case F::kRemoveDevice:
      if (!intake_.take(s, frame.request())) return;
      break;
    default:
      return out_.send_error(s, frame.request(), Code::kNotAllowed, "a worker does not take this request");
  }
  switch (frame.body_case()) {
    case F::kQuery:
      return query(s, frame);
    case F::kGetRekeys:
      return st_.lanes.ask(s, ListRekeys{s.id, frame.request(), frame.get_rekeys().user()});
    case F::kGetDevices:
      return st_.lanes.ask(s, ListDevices{s.id, frame.request(), s.uid});
    case F::kRemoveDevice:
      return st_.lanes.ask(s, RemoveDevice{s.id, frame.request(), s.uid, frame.remove_device().device()});
    default:
      return st_.lanes.ask(
          s, RenameDevice{s.id, frame.request(), s.uid, frame.rename_device().device(), frame.rename_device().name()});
  }
}

void Requests::get_users(Session& s, const v1::ClientFrame& frame) {
  if (!intake_.room(s, frame.request()) || !intake_.take(s, frame.request())) return;
  Asked asked{.session = s.id, .request = frame.request(), .arrived = st_.now, .names = {}, .users = {}};
  const uint64_t number = ++last_asked_;
  for (const auto& name : frame.get_users().names()) {
    asked.names.push_back(name);
    if (!valid_user_name(name) || st_.directory.absent(name, st_.now)) continue;
    const DirectoryEntry* e = st_.directory.usable(name, st_.now, st_.now);
    if (e != nullptr && e->state == DirectoryEntry::State::kKnown) {
      asked.users.push_back(e->user);
    } else {
      ++asked.open;
      ask_for(name, {s.uid, s.id}, number);
    }
  }
  if (asked.open == 0) {
    intake_.answered(s.id, asked.request);
    return answer_users(s, asked);
  }
  asked_.emplace(number, std::move(asked));
}

void Requests::ask_for(const std::string& name, const Asker& by, uint64_t number) {
  waiting_[name].push_back(number);
  if (st_.directory.wait(name, 0, st_.now)) st_.ask_users.push(by, name);
}

void Requests::answer_users(Session& s, const Asked& asked) {
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
  out_.send(s, frame);
}

void Requests::looked_up(const LookedUp& reply) {
  std::unordered_map<std::string_view, const UserRow*> rows;
  for (const auto& u : reply.users) rows[u.name] = &u;
  for (const auto& name : reply.names) {
    // The name is looked up once more, because of a change on its way.
    if (st_.directory.under_way(name)) continue;
    const auto row = rows.find(name);
    found(name, row == rows.end() ? nullptr : row->second, reply);
  }
}

// Several requests may wait for one name; a reply serves each of them.
void Requests::found(const std::string& name, const UserRow* row, const LookedUp& reply) {
  const auto it = waiting_.find(name);
  if (it == waiting_.end()) return;
  const std::vector<uint64_t> numbers = std::move(it->second);
  waiting_.erase(it);
  for (const uint64_t number : numbers) {
    const auto place = asked_.find(number);
    if (place == asked_.end()) continue;
    Asked& asked = place->second;
    Session* s = st_.sessions.get(asked.session);
    const bool late = row == nullptr && asked.arrived - reply.asked_at > st_.config.absent_life;
    if (s != nullptr && reply.code == Code::kOk && late) {
      // The name was looked up long before this request came.
      ask_for(name, {s->uid, s->id}, number);
      continue;
    }
    if (row != nullptr) asked.users.push_back(*row);
    if (s != nullptr && reply.code == Code::kOk && --asked.open > 0) continue;
    if (s != nullptr) {
      intake_.answered(s->id, asked.request);
      if (reply.code == Code::kOk) {
        answer_users(*s, asked);
      } else {
        out_.send_busy(*s, asked.request);
      }
    }
    asked_.erase(place);
  }
}

void Requests::query(Session& s, const v1::ClientFrame& frame) {
  QueryOpen q{.session = s.id,
              .request = frame.request(),
              .from_uid = s.uid,
              .from_did = s.did,
              .items = {},
              .pending_refs = {}};
  std::unordered_set<uint64_t> in_hand;
  st_.pending.each_of(s.did, [&](const Pending& p) { in_hand.insert(p.ref); });
  for (const auto& o : frame.query().open()) {
    if (in_hand.contains(o.ref())) {
      q.pending_refs.push_back(o.ref());
    } else {
      q.items.push_back(QueryItem{o.ref(), o.stream(), o.seq()});
    }
  }
  st_.lanes.ask(s, std::move(q));
}

void Requests::queried(const Queried& reply) {
  Session* s = intake_.answered(reply.session, reply.request);
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
  // A message in hand at the time of the query may have got its receipt since; then the receipt is ahead of this
  // answer.
  for (const uint64_t ref : reply.pending) add(ref, v1::PENDING);
  for (const uint64_t ref : reply.unknown) add(ref, v1::UNKNOWN);
  for (const uint64_t ref : reply.delivered) {
    s->out.delivered(ref);
    add(ref, v1::PENDING);
  }
  ptrdiff_t listed = 0;
  for (const uint64_t ref : reply.queued) {
    const auto first = std::lower_bound(reply.waiting.begin(), reply.waiting.end(), Queried::Waiting{ref, 0});
    const auto last = std::find_if(first, reply.waiting.end(), [ref](const auto& w) { return w.ref != ref; });
    // More would not fit a frame; the client asks again for the messages left out.
    if (listed > 0 && listed + (last - first) > kWaitingAtOnce) continue;
    listed += last - first;
    auto* status = add(ref, v1::QUEUED);
    status->set_queued_members(static_cast<uint64_t>(last - first));
    for (auto w = first; w != last; ++w) status->add_waiting(w->member);
  }
  out_.send(*s, frame);
}

void Requests::listed(const DeviceList& reply) {
  Session* s = intake_.answered(reply.session, reply.request);
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

void Requests::listed(const RekeyList& reply) {
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code == Code::kUnknownUser) {
    return out_.send_error(*s, reply.request, Code::kUnknownUser, "no account has this name");
  }
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  frame.mutable_rekeys()->set_first_public_key(reply.first_public_key);
  for (const Bytes& rekey : reply.rekeys) frame.mutable_rekeys()->add_rekeys(rekey);
  out_.send(*s, frame);
}

uint64_t Requests::device_gone(const DeviceGone& reply) {
  if (reply.code == Code::kOk) {
    st_.directory.forget(reply.uid);
    st_.bus_to(0).stale_user(reply.uid);
    st_.bus_to(0).kick(reply.did);
    devices_changed(reply.uid);
  }
  if (Session* s = intake_.answered(reply.session, reply.request); s != nullptr) {
    if (reply.code == Code::kOk) {
      v1::ServerFrame frame;
      frame.set_request(reply.request);
      frame.mutable_device_removed();
      out_.send(*s, frame);
    } else if (reply.code == Code::kUnknownDevice) {
      out_.send_error(*s, reply.request, Code::kUnknownDevice, kNoDevice);
    } else {
      out_.send_busy(*s, reply.request);
    }
  }
  return reply.code == Code::kOk ? reply.did : 0;
}

void Requests::renamed(const DeviceRenamed& reply) {
  if (reply.code == Code::kOk) {
    st_.bus_to(0).stale_user(reply.uid);
    devices_changed(reply.uid);
  }
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code == Code::kUnknownDevice) return out_.send_error(*s, reply.request, reply.code, kNoDevice);
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  frame.mutable_device_renamed();
  out_.send(*s, frame);
}

void Requests::devices_changed(uint64_t uid) {
  st_.sessions.each_of(uid, [&](Session& s) {
    if (s.version >= 2 && !s.devices_untold && !tell_devices(s)) untold_.push_back(s.id);
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

}  // namespace fastchat::worker
