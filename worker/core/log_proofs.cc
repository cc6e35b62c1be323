#include "worker/core/log_proofs.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/wire.h"

namespace fastchat::worker {
namespace {

void fill(const LogHead& head, v1::LogHead* out) {
  out->set_size(head.size);
  out->set_root(head.root);
  out->set_ms(head.ms);
  out->set_signature(head.signature);
}

void fill(const LogLeafRow& row, v1::LogLeaf* out) {
  out->set_user(row.user);
  out->set_fpr(row.fpr);
  out->set_counter(row.counter);
  out->set_ms(row.ms);
}

// Makes the paths of an answer: reads every subtree that any of them needs once, in one request.
class Paths {
 public:
  void want(std::vector<merkle::Places> path) {
    for (const auto& places : path) places_.insert(places.begin(), places.end());
    paths_.push_back(std::move(path));
  }
  // Returns kOk, or kBusy when the database does not answer.
  Code read(LogTables& tables) {
    if (places_.empty()) return Code::kOk;
    auto nodes = tables.nodes({places_.begin(), places_.end()});
    if (!nodes) return Code::kBusy;
    nodes_ = std::move(*nodes);
    return Code::kOk;
  }
  // Writes a path. Returns false when the tables lack a subtree of it.
  bool fill(size_t number, v1::LogPath* out) const {
    const auto path = merkle::make_path(paths_[number], [this](merkle::Place place) -> std::optional<Bytes> {
      const auto node = nodes_.find(place);
      if (node == nodes_.end()) return std::nullopt;
      return node->second;
    });
    if (!path) return false;
    for (const Bytes& hash : *path) out->add_hashes(hash);
    return true;
  }

 private:
  std::vector<std::vector<merkle::Places>> paths_;
  std::set<merkle::Place> places_;
  std::map<merkle::Place, Bytes> nodes_;
};

template <class Request>
LogRead answer_to(const Request& request) {
  return {.session = request.session, .request = request.request};
}

LogRead& with(LogRead& out, Code code) {
  out.code = code;
  return out;
}

// Reads the head. Returns kOk, kBusy or kNotAllowed.
Code read_head(LogTables& tables, LogHead* out) {
  auto head = tables.head();
  if (!head) return Code::kBusy;
  if (head->root.empty()) return Code::kNotAllowed;
  *out = std::move(*head);
  return Code::kOk;
}

}  // namespace

LogRead read_log(LogTables& tables, const ReadLogHead& request) {
  LogRead out = answer_to(request);
  LogHead head;
  if (const Code code = read_head(tables, &head); code != Code::kOk) return with(out, code);
  auto* growth = out.answer.mutable_log_growth();
  fill(head, growth->mutable_head());
  Paths paths;
  for (const uint64_t from : request.from) {
    paths.want(from < head.size ? merkle::consistency_places(from, head.size) : std::vector<merkle::Places>());
  }
  if (const Code code = paths.read(tables); code != Code::kOk) return with(out, code);
  for (size_t i = 0; i < request.from.size(); ++i) {
    if (!paths.fill(i, growth->add_paths())) return with(out, Code::kInternal);
  }
  return out;
}

LogRead read_log(LogTables& tables, const ReadLogProofs& request) {
  LogRead out = answer_to(request);
  LogHead head;
  if (const Code code = read_head(tables, &head); code != Code::kOk) return with(out, code);
  auto leaves = tables.newest(request.users, head.size);
  if (!leaves) return with(out, Code::kBusy);
  // Bytewise, whatever order the database has.
  std::sort(leaves->begin(), leaves->end(), [](const auto& a, const auto& b) { return a.user < b.user; });
  auto* proofs = out.answer.mutable_log_proofs();
  fill(head, proofs->mutable_head());
  Paths paths;
  for (const LogLeafRow& leaf : *leaves) paths.want(merkle::inclusion_places(leaf.index, head.size));
  if (const Code code = paths.read(tables); code != Code::kOk) return with(out, code);
  for (size_t i = 0; i < leaves->size(); ++i) {
    auto* proof = proofs->add_proofs();
    fill((*leaves)[i], proof->mutable_leaf());
    proof->set_index((*leaves)[i].index);
    if (!paths.fill(i, proof->mutable_path())) return with(out, Code::kInternal);
  }
  return out;
}

LogRead read_log(LogTables& tables, const ReadLogLeaves& request) {
  LogRead out = answer_to(request);
  LogHead head;
  if (const Code code = read_head(tables, &head); code != Code::kOk) return with(out, code);
  auto* page = out.answer.mutable_log_leaves();
  fill(head, page->mutable_head());
  if (request.from >= head.size) return out;
  const uint64_t to = request.from + std::min<uint64_t>(wire::kMaxLogLeaves, head.size - request.from);
  const auto leaves = tables.leaves(request.from, to);
  if (!leaves) return with(out, Code::kBusy);
  uint64_t next = request.from;
  for (const LogLeafRow& leaf : *leaves) {
    if (leaf.index != next++) return with(out, Code::kInternal);
    fill(leaf, page->add_leaves());
  }
  return next == to ? out : with(out, Code::kInternal);
}

}  // namespace fastchat::worker
