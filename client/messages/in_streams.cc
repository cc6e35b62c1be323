#include "client/messages/in_streams.h"

#include <algorithm>
#include <utility>

namespace fastchat::client {

void InStreams::restore() {
  auto held = table_.with_held();
  if (!turn_.check(held)) return;
  for (const store::HeldStream& s : *held) {
    const int64_t age = std::max<int64_t>(turn_.wall_ms() - s.since_ms, 0);
    const Bytes group = s.conversation.group_id();
    server_.engine().restore_stream(s.from_fpr, s.stream, turn_.now_ms() - age,
                                    !group.empty() && !groups_.there_from_the_start(group));
  }
}

std::optional<Bytes> InStreams::find_mark(const core::MessageKey& key) {
  Result<std::optional<Bytes>> mark = table_.mark(key.from_fpr, key.stream, key.seq);
  return turn_.check(mark) ? *mark : std::nullopt;
}

core::StreamMark InStreams::load(const Bytes& from_fpr, const Bytes& stream) {
  Result<store::InStream> row = table_.in(from_fpr, stream);
  core::StreamMark out;
  if (!turn_.check(row)) return out;
  // A stream that only the vault knows of continues after the vault's mark.
  out.shown_upto = row->joined ? row->shown_upto : row->base_upto;
  out.joined = row->joined;
  out.held = std::move(row->held);
  return out;
}

std::optional<e2e::ReplayMarks::Seen> InStreams::seen(const e2e::MessageId& id) const {
  const core::MessageKey key{id.from_fpr, id.stream, id.seq};
  if (std::optional<Bytes> hash = server_.engine().mark(key)) return Seen{std::move(*hash)};
  Result<store::InStream> stream = table_.in(id.from_fpr, id.stream);
  if (stream.ok() && id.seq <= stream->base_upto) return Seen{};
  return std::nullopt;
}

}  // namespace fastchat::client
