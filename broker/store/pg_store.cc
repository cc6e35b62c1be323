#include "broker/store/pg_store.h"

#include <utility>

#include "common/clock.h"
#include "common/log.h"

namespace fastchat::broker {
namespace {

constexpr int64_t kReopenUs = 500'000;

const std::string kInsertUser = R"sql(
  with person as (
    insert into users (name, public_key, identity_blob, vault, verifier) values ($1, $2, $3, $4, $5)
    on conflict (name) do nothing returning uid),
  mailbox as (
    insert into devices (uid, device) select uid, '\x00000000000000000000000000000000'::bytea from person)
  select uid from person)sql";

const std::string kSameUser = R"sql(
  select uid from users where name = $1 and public_key = $2 and identity_blob = $3 and verifier = $4)sql";

const std::string kTakeInvite = R"sql(
  update invites set uses_left = uses_left - 1
  where token_hash = $1 and uses_left > 0 and (expires is null or expires > now()) returning uses_left::bigint)sql";

// One row whoever is asked for, by one look into one index and at most one short row.
const std::string kLoginRow = R"sql(
  select coalesce(u.uid, 0), coalesce(u.verifier, '\x0000000000000000000000000000000000000000000000000000000000000000')
  from (values ($1::text)) asked (name) left join users u on u.name = asked.name)sql";

// A device is new while its last_login is the epoch: no login of it was ever finished by kAdopt. The user's row is
// locked so that two devices of one user that enter at once do not deadlock over the queue.
const std::string kEnter = R"sql(
  with person as (
    select uid, identity_blob, vault, vault_version from users where uid = $1 for no key update),
  entered as (
    insert into devices as d (uid, device, name, session_epoch, last_login)
    select uid, $2, $3, 1, to_timestamp(0) from person
    on conflict (uid, device) do update
    set session_epoch = d.session_epoch + 1, name = excluded.name,
        last_login = case when d.last_login = to_timestamp(0) then d.last_login else now() end
    returning d.did, d.session_epoch, d.last_login = to_timestamp(0) as is_new),
  mailbox as (
    select did from devices where uid = $1 and device = '\x00000000000000000000000000000000'),
  owners as (
    select did from devices where uid = $1 and did not in (select did from mailbox) union select did from entered),
  spread as (
    insert into queue (did, mid)
    select e.did, q.mid from entered e join owners o on e.is_new and o.did <> e.did join queue q on q.did = o.did
    union
    select o.did, q.mid from mailbox m join queue q on q.did = m.did cross join owners o
    on conflict do nothing),
  emptied as (
    delete from queue q using mailbox m where q.did = m.did),
  files_spread as (
    insert into file_wants (fid, did)
    select w.fid, e.did from entered e join owners o on e.is_new and o.did <> e.did join file_wants w on w.did = o.did
    union
    select w.fid, o.did from mailbox m join file_wants w on w.did = m.did cross join owners o
    on conflict do nothing),
  files_emptied as (
    delete from file_wants w using mailbox m where w.did = m.did)
  select e.did, e.session_epoch, e.is_new, p.identity_blob, p.vault, p.vault_version from entered e cross join person p)sql";

const std::string kAdopt = R"sql(
  with person as (
    select uid from users where uid = $1 for no key update),
  adopter as (
    update devices d set last_login = now() from person p where d.did = $2 and d.uid = p.uid returning d.did),
  mailbox as (
    select did from devices where uid = $1 and device = '\x00000000000000000000000000000000'
    and exists (select from adopter)),
  owners as (
    select did from devices where uid = $1 and device <> '\x00000000000000000000000000000000'),
  spread as (
    insert into queue (did, mid)
    select a.did, q.mid from adopter a join owners o on o.did <> a.did join queue q on q.did = o.did
    union
    select o.did, q.mid from mailbox m join queue q on q.did = m.did cross join owners o
    on conflict do nothing),
  emptied as (
    delete from queue q using mailbox m where q.did = m.did),
  files_spread as (
    insert into file_wants (fid, did)
    select w.fid, a.did from adopter a join owners o on o.did <> a.did join file_wants w on w.did = o.did
    union
    select w.fid, o.did from mailbox m join file_wants w on w.did = m.did cross join owners o
    on conflict do nothing),
  files_emptied as (
    delete from file_wants w using mailbox m where w.did = m.did)
  select did from adopter)sql";

const std::string kCreateInvite = R"sql(
  insert into invites (token_hash, uses_left, expires)
  values ($1, $2, case when $3::bigint = 0 then null else now() + make_interval(secs => $3::bigint::double precision) end)
  returning uses_left::bigint)sql";

const std::string kClaimRealm = R"sql(
  insert into realm (id) values ($1) on conflict do nothing)sql";
const std::string kRealm = R"sql(select id from realm)sql";

