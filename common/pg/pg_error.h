// The errors of PostgreSQL, in the classes that the stores decide on. libpqxx exceptions end here: no code above
// common/pg and the stores handles one.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "common/check.h"
#include "common/result.h"

namespace fastchat::pg {

enum class PgError {
  kUnavailable,  // no connection, shutting down, out of connections, timed out before anything was sent: retry later
  kInDoubt,      // the connection broke during a commit, which may have happened; repeat, do not answer
  kConflict,     // unique, foreign key, serialisation, deadlock
  kDiskFull,
  kOther,  // a bug or a wrong schema, as described by the text
};

struct PgFailure {
  PgError kind = PgError::kOther;
  std::string sqlstate;  // five characters, or empty
  std::string text;      // one line
};

const char* to_string(PgError kind);

// Returns true when the failure is about this one request (a conflict, another session's lock, values that PostgreSQL
// refuses) and not about the database. A failure that one account can cause must not look like an unavailable database.
bool is_about_request(const PgFailure& failure);

// Classifies by SQLSTATE (PostgreSQL appendix A) alone.
PgError classify_sqlstate(const std::string& sqlstate);
// True when the server ends the connection with this error.
bool ends_connection(const std::string& sqlstate);

// Returns kBusy for a temporary failure, kConflict for a conflict, else kInternal.
Error to_error(const PgFailure& failure);

// Returns the failure of the exception being handled. Call in a catch block only.
PgFailure current_failure();

template <class T = Unit>
class [[nodiscard]] PgResult {
 public:
  PgResult(T value) : v_(std::move(value)) {}              // NOLINT(google-explicit-constructor)
  PgResult(PgFailure failure) : v_(std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return v_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& operator*() & {
    FC_CHECK(ok());
    return std::get<0>(v_);
  }
  const T& operator*() const& {
    FC_CHECK(ok());
    return std::get<0>(v_);
  }
  T&& operator*() && {
    FC_CHECK(ok());
    return std::get<0>(std::move(v_));
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  const PgFailure& failure() const {
    FC_CHECK(!ok());
    return std::get<1>(v_);
  }

 private:
  std::variant<T, PgFailure> v_;
};

// Calls `f` and turns any exception into a PgFailure.
template <class F>
auto guarded(F&& f) -> PgResult<decltype(f())> {
  try {
    return std::forward<F>(f)();
  } catch (...) {
    return current_failure();
  }
}

}  // namespace fastchat::pg
