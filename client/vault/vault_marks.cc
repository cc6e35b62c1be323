#include "client/vault/vault_marks.h"

#include <map>
#include <utility>

#include "common/try.h"

namespace fastchat::client {

Result<VaultMarks::Joined> VaultMarks::join(const e2e::VaultContent& vault) const {
  auto ours = streams_.replay_marks(kMost);
  if (!ours.ok()) return ours.error();
  std::map<std::pair<ByteView, ByteView>, const v1::content::ReplayMark*> stored;
  for (const auto& mark : vault.marks()) stored[{mark.from_fpr(), mark.stream()}] = &mark;
  Joined out;
  for (const store::ReplayMark& mark : *ours) {
    auto node = stored.extract({mark.from_fpr, mark.stream});
    const bool behind = !node.empty() && node.mapped()->seq() >= mark.seq;
    out.moved = out.moved || !behind;
    v1::content::ReplayMark& m = *out.all.Add();
    if (behind) {
      m = *node.mapped();
      continue;
    }
    m.set_from_fpr(mark.from_fpr);
    m.set_stream(mark.stream);
    m.set_seq(mark.seq);
    m.set_hash(mark.hash);
  }
  for (const auto& [stream, mark] : stored) {
    if (out.all.size() == static_cast<int>(kMost)) break;
    *out.all.Add() = *mark;
  }
  return out;
}

bool VaultMarks::moved(const e2e::VaultContent& vault) const {
  const auto joined = join(vault);
  return joined.ok() && joined->moved;
}

Result<> VaultMarks::take(const e2e::VaultContent& vault) {
  for (const auto& mark : vault.marks()) {
    FC_TRY(streams_.merge_replay_mark({mark.from_fpr(), mark.stream(), mark.seq(), mark.hash()}));
  }
  return Unit{};
}

void VaultMarks::raise(const e2e::VaultContent& from, e2e::VaultContent& to) {
  std::map<std::pair<Bytes, Bytes>, v1::content::ReplayMark*> by_stream;
  for (auto& mark : *to.mutable_marks()) by_stream[{mark.from_fpr(), mark.stream()}] = &mark;
  for (const auto& mark : from.marks()) {
    auto found = by_stream.find({mark.from_fpr(), mark.stream()});
    if (found == by_stream.end()) {
      *to.add_marks() = mark;
    } else if (found->second->seq() < mark.seq()) {
      *found->second = mark;
    }
  }
}

}  // namespace fastchat::client