bool passes(pg::PgError kind) {
  return kind == pg::PgError::kUnavailable || kind == pg::PgError::kInDoubt || kind == pg::PgError::kConflict;
}

}  // namespace

pg::PgResult<> PgStore::open() {
  auto opened = session_.open();
  next_open_us_ = opened ? 0 : Clock::monotonic_us() + kReopenUs;
  return opened;
}

Result<pg::Rows> PgStore::run(const char* what, const Step& step) {
  pg::PgFailure failure;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!session_.is_open()) {
      // Said twice a second at most, by the attempt itself.
      if (Clock::monotonic_us() < next_open_us_) return err(Code::kBusy, "the database is not reachable");
      if (auto opened = open(); !opened) {
        failure = opened.failure();
        break;
      }
    }
    auto rows = step();
    if (rows) return std::move(*rows);
    failure = rows.failure();
    if (!passes(failure.kind)) break;
  }
  log::warn("database", {{"request", what}, {"kind", pg::to_string(failure.kind)}, {"error", failure.text}});
  if (passes(failure.kind)) return err(Code::kBusy, failure.text);
  return pg::to_error(failure);
}

Result<> PgStore::sign_up(const NewUser& user) {
  bool invited = true;
  const auto rows = run("sign_up", [&]() -> pg::PgResult<pg::Rows> {
    if (user.invite_hash.empty()) return insert_user(user);
    if (auto begun = session_.begin(); !begun) return begun.failure();
    auto result = session_.write(kTakeInvite, pg::Params().bytea(user.invite_hash));
    invited = result && result->size() == 1;
    if (invited) result = insert_user(user);
    if (!result || result->size() == 0) {
      session_.rollback();
    } else if (auto committed = session_.commit(); !committed) {
      return committed.failure();
    }
    return result;
  });
  if (!rows) return rows.error();
  if (rows->size() == 1) return Unit{};
  // Refused, unless it is the same sign-up again: one whose answer got lost, here or on the way to the client.
  const auto same = run("sign_up", [&] {
    return session_.read(
        kSameUser, pg::Params().text(user.name).bytea(user.public_key).bytea(user.identity_blob).bytea(user.verifier));
  });
  if (!same) return same.error();
  if (same->size() == 1) return Unit{};
  if (!invited) return err(Code::kBadInvite, "this invite token is not valid");
  return err(Code::kNameTaken, "this name is taken");
}

pg::PgResult<pg::Rows> PgStore::insert_user(const NewUser& user) {
  return session_.write(kInsertUser, pg::Params()
                                         .text(user.name)
                                         .bytea(user.public_key)
                                         .bytea(user.identity_blob)
                                         .bytea(user.vault)
                                         .bytea(user.verifier));
}

Result<LoginRow> PgStore::login_row(const std::string& user) {
  const auto rows = run("login", [&] { return session_.read(kLoginRow, pg::Params().text(user)); });
  if (!rows) return rows.error();
  return LoginRow{rows->bigint(0, 0), Bytes(rows->bytes(0, 1))};
}

Result<Entered> PgStore::enter_device(const EnterDevice& enter) {
  const auto rows = run("enter_device", [&] {
    return session_.write(kEnter, pg::Params().bigint(enter.uid).bytea(enter.device).text(enter.device_name));
  });
  if (!rows) return rows.error();
  if (rows->size() == 0) return err(Code::kUnknownUser, "there is no such user");
  return Entered{rows->bigint(0, 0),       rows->bigint(0, 1),       rows->boolean(0, 2),
                 Bytes(rows->bytes(0, 3)), Bytes(rows->bytes(0, 4)), rows->bigint(0, 5)};
}

Result<> PgStore::adopt_queue(int64_t uid, int64_t did) {
  const auto rows = run("adopt_queue", [&] { return session_.write(kAdopt, pg::Params().bigint(uid).bigint(did)); });
  if (!rows) return rows.error();
  return Unit{};
}

Result<> PgStore::create_invite(const Bytes& token_hash, int uses, int64_t expires_s) {
  const auto rows = run("create_invite", [&] {
    return session_.write(kCreateInvite, pg::Params().bytea(token_hash).integer(uses).bigint(expires_s));
  });
  if (!rows) return rows.error();
  return Unit{};
}

Result<> PgStore::claim_realm(const Bytes& mine) {
  const auto claimed = run("realm", [&] { return session_.write(kClaimRealm, pg::Params().bytea(mine)); });
  if (!claimed) return claimed.error();
  const auto rows = run("realm", [&] { return session_.read(kRealm, {}); });
  if (!rows) return rows.error();
  if (rows->size() != 1 || rows->bytes(0, 0) != mine) {
    return err(Code::kWrongRealm, "the database belongs to another realm than the key directory");
  }
  return Unit{};
}

}  // namespace fastchat::broker
