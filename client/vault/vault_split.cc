#include "client/vault/vault_split.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"

namespace fastchat::client {
namespace {

namespace pb = v1::content;

constexpr int kMostBits = 31;
constexpr size_t kItemHead = 6;                          // bytes of the tag and the length of a value
constexpr size_t kPartRoom = e2e::kMaxVaultPart - 1024;  // of values

Bytes name_of(const pb::Pin& pin) {
  return pin.user();
}
Bytes name_of(const pb::VaultContact& contact) {
  return contact.group().empty() ? "u" + contact.user() : "g" + contact.group();
}
Bytes name_of(const pb::ReplayMark& mark) {
  return mark.from_fpr() + mark.stream();
}
Bytes name_of(const pb::VaultCard& card) {
  return card.hash();
}
// A group has the same id in all of its states.
Bytes name_of(const pb::VaultGroup& group) {
  pb::SignedGroupState outer;
  pb::GroupState state;
  const bool known = outer.ParseFromString(group.state()) && state.ParseFromString(outer.state());
  return known ? state.group_id() : group.state();
}

google::protobuf::RepeatedPtrField<pb::Pin>* values(e2e::VaultPart& part, const pb::Pin*) {
  return part.mutable_pins();
}
google::protobuf::RepeatedPtrField<pb::VaultContact>* values(e2e::VaultPart& part, const pb::VaultContact*) {
  return part.mutable_contacts();
}
google::protobuf::RepeatedPtrField<pb::VaultGroup>* values(e2e::VaultPart& part, const pb::VaultGroup*) {
  return part.mutable_groups();
}
google::protobuf::RepeatedPtrField<pb::ReplayMark>* values(e2e::VaultPart& part, const pb::ReplayMark*) {
  return part.mutable_marks();
}
google::protobuf::RepeatedPtrField<pb::VaultCard>* values(e2e::VaultPart& part, const pb::VaultCard*) {
  return part.mutable_cards();
}

// The values of one kind, in the order of the tree.
template <class Value>
class Tree {
 public:
  Tree(uint32_t kind, const google::protobuf::RepeatedPtrField<Value>& all, std::vector<VaultPiece>& out)
      : kind_(kind), out_(out) {
    leaves_.reserve(static_cast<size_t>(all.size()));
    for (const Value& value : all) {
      Leaf leaf{0, name_of(value), value.ByteSizeLong() + kItemHead, &value};
      const Bytes hash = e2e::sha256(leaf.name);
      for (size_t i = 0; i < 4; ++i) leaf.bits = leaf.bits << 8 | static_cast<uint8_t>(hash[i]);
      leaves_.push_back(std::move(leaf));
    }
    std::sort(leaves_.begin(), leaves_.end(),
              [](const Leaf& a, const Leaf& b) { return std::tie(a.bits, a.name) < std::tie(b.bits, b.name); });
    if (!leaves_.empty()) cut(0, leaves_.size(), 0, 1);
  }

 private:
  struct Leaf {
    uint32_t bits = 0;
    Bytes name;
    size_t size = 0;
    const Value* value = nullptr;
  };

  void cut(size_t first, size_t last, int depth, uint32_t bucket) {
    size_t size = 0;
    for (size_t i = first; i < last; ++i) size += leaves_[i].size;
    if (size <= kPieceGoal || last - first == 1 || depth == kMostBits) return put(first, last, bucket);
    const uint32_t bit = uint32_t{1} << (31 - depth);
    size_t middle = first;
    while (middle < last && (leaves_[middle].bits & bit) == 0) ++middle;
    if (middle > first) cut(first, middle, depth + 1, 2 * bucket);
    if (last > middle) cut(middle, last, depth + 1, 2 * bucket + 1);
  }

  // Leaves out values that the part has no room for. Others choose ids, so many values may have one place.
  void put(size_t first, size_t last, uint32_t bucket) {
    VaultPiece piece;
    piece.kind = kind_;
    piece.bucket = bucket;
    auto* to = values(piece.part, static_cast<const Value*>(nullptr));
    size_t room = kPartRoom;
    for (size_t i = first; i < last; ++i) {
      if (leaves_[i].size > room) continue;
      room -= leaves_[i].size;
      *to->Add() = *leaves_[i].value;
    }
    if (!to->empty()) out_.push_back(std::move(piece));
  }

  const uint32_t kind_;
  std::vector<VaultPiece>& out_;
  std::vector<Leaf> leaves_;
};

template <class Items>
void append(Items& from, Items* to) {
  for (auto& item : from) *to->Add() = std::move(item);
}

}  // namespace

std::vector<VaultPiece> split_vault(const e2e::VaultContent& content) {
  std::vector<VaultPiece> out;
  Tree(pb::VAULT_PINS, content.pins(), out);
  Tree(pb::VAULT_CONTACTS, content.contacts(), out);
  Tree(pb::VAULT_GROUPS, content.groups(), out);
  Tree(pb::VAULT_MARKS, content.marks(), out);
  Tree(pb::VAULT_CARDS, content.cards(), out);
  std::sort(out.begin(), out.end(), [](const VaultPiece& a, const VaultPiece& b) {
    return std::tie(a.kind, a.bucket) < std::tie(b.kind, b.bucket);
  });
  return out;
}

void join_vault(e2e::VaultPart&& part, e2e::VaultContent& out) {
  append(*part.mutable_pins(), out.mutable_pins());
  append(*part.mutable_contacts(), out.mutable_contacts());
  append(*part.mutable_groups(), out.mutable_groups());
  append(*part.mutable_marks(), out.mutable_marks());
  append(*part.mutable_cards(), out.mutable_cards());
}

}  // namespace fastchat::client
