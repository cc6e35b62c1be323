#include "worker/core/group_requests.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/names.h"

namespace fastchat::worker {
namespace {

// Returns a wait in words, as in "5 hours"; rounded up.
std::string wait_of(int64_t ms) {
  const int64_t minutes = std::max<int64_t>((ms + 59'999) / 60'000, 1);
  if (minutes >= 120) return std::to_string((minutes + 59) / 60) + " hours";
  return std::to_string(minutes) + (minutes == 1 ? " minute" : " minutes");
}

}  // namespace

bool GroupRequests::handle(Session& s, const v1::ClientFrame& frame) {
  using F = v1::ClientFrame;
  switch (frame.body_case()) {
    case F::kPutGroup:
      put(s, frame);
      return true;
    case F::kGetGroup:
      if (intake_.take(s, frame.request()))
        st_.lanes.ask(
            s, GetGroup{s.id, frame.request(), s.uid, frame.get_group().group_id(), frame.get_group().from_epoch()});
      return true;
    case F::kListGroups:
      if (intake_.take(s, frame.request())) st_.lanes.ask(s, ListGroups{s.id, frame.request(), s.uid});
      return true;
    case F::kLeaveGroup:
      if (intake_.take(s, frame.request()))
        st_.lanes.ask(s, LeaveGroup{s.id, frame.request(), s.uid, frame.leave_group().group_id()});
      return true;
    case F::kDeleteGroup:
      if (intake_.take(s, frame.request()))
        st_.lanes.ask(s, DeleteGroup{s.id, frame.request(), s.uid, frame.delete_group().group_id()});
      return true;
    default:
      return false;
  }
}

void GroupRequests::put(Session& s, const v1::ClientFrame& frame) {
  const auto& asked = frame.put_group();
  if (!valid_group_handle(asked.name())) {
    return out_.send_error(
        s, frame.request(), Code::kNameNotAllowed,
        "a group's name has 1 to 32 characters of a-z, 0-9, - and _, and begins with a letter or a digit");
  }
  if (static_cast<size_t>(asked.members_size()) > st_.config.max_group_members) {
    return out_.send_error(
        s, frame.request(), Code::kGroupFull,
        "a group has at most " + std::to_string(st_.config.max_group_members) + " members on this server");
  }
  if (!intake_.take(s, frame.request(), frame.ByteSizeLong())) return;
  PutGroup request{.session = s.id, .request = frame.request(), .uid = s.uid, .group_id = asked.group_id()};
  request.epoch = asked.epoch();
  request.name = asked.name();
  request.admin = asked.admin();
  request.members.assign(asked.members().begin(), asked.members().end());
  request.state = asked.state();
  request.max_made = st_.config.max_groups_made;
  request.budget = {st_.config.group_epochs_a_day, st_.config.max_group_bytes, st_.config.group_bytes_of_all};
  st_.lanes.ask(s, std::move(request));
}

void GroupRequests::changed(const GroupChange& reply) {
  if (reply.code == Code::kOk) {
    st_.groups.forget(reply.group_id);
    st_.bus_to(0).group(reply.group_id, reply.epoch, reply.uids.data(), reply.uids.size());
  } else if (reply.code == Code::kBusy) {
    // The change may have been committed all the same.
    st_.groups.forget(reply.group_id);
  } else if (reply.code == Code::kThrottled || reply.code == Code::kStorageFull) {
    ++st_.counters.group_epochs_refused;
  }
  if (Session* s = intake_.answered(reply.session, reply.request); s != nullptr) answer(*s, reply);
  if (reply.code == Code::kOk) tell(reply.group_id, reply.epoch, reply.uids, reply.session);
}

void GroupRequests::answer(Session& s, const GroupChange& reply) {
  const auto refuse = [&](std::string_view text) { out_.send_error(s, reply.request, reply.code, text); };
  switch (reply.code) {
    case Code::kOk:
      break;
    case Code::kNameTaken:
      return refuse("another group has this name");
    case Code::kUnknownUser:
      return refuse("no such user: " + reply.who);
    case Code::kTooManyGroups:
      return refuse("this server lets a user create " + std::to_string(st_.config.max_groups_made) +
                    " groups, deleted ones included: use one that you have, or ask the operator for more");
    case Code::kThrottled:
    case Code::kStorageFull:
      return over_budget(s, reply);
    case Code::kUnknownGroup:
      return refuse("no such group");
    case Code::kConflict:
      return refuse("the group has changed meanwhile: fetch its state and try again");
    case Code::kNotAllowed:
      return refuse(reply.action == GroupAction::kLeave
                        ? "the admin cannot leave a group: hand the group over or delete it"
                        : "only the admin of a group can do that");
    default:
      return out_.send_busy(s, reply.request);
  }
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  switch (reply.action) {
    case GroupAction::kPut:
      frame.mutable_group_stored();
      break;
    case GroupAction::kLeave:
      frame.mutable_group_left();
      break;
    case GroupAction::kDelete:
      frame.mutable_group_deleted();
      break;
  }
  out_.send(s, frame);
}

void GroupRequests::over_budget(Session& s, const GroupChange& reply) {
  std::string text;
  if (reply.code == Code::kThrottled) {
    text = "this account has changed groups " + std::to_string(st_.config.group_epochs_a_day) +
           " times in a day: try again in " + wait_of(reply.retry_ms);
  } else if (reply.all_full) {
    text = "this server has no room for more changes of groups: tell the operator";
  } else {
    text =
        "this server keeps " + std::to_string(st_.config.max_group_bytes >> 20) +
        " MiB of changes of groups for an account, and your account has reached this limit: ask the operator for more";
  }
  out_.send_error(s, reply.request, reply.code, text, static_cast<uint64_t>(std::max<int64_t>(reply.retry_ms, 0)));
}

void GroupRequests::changed_elsewhere(ByteView group_id, uint64_t epoch, const uint64_t* uids, size_t uid_count) {
  st_.groups.forget(group_id);
  tell(group_id, epoch, {uids, uids + uid_count}, 0);
}

void GroupRequests::tell(ByteView group_id, uint64_t epoch, std::vector<uint64_t> uids, SessionId except) {
  std::sort(uids.begin(), uids.end());
  uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
  v1::ServerFrame frame;
  frame.mutable_group_changed()->set_group_id(std::string(group_id));
  frame.mutable_group_changed()->set_epoch(epoch);
  for (const uint64_t uid : uids) {
    st_.sessions.each_of(uid, [&](Session& s) {
      if (s.id != except) out_.send(s, frame);
    });
  }
}

void GroupRequests::states(GroupStates reply) {
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code == Code::kUnknownGroup) {
    return out_.send_error(*s, reply.request, Code::kUnknownGroup, "no such group");
  }
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  auto* g = frame.mutable_group();
  g->set_name(reply.name);
  g->set_epoch(reply.epoch);
  g->set_admin(reply.admin);
  g->set_member(reply.member);
  g->set_deleted(reply.deleted);
  for (auto& state : reply.states) g->add_states(std::move(state));
  out_.send(*s, frame);
}

void GroupRequests::listed(const GroupList& reply) {
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  auto* groups = frame.mutable_groups();
  for (const auto& item : reply.groups) {
    auto* g = groups->add_groups();
    g->set_group_id(item.group_id);
    g->set_name(item.name);
    g->set_epoch(item.epoch);
  }
  out_.send(*s, frame);
}

}  // namespace fastchat::worker
