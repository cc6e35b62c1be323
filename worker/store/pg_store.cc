#include "worker/store/pg_store.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "common/check.h"
#include "common/clock.h"
#include "common/pg/end_device.h"
#include "worker/store/file_statements.h"
#include "worker/store/statements.h"
#include "worker/store/transaction.h"

namespace fastchat::worker {
namespace {

constexpr uint32_t kReceiptsAtOnce = 1000;

std::vector<int64_t> bigints(const std::vector<uint64_t>& in) {
  return {in.begin(), in.end()};
}

uint64_t id(const pg::Rows& rows, int row, int column) {
  return static_cast<uint64_t>(rows.bigint(row, column));
}

}  // namespace

PgStore::PgStore(const PgStoreOptions& options)
    : options_(options),
      session_({.conninfo = options.conninfo, .application = "fastchat-worker"}, options.deadline_ms),
      limits_(options.quota) {}

pg::PgResult<> PgStore::connect() {
  if (auto opened = session_.open(); !opened) return opened;
  auto recognised = pg::recognise(session_, &identity_);
  if (!recognised) session_.close();
  return recognised;
}

bool PgStore::caught_up(uint64_t wanted) {
  if (!with_connection([]() -> pg::PgResult<> { return Unit{}; }).ok()) return false;
  if (generation() < wanted) (void)with_connection([&] { return pg::recognise(session_, &identity_); });
  return generation() >= wanted;
}

StoreReply PgStore::run(StoreRequest request) {
  static constexpr const char* kNames[] = {
      "insert",      "remove",          "remove_device", "rename_device", "put_vault",    "put_vault_parts",
      "probe",       "put_group",       "leave_group",   "delete_group",  "put_contacts", "put_card",
      "redeem_card", "drain",           "lookup",        "query",         "devices",      "rekeys",
      "get_vault",   "get_vault_parts", "sweep",         "group_lookup",  "get_group",    "list_groups",
      "contacts",    "standings",       "log_head",      "log_proofs",    "log_leaves",   "reap"};
  static_assert(std::size(kNames) == std::variant_size_v<StoreRequest>);
  request_ = kNames[request.index()];
  return std::visit([this](auto& r) -> StoreReply { return serve(std::move(r)); }, request);
}

// ---- writer

DeviceGone PgStore::serve(const RemoveDevice& request) {
  DeviceGone out{request.session, request.request, request.uid, 0, Code::kBusy};
  int64_t did = 0;
  const auto done = with_connection([&] {
    return in_transaction(
        session_, [&] { return pg::end_device(session_, static_cast<int64_t>(request.uid), request.device, &did); });
  });
  if (!done.ok()) return out;
  out.code = *done;
  out.did = static_cast<uint64_t>(did);
  return out;
}

DeviceRenamed PgStore::serve(const RenameDevice& request) {
  DeviceRenamed out{request.session, request.request, request.uid, Code::kBusy};
  const auto done = with_connection([&] {
    return session_.write(
        sql::kRenameDevice,
        pg::Params().bigint(static_cast<int64_t>(request.uid)).bytea(request.device).text(request.name));
  });
  if (done.ok()) out.code = done->affected() == 1 ? Code::kOk : Code::kUnknownDevice;
  return out;
}

Probed PgStore::serve(const Probe&) {
  const auto done = with_connection([&]() -> pg::PgResult<> {
    // Also notices a table that was replaced under an open connection.
    if (auto same = pg::recognise(session_, &identity_); !same) return same;
    return pg::probe(session_, options_.program);
  });
  if (done.ok()) return {.code = Code::kOk, .why = {}, .store = generation()};
  const pg::PgFailure& failure = done.failure();
  std::string why = "the database: " + failure.text;
  if (!failure.sqlstate.empty()) why += " (" + failure.sqlstate + ")";
  return {.code = Code::kBusy, .why = std::move(why), .store = generation()};
}

// ---- reader

Drained PgStore::serve(const Drain& request) {
  Drained out;
  out.session = request.session;
  if (!caught_up(request.store)) {
    out.code = Code::kBusy;
    return out;
  }
  const auto did = static_cast<int64_t>(request.did);
  auto rows = with_connection([&] {
    return session_.read(sql::kDrain, pg::Params().bigint(did).bigints(bigints(request.held)).bigint(request.limit));
  });
  if (!rows.ok()) {
    out.code = Code::kBusy;
    return out;
  }
  out.more = rows->size() == static_cast<int>(request.limit);
  for (int i = 0; i < rows->size(); ++i) {
    out.rows.push_back({.mid = id(*rows, i, 0),
                        .from_did = id(*rows, i, 1),
                        .ref = id(*rows, i, 2),
                        .to_uid = id(*rows, i, 3),
                        .from_uid = id(*rows, i, 4),
                        .to_gid = id(*rows, i, 5),
                        .envelope = Bytes(rows->bytes(i, 6)),
                        .quiet = rows->boolean(i, 7)});
  }
  out.store = generation();
  if (!request.receipts) return out;
  auto receipts =
      with_connection([&] { return session_.read(sql::kReceipts, pg::Params().bigint(did).bigint(kReceiptsAtOnce)); });
  if (!receipts.ok()) {
    out.code = Code::kBusy;
    return out;
  }
  // A connection was lost in between.
  if (generation() != out.store) out.code = Code::kBusy;
  for (int i = 0; i < receipts->size(); ++i)
    out.receipts.push_back({id(*receipts, i, 0), id(*receipts, i, 1), id(*receipts, i, 2)});
  return out;
}

LookedUp PgStore::serve(Lookup request) {
  LookedUp out{request.asked_at, Code::kOk, std::move(request.names), {}};
  const std::vector<ByteView> names(out.names.begin(), out.names.end());
  auto rows = with_connection([&] { return session_.read(sql::kLookup, pg::Params().texts(names)); });
  if (!rows.ok()) {
    out.code = Code::kBusy;
    return out;
  }
  for (int i = 0; i < rows->size(); ++i) {
    const uint64_t uid = id(*rows, i, 0);
    if (out.users.empty() || out.users.back().uid != uid) {
      out.users.push_back({std::string(rows->bytes(i, 1)), uid, Bytes(rows->bytes(i, 2)), 0, {}});
      out.users.back().strangers = static_cast<v1::Strangers>(rows->bigint(i, 5));
      out.users.back().blocks = rows->boolean(i, 6);
    }
    UserRow& user = out.users.back();
    if (rows->boolean(i, 4)) {
      user.mailbox = id(*rows, i, 3);
    } else {
      user.devices.push_back(id(*rows, i, 3));
    }
  }
  return out;
}

Queried PgStore::serve(QueryOpen request) {
  Queried out{request.session, request.request, Code::kOk, {}, {}, std::move(request.pending_refs), {}, {}};
  std::vector<int64_t> refs, seqs;
  std::vector<ByteView> streams;
  for (const auto& item : request.items) {
    refs.push_back(static_cast<int64_t>(item.ref));
    streams.push_back(item.stream);
    seqs.push_back(static_cast<int64_t>(item.seq));
  }
  auto rows = with_connection([&] {
    pg::Params p;
    p.bigints(refs).byteas(streams).bigints(seqs);
    p.bigint(static_cast<int64_t>(request.from_uid)).bigint(static_cast<int64_t>(request.from_did));
    return session_.read(sql::kQuery, p);
  });
  if (!rows.ok()) {
    out.code = Code::kBusy;
    return out;
  }
  std::unordered_set<uint64_t> queued, reached;
  for (int i = 0; i < rows->size(); ++i) {
    const uint64_t ref = id(*rows, i, 0), member = id(*rows, i, 1);
    const bool has_it = rows->boolean(i, 2);
    (has_it && member == 0 ? reached : queued).insert(ref);
    if (!has_it && member != 0) out.waiting.push_back({ref, member});
  }
  std::sort(out.waiting.begin(), out.waiting.end());
  for (const auto& item : request.items) {
    auto& state = queued.contains(item.ref) ? out.queued : reached.contains(item.ref) ? out.delivered : out.unknown;
    state.push_back(item.ref);
  }
  return out;
}

DeviceList PgStore::serve(const ListDevices& request) {
  DeviceList out{request.session, request.request, Code::kOk, {}};
  auto rows = with_connection(
      [&] { return session_.read(sql::kDevices, pg::Params().bigint(static_cast<int64_t>(request.uid))); });
  if (!rows.ok()) {
    out.code = Code::kBusy;
    return out;
  }
  for (int i = 0; i < rows->size(); ++i) {
    out.devices.push_back({id(*rows, i, 0), Bytes(rows->bytes(i, 1)), std::string(rows->bytes(i, 2)),
                           rows->bigint(i, 3), rows->bigint(i, 4), std::string(rows->bytes(i, 5))});
  }
  return out;
}

RekeyList PgStore::serve(const ListRekeys& request) {
  RekeyList out{.session = request.session, .request = request.request};
  auto rows = with_connection([&] { return session_.read(sql::kRekeys, pg::Params().text(request.name)); });
  if (!rows.ok() || rows->size() == 0) {
    out.code = rows.ok() ? Code::kUnknownUser : Code::kBusy;
    return out;
  }
  out.first_public_key = rows->bytes(0, 0);
  for (int i = 0; i < rows->size(); ++i) {
    if (!rows->bytes(i, 1).empty()) out.rekeys.emplace_back(rows->bytes(i, 1));
  }
  return out;
}

Swept PgStore::serve(const Sweep& request) {
  Swept out;
  auto rows = with_connection([&] {
    return session_.read(sql::kSweep, pg::Params().bigints(bigints(request.dids)).bigints(bigints(request.epochs)));
  });
  if (!rows.ok()) {
    out.code = Code::kBusy;
    return out;
  }
  out.store = generation();
  for (int i = 0; i < rows->size(); ++i) (rows->boolean(i, 1) ? out.gone : out.dids).push_back(id(*rows, i, 0));
  return out;
}

}  // namespace fastchat::worker
