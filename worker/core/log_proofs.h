// Answers the requests about the log of keys out of its tables: the newest head, paths and leaves (PROTOCOL.md, "The
// log of keys"). Both stores use this code, each with tables of its own. Pure, apart from the tables.
//
// The tables only grow. A head is read first, and everything else belongs to the tree of that head: a leaf or a subtree
// that another program appends meanwhile changes no answer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/log_head.h"
#include "common/merkle.h"
#include "worker/core/log_requests.h"

namespace fastchat::worker {

struct LogLeafRow {
  uint64_t index = 0;
  std::string user{};
  Bytes fpr{};  // empty: the account was deleted
  uint64_t counter = 0;
  int64_t ms = 0;
};

// A reader of the tables. nullopt: the database does not answer.
class LogTables {
 public:
  virtual ~LogTables() = default;
  // Returns the newest head; one without a root when there is no log.
  virtual std::optional<LogHead> head() = 0;
  // Returns the newest leaf of each user who has one among the first `size` leaves, in any order.
  virtual std::optional<std::vector<LogLeafRow>> newest(const std::vector<std::string>& users, uint64_t size) = 0;
  // Returns the leaves from `from` up to, but without, `to`.
  virtual std::optional<std::vector<LogLeafRow>> leaves(uint64_t from, uint64_t to) = 0;
  // Returns the hashes of those complete subtrees that the tables have.
  virtual std::optional<std::map<merkle::Place, Bytes>> nodes(const merkle::Places& places) = 0;
};

// Return an answer. kInternal: the tables lack a part of the tree.
LogRead read_log(LogTables& tables, const ReadLogHead& request);
LogRead read_log(LogTables& tables, const ReadLogProofs& request);
LogRead read_log(LogTables& tables, const ReadLogLeaves& request);

}  // namespace fastchat::worker
