// Small sealed things of a profile that are no messages: drafts, what is muted. The table of store.h.
#include "client/store/store.h"

namespace fastchat::store {

Result<std::optional<Bytes>> Store::setting(std::string_view name) {
  std::optional<Bytes> out;
  auto r = db_->each("SELECT body FROM notes WHERE name = ?", {Text{name}}, [&](const Row& row) { out = row.blob(0); });
  if (!r.ok()) return r.error();
  return out;
}

Result<> Store::put_setting(std::string_view name, ByteView body) {
  auto r = body.empty() ? db_->run("DELETE FROM notes WHERE name = ?", {Text{name}})
                        : db_->run("INSERT OR REPLACE INTO notes VALUES (?, ?)", {Text{name}, Blob{body}});
  if (!r.ok()) return r.error();
  return Unit{};
}

}  // namespace fastchat::store
