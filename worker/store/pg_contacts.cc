// PgStore's part that keeps contacts and cards.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/wire.h"
#include "worker/store/contact_statements.h"
#include "worker/store/pg_store.h"
#include "worker/store/transaction.h"

namespace fastchat::worker {
namespace contacts {
namespace {

// Has what a transaction sets: users by their standing, new or not, and accepted groups. Then what is new.
struct Changes {
  std::vector<int64_t> accepted, blocked, removed;
  std::vector<ByteView> groups_accepted;
  std::vector<int64_t> new_users;
  std::vector<Bytes> new_groups;
  bool policy = false;

  std::vector<int64_t> users() const {
    std::vector<int64_t> all = accepted;
    all.insert(all.end(), blocked.begin(), blocked.end());
    all.insert(all.end(), removed.begin(), removed.end());
    return all;
  }
  bool any() const { return policy || !new_users.empty() || !new_groups.empty(); }
};

pg::PgResult<> set(pg::Session& session, const PutContacts& request, Changes* out) {
  std::vector<ByteView> names, groups;
  std::vector<int64_t> standings, accepted;
  for (const ContactRow& row : request.contacts) {
    if (row.group.empty()) {
      names.emplace_back(row.user);
      standings.push_back(row.standing);
      continue;
    }
    groups.emplace_back(row.group);
    accepted.push_back(row.standing == v1::ACCEPTED ? 1 : 0);
    if (row.standing == v1::ACCEPTED) out->groups_accepted.emplace_back(row.group);
  }
  const auto uid = [&] { return pg::Params().bigint(static_cast<int64_t>(request.uid)); };
  if (!names.empty()) {
    auto rows = session.write(sql::kSetContacts, uid().texts(names).bigints(standings));
    if (!rows) return rows.failure();
    for (int i = 0; i < rows->size(); ++i) {
      auto& to = rows->bigint(i, 1) == v1::ACCEPTED  ? out->accepted
                 : rows->bigint(i, 1) == v1::BLOCKED ? out->blocked
                                                     : out->removed;
      to.push_back(rows->bigint(i, 0));
      if (rows->boolean(i, 2)) out->new_users.push_back(rows->bigint(i, 0));
    }
  }
  if (!groups.empty()) {
    auto rows = session.write(sql::kSetContactGroups, uid().byteas(groups).bigints(accepted));
    if (!rows) return rows.failure();
    for (int i = 0; i < rows->size(); ++i) out->new_groups.emplace_back(rows->bytes(i, 0));
  }
  return Unit{};
}

// Does what the standings that user `uid` set bring about: requests end, receipts are released, messages are dropped.
// A standing that is set once more does so, too: a user declines a stranger without a standing before or after.
// Adds the devices of senders whose receipts are released to *wake.
pg::PgResult<> settle(pg::Session& session, int64_t uid, const Changes& c, std::vector<uint64_t>* wake) {
  const auto run = [&](const char* step, const pg::Params& p) -> pg::PgResult<> {
    auto done = session.write(step, p);
    if (!done) return done.failure();
    return Unit{};
  };
  const auto release = [&](const char* step, const pg::Params& p) -> pg::PgResult<> {
    auto released = session.write(step, p);
    if (!released) return released.failure();
    std::set<uint64_t> dids(wake->begin(), wake->end());
    for (int i = 0; i < released->size(); ++i) dids.insert(static_cast<uint64_t>(released->bigint(i, 0)));
    wake->assign(dids.begin(), dids.end());
    return Unit{};
  };
  const auto params = [&] { return pg::Params().bigint(uid); };
  for (const auto* gone : {&c.blocked, &c.removed}) {
    if (gone->empty()) continue;
    if (auto r = run(sql::kDropQueued, params().bigints(*gone).boolean(gone == &c.blocked)); !r) return r;
  }
  const auto users = c.users();
  if (!users.empty()) {
    if (auto r = run(sql::kForgetRequests, params().bigints(users)); !r) return r;
    if (auto r = run(sql::kSetBlocks, params()); !r) return r;
  }
  if (!c.accepted.empty()) {
    if (auto r = release(sql::kRelease, params().bigints(c.accepted)); !r) return r;
  }
  if (!c.accepted.empty() || !c.groups_accepted.empty()) {
    if (auto r = release(sql::kReleaseGroups, params().byteas(c.groups_accepted).bigints(c.accepted)); !r) return r;
  }
  // The end of a block opens a user who takes everything.
  if (c.policy || !c.removed.empty()) {
    if (auto r = release(sql::kReleaseAll, params()); !r) return r;
  }
  if (!c.any()) return Unit{};
  const std::vector<ByteView> new_groups(c.new_groups.begin(), c.new_groups.end());
  return run(sql::kCountGroupChanges, params().byteas(new_groups).bigints(c.new_users).boolean(c.policy));
}

pg::PgResult<> hold_strangers(pg::Session& session, const std::vector<int64_t>& uids) {
  auto held = session.write(sql::kHoldStrangers, pg::Params().bigints(uids));
  if (!held) return held.failure();
  return Unit{};
}

pg::PgResult<Code> within_bounds(pg::Session& session, int64_t uid) {
  auto count = session.read(sql::kCountContacts, pg::Params().bigint(uid));
  if (!count) return count.failure();
  const bool over = count->bigint(0, 0) > static_cast<int64_t>(kMaxContacts) ||
                    count->bigint(0, 1) > static_cast<int64_t>(kMaxContactGroups);
  return over ? Code::kTooLarge : Code::kOk;
}

// Sets out->changed when the commit may change something, and out->wake. A commit whose result is not known is
// repeated, and the second time nothing is new: so `changed` never goes back to false, and `wake` only grows.
pg::PgResult<Code> put(pg::Session& session, const PutContacts& request, ContactsPut* out) {
  return in_transaction(session, [&]() -> pg::PgResult<Code> {
    const auto uid = static_cast<int64_t>(request.uid);
    auto locked = session.write(sql::kLockContacts, pg::Params().bigint(uid));
    if (!locked) return locked.failure();
    if (locked->size() == 0) return Code::kBusy;  // the account was just deleted, and its sessions end
    if (auto held = hold_strangers(session, {uid}); !held) return held.failure();
    Changes changes;
    if (auto done = set(session, request, &changes); !done) return done.failure();
    if (auto fits = within_bounds(session, uid); !fits || *fits != Code::kOk) return fits;
    changes.policy = request.strangers != v1::STRANGERS_NOT_SET && request.strangers != locked->bigint(0, 0);
    if (changes.policy) {
      auto set = session.write(sql::kSetStrangers, pg::Params().bigint(uid).bigint(request.strangers));
      if (!set) return set.failure();
    }
    if (auto done = settle(session, uid, changes, &out->wake); !done) return done.failure();
    out->changed |= changes.any();
    return Code::kOk;
  });
}

pg::PgResult<Code> put_card(pg::Session& session, const PutCard& request) {
  return in_transaction(session, [&]() -> pg::PgResult<Code> {
    const auto uid = [&] { return pg::Params().bigint(static_cast<int64_t>(request.uid)); };
    if (auto locked = session.write(sql::kLockContacts, uid()); !locked) return locked.failure();
    if (auto gone = session.write(sql::kDropCards, uid().bigint(kMaxRedeemedCards)); !gone) return gone.failure();
    auto open = session.read(sql::kCountCards, uid().bytea(request.hash));
    if (!open) return open.failure();
    if (open->bigint(0, 0) >= static_cast<int64_t>(kMaxOpenCards)) return Code::kTooLarge;
    auto stored = session.write(sql::kPutCard, uid().bytea(request.hash).bigint(request.until_ms).bigint(kCardDays));
    if (!stored) return stored.failure();
    return stored->size() == 1 ? Code::kOk : Code::kNotAllowed;
  });
}

pg::PgResult<Code> redeem(pg::Session& session, const RedeemCard& request, CardRedeemed* out) {
  return in_transaction(session, [&]() -> pg::PgResult<Code> {
    const auto bearer = static_cast<int64_t>(request.uid);
    auto found = session.read(sql::kMaker, pg::Params().text(request.maker));
    if (!found) return found.failure();
    const int64_t maker = found->size() == 1 ? found->bigint(0, 0) : bearer;
    const std::array<int64_t, 2> both{std::min(maker, bearer), std::max(maker, bearer)};
    auto locked = session.write(sql::kLockRecipients, pg::Params().bigints(both));
    if (!locked) return locked.failure();
    if (locked->size() != 2) return Code::kBadInvite;
    if (auto held = hold_strangers(session, {both.begin(), both.end()}); !held) return held.failure();
    auto taken = session.write(sql::kTakeCard, pg::Params().bigint(maker).bytea(request.hash).bigint(bearer));
    if (!taken) return taken.failure();
    if (taken->size() != 1) return Code::kBadInvite;
    out->maker = static_cast<uint64_t>(maker);
    if (!taken->boolean(0, 0)) return Code::kOk;  // the answer was lost, and the two may have changed their minds since
    for (const int64_t uid : both) {
      const int64_t other = uid == maker ? bearer : maker;
      auto accepted = session.write(sql::kAccept, pg::Params().bigint(uid).bigint(other));
      if (!accepted) return accepted.failure();
      if (auto fits = within_bounds(session, uid); !fits)
        return fits;
      else if (*fits != Code::kOk)
        return uid == bearer ? *fits : Code::kBadInvite;
      Changes changes;
      changes.accepted = changes.new_users = {other};
      if (auto done = settle(session, uid, changes, &out->wake); !done) return done.failure();
    }
    return Code::kOk;
  });
}

// Reads one more than a page, to learn whether there is more.
pg::PgResult<> list(pg::Session& session, const ListContacts& request, ContactList* out) {
  const auto uid = [&] { return pg::Params().bigint(static_cast<int64_t>(request.uid)); };
  constexpr int64_t kPage = wire::kMaxContactsPerPage;
  auto policy = session.read(sql::kStrangersOf, uid());
  if (!policy) return policy.failure();
  out->contacts.clear();
  out->strangers = policy->size() == 1 ? static_cast<v1::Strangers>(policy->bigint(0, 0)) : v1::REFUSE;
  if (request.after_group.empty()) {
    auto rows = session.read(sql::kListContacts, uid().text(request.after).bigint(kPage + 1));
    if (!rows) return rows.failure();
    for (int i = 0; i < rows->size(); ++i) {
      out->contacts.push_back({std::string(rows->bytes(i, 0)), {}, static_cast<v1::Standing>(rows->bigint(i, 1))});
    }
  }
  const int64_t left = kPage + 1 - std::ssize(out->contacts);
  if (left > 0) {
    auto rows = session.read(sql::kListContactGroups, uid().bytea(request.after_group).bigint(left));
    if (!rows) return rows.failure();
    for (int i = 0; i < rows->size(); ++i) out->contacts.push_back({{}, Bytes(rows->bytes(i, 0)), v1::ACCEPTED});
  }
  out->more = std::ssize(out->contacts) > kPage;
  if (out->more) out->contacts.pop_back();
  return Unit{};
}

}  // namespace
}  // namespace contacts

ContactsPut PgStore::serve(const PutContacts& request) {
  ContactsPut out{.session = request.session, .request = request.request, .uid = request.uid};
  out.dropped = request.drops();
  const auto done = with_connection([&] { return contacts::put(session_, request, &out); });
  out.code = done.ok() ? *done : Code::kBusy;
  return out;
}

CardPut PgStore::serve(const PutCard& request) {
  const auto done = with_connection([&] { return contacts::put_card(session_, request); });
  return {request.session, request.request, done.ok() ? *done : Code::kBusy};
}

CardRedeemed PgStore::serve(const RedeemCard& request) {
  CardRedeemed out{.session = request.session, .request = request.request, .uid = request.uid};
  const auto done = with_connection([&] { return contacts::redeem(session_, request, &out); });
  out.code = done.ok() ? *done : Code::kBusy;
  return out;
}

ContactList PgStore::serve(const ListContacts& request) {
  ContactList out{.session = request.session, .request = request.request};
  if (!with_connection([&] { return contacts::list(session_, request, &out); }).ok()) out.code = Code::kBusy;
  return out;
}

StandingsLookedUp PgStore::serve(StandingLookup request) {
  StandingsLookedUp out{request.asked_at, Code::kBusy, std::move(request.pairs), {}};
  std::vector<int64_t> uids, others;
  for (const Pair& pair : out.pairs) {
    uids.push_back(static_cast<int64_t>(pair.uid));
    others.push_back(static_cast<int64_t>(pair.other));
  }
  const auto rows =
      with_connection([&] { return session_.read(sql::kStandings, pg::Params().bigints(uids).bigints(others)); });
  if (!rows.ok()) return out;
  out.code = Code::kOk;
  for (int i = 0; i < rows->size(); ++i) out.standings.push_back(static_cast<v1::Standing>(rows->bigint(i, 0)));
  return out;
}

}  // namespace fastchat::worker
