// A transaction of several statements on a pg::Session.
#pragma once

#include <utility>

#include "common/pg/session.h"

namespace fastchat::worker {

// Runs `f`, which returns a PgResult<Code>. Commits on kOk; another code and a failure leave nothing behind.
template <class F>
pg::PgResult<Code> in_transaction(pg::Session& session, F&& f) {
  if (auto begun = session.begin(); !begun) return begun.failure();
  pg::PgResult<Code> result = std::forward<F>(f)();
  if (!result.ok() || *result != Code::kOk) {
    session.rollback();
    return result;
  }
  if (auto committed = session.commit(); !committed) return committed.failure();
  return result;
}

}  // namespace fastchat::worker
