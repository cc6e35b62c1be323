// PgStore's part that reads the log of keys.
#include <string>
#include <utility>
#include <vector>

#include "worker/core/log_proofs.h"
#include "worker/store/log_statements.h"
#include "worker/store/pg_store.h"

namespace fastchat::worker {
namespace {

// Reads on one connection. A read that fails makes the whole answer fail, so no answer joins two databases.
class PgLogTables : public LogTables {
 public:
  explicit PgLogTables(pg::Session& session) : session_(session) {}

  std::optional<LogHead> head() override {
    const auto rows = read(sql::kLogHead, {});
    if (!rows) return std::nullopt;
    if (rows->size() == 0) return LogHead{};
    return LogHead{static_cast<uint64_t>(rows->bigint(0, 0)), Bytes(rows->bytes(0, 1)), rows->bigint(0, 2),
                   Bytes(rows->bytes(0, 3))};
  }
  std::optional<std::vector<LogLeafRow>> newest(const std::vector<std::string>& users, uint64_t size) override {
    const std::vector<ByteView> names(users.begin(), users.end());
    return leaf_rows(read(sql::kNewestLeaves, pg::Params().texts(names).bigint(static_cast<int64_t>(size))));
  }
  std::optional<std::vector<LogLeafRow>> leaves(uint64_t from, uint64_t to) override {
    return leaf_rows(
        read(sql::kLogLeaves, pg::Params().bigint(static_cast<int64_t>(from)).bigint(static_cast<int64_t>(to))));
  }
  std::optional<std::map<merkle::Place, Bytes>> nodes(const merkle::Places& places) override {
    std::vector<int64_t> levels, indexes;
    for (const merkle::Place& place : places) {
      levels.push_back(place.level);
      indexes.push_back(static_cast<int64_t>(place.index));
    }
    const auto rows = read(sql::kLogNodes, pg::Params().bigints(levels).bigints(indexes));
    if (!rows) return std::nullopt;
    std::map<merkle::Place, Bytes> out;
    for (int i = 0; i < rows->size(); ++i) {
      out[{static_cast<int>(rows->bigint(i, 0)), static_cast<uint64_t>(rows->bigint(i, 1))}] = Bytes(rows->bytes(i, 2));
    }
    return out;
  }

  const std::optional<pg::PgFailure>& failure() const { return failure_; }

 private:
  std::optional<pg::Rows> read(const char* statement, const pg::Params& params) {
    auto rows = session_.read(statement, params);
    if (rows.ok()) return std::move(*rows);
    failure_ = rows.failure();
    return std::nullopt;
  }
  static std::optional<std::vector<LogLeafRow>> leaf_rows(const std::optional<pg::Rows>& rows) {
    if (!rows) return std::nullopt;
    std::vector<LogLeafRow> out;
    for (int i = 0; i < rows->size(); ++i) {
      out.push_back({static_cast<uint64_t>(rows->bigint(i, 0)), std::string(rows->bytes(i, 1)),
                     Bytes(rows->bytes(i, 2)), static_cast<uint64_t>(rows->bigint(i, 3)), rows->bigint(i, 4)});
    }
    return out;
  }

  pg::Session& session_;
  std::optional<pg::PgFailure> failure_;
};

}  // namespace

template <class Request>
LogRead PgStore::read_log_of(const Request& request) {
  auto read = with_connection([&]() -> pg::PgResult<LogRead> {
    PgLogTables tables(session_);
    LogRead out = read_log(tables, request);
    if (tables.failure()) return *tables.failure();
    return out;
  });
  if (!read.ok()) return {.session = request.session, .request = request.request, .code = Code::kBusy};
  if (read->code == Code::kInternal) {
    failures_.add(request_, {pg::PgError::kOther, "", "the tables of the log of keys lack a part of the tree"});
  }
  return std::move(*read);
}

LogRead PgStore::serve(const ReadLogHead& request) {
  return read_log_of(request);
}

LogRead PgStore::serve(const ReadLogProofs& request) {
  return read_log_of(request);
}

LogRead PgStore::serve(const ReadLogLeaves& request) {
  return read_log_of(request);
}

}  // namespace fastchat::worker
