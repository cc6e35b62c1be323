#include "client/messages/file_secrets.h"

#include <initializer_list>
#include <vector>

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/store/store.h"

namespace fastchat::client {
namespace {

e2e::Secret fields(std::initializer_list<ByteView> parts) {
  Bytes out;
  size_t size = 0;
  for (const ByteView part : parts) size += 4 + part.size();
  out.reserve(size);  // the fields hold a key: growing would leave copies behind
  for (const ByteView part : parts) e2e::put_lp(out, part);
  return e2e::Secret::take(out);
}

// Splits `count` fields, and up to `more` that a newer version may have written. Returns count + more fields, the last
// of them empty when they are missing. Returns nothing when bytes follow the fields.
std::vector<ByteView> split(ByteView in, size_t count, size_t more) {
  std::vector<ByteView> out;
  while (in.size() >= 4 && out.size() < count + more) {
    const uint32_t size = get_u32(in.data());
    if (size > in.size() - 4) return {};
    out.push_back(in.substr(4, size));
    in.remove_prefix(4 + size);
  }
  if (!in.empty() || out.size() < count) return {};
  out.resize(count + more);
  return out;
}

Bytes identity(const std::optional<e2e::MessageId>& id) {
  return id ? store::identity_bytes(id->from_fpr, id->stream, id->seq) : Bytes();
}

std::optional<e2e::MessageId> identity_of(ByteView bytes) {
  if (bytes.size() != e2e::kHash + e2e::kStream + 8) return std::nullopt;
  return e2e::MessageId{Bytes(bytes.substr(0, e2e::kHash)), Bytes(bytes.substr(e2e::kHash, e2e::kStream)),
                        get_u64(bytes.data() + e2e::kHash + e2e::kStream)};
}

}  // namespace

e2e::Secret pack(const UploadSecret& u) {
  return fields({u.key.view(), u.path, u.name, u.media_type, identity(u.reply_to), u.name_hash});
}

std::optional<UploadSecret> unpack_upload(ByteView bytes) {
  const auto f = split(bytes, 4, 2);
  if (f.empty()) return std::nullopt;
  return UploadSecret{e2e::Secret::copy_of(f[0]), std::string(f[1]), std::string(f[2]),
                      std::string(f[3]),          identity_of(f[4]), Bytes(f[5])};
}

e2e::Secret pack(const e2e::FileInfo& i) {
  Bytes size;
  put_u64(size, i.size);
  return fields({i.file_id, i.key.view(), i.sha256, size, i.name, i.media_type, identity(i.reply_to)});
}

std::optional<e2e::FileInfo> unpack_info(ByteView bytes) {
  const auto f = split(bytes, 6, 1);
  if (f.empty() || f[3].size() != 8) return std::nullopt;
  e2e::FileInfo out;
  out.file_id = f[0];
  out.key = e2e::Secret::copy_of(f[1]);
  out.sha256 = f[2];
  out.size = get_u64(f[3].data());
  out.name = f[4];
  out.media_type = f[5];
  out.reply_to = identity_of(f[6]);
  return out;
}

}  // namespace fastchat::client
