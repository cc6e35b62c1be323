// A log of keys as a server keeps it, with every answer of a worker. A test that plays a dishonest server changes the
// answers.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/log_head.h"
#include "common/merkle.h"
#include "proto/client.pb.h"

namespace fastchat::client {

class TestLog {
 public:
  explicit TestLog(Bytes realm) : realm_(std::move(realm)) {}

  void add(const std::string& user, const Bytes& fpr, uint64_t counter = 0) {
    v1::LogLeaf leaf;
    leaf.set_user(user);
    leaf.set_fpr(fpr);
    leaf.set_counter(counter);
    leaf.set_ms(static_cast<int64_t>(1'000 + leaves_.size()));
    leaves_.push_back(leaf);
    for (const merkle::Node& node : tree_.append(hash(leaf))) nodes_[node.place] = node.hash;
    roots_.push_back(tree_.root());
  }
  void add_others(size_t count) {
    for (size_t i = 0; i < count; ++i) add("other" + std::to_string(leaves_.size()), Bytes(32, 'o'));
  }
  size_t size() const { return leaves_.size(); }
  LogHead head() const { return head_of(leaves_.size()); }
  LogHead head_of(size_t size) const {
    return sign_log_head(key_, realm_, size, roots_[size], size == 0 ? 0 : leaves_[size - 1].ms());
  }
  const LogKeyPair& key() const { return key_; }
  // Signs with the key of another log, as a server that shows two lists does.
  void sign_as(const TestLog& other) { key_ = other.key_; }

  // Answers the three requests. Returns false for another one.
  bool answer(const v1::ClientFrame& asked, v1::ServerFrame& out) const {
    if (asked.has_get_log_head()) {
      put(head(), *out.mutable_log_growth()->mutable_head());
      for (const uint64_t from : asked.get_log_head().from()) {
        v1::LogPath& path = *out.mutable_log_growth()->add_paths();
        if (from < size()) put(merkle::consistency_places(from, size()), path);
      }
    } else if (asked.has_get_log_proofs()) {
      put(head(), *out.mutable_log_proofs()->mutable_head());
      for (const std::string& user : asked.get_log_proofs().users()) prove(user, *out.mutable_log_proofs());
    } else if (asked.has_get_log_leaves()) {
      put(head(), *out.mutable_log_leaves()->mutable_head());
      for (uint64_t i = asked.get_log_leaves().from(); i < size() && i < asked.get_log_leaves().from() + page; ++i) {
        *out.mutable_log_leaves()->add_leaves() = leaves_[i];
      }
    } else {
      return false;
    }
    return true;
  }
  uint64_t page = 4'096;  // leaves of one answer

 private:
  static Bytes hash(const v1::LogLeaf& leaf) {
    return merkle::key_leaf_hash(leaf.user(), leaf.fpr(), leaf.counter(), leaf.ms());
  }
  static void put(const LogHead& head, v1::LogHead& out) {
    out.set_size(head.size);
    out.set_root(head.root);
    out.set_ms(head.ms);
    out.set_signature(head.signature);
  }
  void put(const std::vector<merkle::Places>& places, v1::LogPath& out) const {
    const auto path = merkle::make_path(places, [&](merkle::Place place) { return std::optional(nodes_.at(place)); });
    for (const Bytes& node : *path) out.add_hashes(node);
  }
  void prove(const std::string& user, v1::LogProofs& out) const {
    const auto leaf =
        std::find_if(leaves_.rbegin(), leaves_.rend(), [&](const v1::LogLeaf& l) { return l.user() == user; });
    if (leaf == leaves_.rend()) return;
    v1::LogProof& proof = *out.add_proofs();
    *proof.mutable_leaf() = *leaf;
    proof.set_index(static_cast<uint64_t>(leaves_.rend() - leaf - 1));
    put(merkle::inclusion_places(proof.index(), size()), *proof.mutable_path());
  }

  Bytes realm_;
  LogKeyPair key_ = make_log_key();
  std::vector<v1::LogLeaf> leaves_;
  merkle::Frontier tree_;
  std::map<merkle::Place, Bytes> nodes_;
  std::vector<Bytes> roots_ = {merkle::empty_root()};
};

}  // namespace fastchat::client
