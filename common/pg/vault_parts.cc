#include "common/pg/vault_parts.h"

#include <string>

namespace fastchat::pg {
namespace {

const std::string kRead = R"(
with asked as (
  select a.n, p.part, sum(coalesce(octet_length(p.part), 0)) over (order by a.n) as upto
  from unnest($2::bytea[]) with ordinality as a(hash, n)
  left join vault_parts p on p.uid = $1 and p.hash = a.hash)
select part from asked where n = 1 or upto <= $3 order by n)";

}  // namespace

PgResult<Rows> read_vault_parts(Session& session, int64_t uid, const std::vector<Bytes>& hashes, size_t bytes) {
  const std::vector<ByteView> views(hashes.begin(), hashes.end());
  return session.read(kRead, Params().bigint(uid).byteas(views).bigint(static_cast<int64_t>(bytes)));
}

VaultPartsRead parts_of(const Rows& rows) {
  VaultPartsRead out;
  out.looked = static_cast<size_t>(rows.size());
  for (int i = 0; i < rows.size(); ++i) {
    if (!rows.is_null(i, 0)) out.parts.emplace_back(rows.bytes(i, 0));
  }
  return out;
}

}  // namespace fastchat::pg
