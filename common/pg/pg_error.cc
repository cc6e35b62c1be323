#include "common/pg/pg_error.h"

#include <pqxx/pqxx>

namespace fastchat::pg {
namespace {

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return text;
}

}  // namespace

const char* to_string(PgError kind) {
  switch (kind) {
    case PgError::kUnavailable:
      return "unavailable";
    case PgError::kInDoubt:
      return "in doubt";
    case PgError::kConflict:
      return "conflict";
    case PgError::kDiskFull:
      return "disk full";
    case PgError::kOther:
      return "other";
  }
  return "";
}

PgError classify_sqlstate(const std::string& sqlstate) {
  const std::string klass = sqlstate.substr(0, 2);
  if (sqlstate == "53100") return PgError::kDiskFull;
  // Insufficient resources, operator intervention (shutdown, statement timeout), connection exceptions, system errors.
  if (klass == "53" || klass == "57" || klass == "08" || klass == "58") return PgError::kUnavailable;
  if (sqlstate == "55P03" || sqlstate == "25006" || sqlstate == "25P03") return PgError::kUnavailable;
  // Integrity constraints that two writers can trip over, serialisation failure, deadlock.
  if (sqlstate == "23505" || sqlstate == "23503" || sqlstate == "23P01" || sqlstate == "40001" || sqlstate == "40P01") {
    return PgError::kConflict;
  }
  return PgError::kOther;
}

// A shutdown, a crash of the server, a command of its administrator; a transaction that waited too long for its next
// statement.
bool ends_connection(const std::string& sqlstate) {
  return sqlstate.starts_with("57P") || sqlstate == "25P03";
}

// 21, 22, 23: cardinality, data exceptions, constraints.
bool is_about_request(const PgFailure& failure) {
  const std::string klass = failure.sqlstate.substr(0, 2);
  return failure.kind == PgError::kConflict || failure.sqlstate == "55P03" || klass == "21" || klass == "22" ||
         klass == "23";
}

Error to_error(const PgFailure& failure) {
  switch (failure.kind) {
    case PgError::kUnavailable:
    case PgError::kInDoubt:
    case PgError::kDiskFull:
      return err(Code::kBusy, std::string("database ") + to_string(failure.kind) + ": " + failure.text);
    case PgError::kConflict:
      return err(Code::kConflict, failure.text);
    case PgError::kOther:
      return err(Code::kInternal, "database: " + failure.text);
  }
  return err(Code::kInternal, failure.text);
}

PgFailure current_failure() {
  try {
    throw;
  } catch (const pqxx::in_doubt_error& e) {
    return {PgError::kInDoubt, "", one_line(e.what())};
  } catch (const pqxx::broken_connection& e) {
    return {PgError::kUnavailable, "", one_line(e.what())};
  } catch (const pqxx::sql_error& e) {
    return {classify_sqlstate(e.sqlstate()), e.sqlstate(), one_line(e.what())};
  } catch (const std::exception& e) {
    return {PgError::kOther, "", one_line(e.what())};
  } catch (...) {
    return {PgError::kOther, "", "unknown exception"};
  }
}

}  // namespace fastchat::pg
