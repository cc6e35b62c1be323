#include "common/pg/session.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "common/check.h"
#include "common/clock.h"

namespace fastchat::pg {
namespace {

// A statement that takes longer may run by a plan that was made when its tables were small. PostgreSQL keeps a plan for
// as long as the connection lives, also those of triggers and foreign keys. Only ANALYZE makes PostgreSQL plan again.
constexpr int64_t kSlowUs = 20'000;
constexpr int64_t kPlansUs = 1'000'000;  // between two refreshes of all plans

std::string one_line(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace

Params& Params::add(Bytes value, uint32_t oid) {
  params_.push_back({std::move(value), oid});
  return *this;
}

Params& Params::bigint(int64_t value) {
  Bytes out;
  put_u64(out, static_cast<uint64_t>(value));
  return add(std::move(out), kOidInt8);
}

Params& Params::integer(int32_t value) {
  Bytes out;
  put_u32(out, static_cast<uint32_t>(value));
  return add(std::move(out), kOidInt4);
}

Params& Params::boolean(bool value) {
  return add(Bytes(1, value ? 1 : 0), kOidBool);
}
Params& Params::bytea(ByteView value) {
  return add(Bytes(value), kOidBytea);
}
Params& Params::bytea_view(ByteView value) {
  params_.push_back({{}, kOidBytea, false, value});
  return *this;
}
Params& Params::text(std::string_view value) {
  return add(Bytes(value), kOidText);
}
Params& Params::bigints(std::span<const int64_t> values) {
  return add(bigint_array(values), kOidInt8Array);
}
Params& Params::byteas(std::span<const ByteView> values) {
  return add(bytea_array(values), kOidByteaArray);
}
Params& Params::texts(std::span<const ByteView> values) {
  return add(text_array(values), kOidTextArray);
}
Params& Params::array(BinaryArray& array, uint32_t array_oid) {
  return add(array.take(), array_oid);
}

Params& Params::null(uint32_t oid) {
  params_.push_back({{}, oid, true});
  return *this;
}

void Rows::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

int Rows::size() const {
  return PQntuples(result_.get());
}

int64_t Rows::affected() const {
  const char* text = PQcmdTuples(result_.get());
  int64_t count = 0;
  std::from_chars(text, text + std::strlen(text), count);
  return count;
}

bool Rows::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

ByteView Rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t Rows::bigint(int row, int column) const {
  const ByteView value = bytes(row, column);
  FC_CHECK(value.size() == 8);
  return static_cast<int64_t>(get_u64(value.data()));
}

int32_t Rows::integer(int row, int column) const {
  const ByteView value = bytes(row, column);
  FC_CHECK(value.size() == 4);
  return static_cast<int32_t>(get_u32(value.data()));
}

bool Rows::boolean(int row, int column) const {
  const ByteView value = bytes(row, column);
  FC_CHECK(value.size() == 1);
  return value[0] != 0;
}

Session::Session(DatabaseOptions options, int deadline_ms) : options_(std::move(options)), deadline_ms_(deadline_ms) {}

void Session::Finish::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

void Session::close() {
  connection_.reset();
  prepared_.clear();
  in_transaction_ = false;
  slow_ = false;
}

PgResult<> Session::open() {
  close();
  // libpq's blocking call tries hosts and addresses in turn, with a timeout for each.
  connection_.reset(PQconnectdb(full_conninfo(options_).c_str()));
  FC_CHECK(connection_ != nullptr);
  if (PQstatus(connection_.get()) != CONNECTION_OK) return lost(one_line(PQerrorMessage(connection_.get())));
  if (PQsetnonblocking(connection_.get(), 1) != 0) return lost(one_line(PQerrorMessage(connection_.get())));
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  if (auto set = simple(session_settings(options_, true).c_str()); !set) return set.failure();
  return Unit{};
}

PgFailure Session::lost(const std::string& what) {
  close();
  return {PgError::kUnavailable, "", what};
}

bool Session::wait(bool for_write, int64_t deadline_us) {
  pollfd item{PQsocket(connection_.get()), static_cast<short>(for_write ? POLLIN | POLLOUT : POLLIN), 0};
  for (;;) {
    const int64_t left_us = deadline_us - Clock::monotonic_us();
    if (left_us <= 0) return false;
    const int rc = ::poll(&item, 1, static_cast<int>((left_us + 999) / 1'000));
    if (rc > 0) return true;
    if (rc < 0 && errno != EINTR) return false;
  }
}

PgResult<Rows> Session::finish() {
  PGconn* connection = connection_.get();
  const int64_t deadline = Clock::monotonic_us() + int64_t{deadline_ms_} * 1'000;
  for (int pending = PQflush(connection); pending != 0; pending = PQflush(connection)) {
    if (pending < 0 || !wait(true, deadline) || PQconsumeInput(connection) == 0)
      return lost("connection lost while sending");
  }
  Rows last(nullptr);
  for (;;) {
    while (PQisBusy(connection) != 0) {
      if (!wait(false, deadline)) return lost("no answer within the time allowed");
      if (PQconsumeInput(connection) == 0) return lost(one_line(PQerrorMessage(connection)));
    }
    PGresult* next = PQgetResult(connection);
    if (next == nullptr) break;
    const ExecStatusType status = PQresultStatus(next);
    Rows rows(next);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      last = std::move(rows);
      continue;
    }
    const char* state = PQresultErrorField(next, PG_DIAG_SQLSTATE);
    // Only the first line: the details of a conflict hold values.
    const char* text =
        state == nullptr ? PQresultErrorMessage(next) : PQresultErrorField(next, PG_DIAG_MESSAGE_PRIMARY);
    PgFailure failure{PgError::kUnavailable, state == nullptr ? "" : state, one_line(text)};
    // Another session's connection behind a pooler, or another server: prepared statements are missing, or exist
    // already.
    const bool mixed_up = failure.sqlstate == "26000" || failure.sqlstate == "42P05";
    if (mixed_up || state == nullptr || PQstatus(connection) == CONNECTION_BAD || ends_connection(failure.sqlstate)) {
      close();
      return failure;
    }
    failure.kind = classify_sqlstate(failure.sqlstate);
    while (PGresult* rest = PQgetResult(connection)) PQclear(rest);
    return failure;
  }
  return last;
}

PgResult<std::string> Session::prepare(const std::string& sql, const Params& params) {
  const auto found = prepared_.find(sql);
  if (found != prepared_.end()) return found->second;
  const std::string name = "s" + std::to_string(prepared_.size());
  std::vector<Oid> oids;
  for (const auto& p : params.params_) oids.push_back(p.oid);
  if (PQsendPrepare(connection_.get(), name.c_str(), sql.c_str(), static_cast<int>(oids.size()), oids.data()) == 0) {
    return lost(one_line(PQerrorMessage(connection_.get())));
  }
  if (auto done = finish(); !done) return done.failure();
  prepared_.emplace(sql, name);
  return name;
}

PgResult<> Session::refresh_plans() {
  const int64_t now_us = Clock::monotonic_us();
  if (!slow_ || now_us - refreshed_us_ < kPlansUs) return Unit{};
  if (auto done = simple("discard plans"); !done) return done.failure();
  slow_ = false;
  refreshed_us_ = now_us;
  return Unit{};
}

PgResult<Rows> Session::run(const std::string& sql, const Params& params, bool writes) {
  if (!is_open()) return PgFailure{PgError::kUnavailable, "", "not connected"};
  if (!in_transaction_) {
    if (auto fresh = refresh_plans(); !fresh) return fresh.failure();
  }
  auto name = prepare(sql, params);
  if (!name) return name.failure();
  std::vector<const char*> values;
  std::vector<int> lengths, formats(params.params_.size(), 1);
  for (const auto& p : params.params_) {
    values.push_back(p.is_null ? nullptr : p.bytes().data());
    lengths.push_back(static_cast<int>(p.bytes().size()));
  }
  const bool own_transaction = !in_transaction_;
  const int64_t started_us = Clock::monotonic_us();
  if (PQsendQueryPrepared(connection_.get(), name->c_str(), static_cast<int>(values.size()), values.data(),
                          lengths.data(), formats.data(), 1) == 0) {
    return lost(one_line(PQerrorMessage(connection_.get())));
  }
  auto result = finish();
  if (is_open() && Clock::monotonic_us() - started_us > kSlowUs) slow_ = true;
  if (result || is_open() || !writes || !own_transaction) return result;
  // The statement commits itself and was sent, and no answer reported the outcome. Inside begin()/commit() nothing is
  // committed yet.
  PgFailure failure = result.failure();
  failure.kind = PgError::kInDoubt;
  return failure;
}

PgResult<Rows> Session::write(const std::string& sql, const Params& params) {
  return run(sql, params, true);
}

PgResult<Rows> Session::read(const std::string& sql, const Params& params) {
  return run(sql, params, false);
}

PgResult<Rows> Session::simple(const char* sql) {
  if (!is_open()) return PgFailure{PgError::kUnavailable, "", "not connected"};
  if (PQsendQuery(connection_.get(), sql) == 0) return lost(one_line(PQerrorMessage(connection_.get())));
  return finish();
}

PgResult<> Session::begin() {
  FC_CHECK(!in_transaction_);
  if (auto fresh = refresh_plans(); !fresh) return fresh.failure();
  if (auto done = simple("begin"); !done) return done.failure();
  in_transaction_ = true;
  return Unit{};
}

PgResult<> Session::commit() {
  // Never commits after a failure: PostgreSQL would answer the commit with "rollback", which libpq reports as success.
  if (!is_open()) return PgFailure{PgError::kUnavailable, "", "not connected"};
  FC_CHECK(in_transaction_ && PQtransactionStatus(connection_.get()) == PQTRANS_INTRANS);
  auto done = simple("commit");
  in_transaction_ = false;
  if (done) return Unit{};
  PgFailure failure = done.failure();
  if (!is_open()) failure.kind = PgError::kInDoubt;
  return failure;
}

void Session::rollback() {
  if (!is_open() || !in_transaction_) return;
  in_transaction_ = false;
  if (auto done = simple("rollback"); !done) close();
}

}  // namespace fastchat::pg
