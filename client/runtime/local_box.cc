#include "client/runtime/local_box.h"

#include "client/e2e/seal.h"

namespace fastchat::client {
namespace {

Bytes with_number(Bytes place, uint64_t number) {
  put_u64(place, number);
  return place;
}

Bytes with_kind(Bytes place, int kind, ByteView hash) {
  place.push_back(static_cast<char>(kind));
  return place.append(hash);
}

}  // namespace

LocalPlace LocalPlace::message_body(ByteView hash, int kind) {
  return LocalPlace(with_kind("messages.body", kind, hash));
}
LocalPlace LocalPlace::annotation_body(ByteView hash, int kind) {
  return LocalPlace(with_kind("remarks.body", kind, hash));
}
LocalPlace LocalPlace::setting(std::string_view name) {
  return LocalPlace(Bytes("notes.body").append(name));
}
LocalPlace LocalPlace::search_page(int64_t page) {
  return LocalPlace(with_number("search_pages.body", static_cast<uint64_t>(page)));
}
LocalPlace LocalPlace::epoch_key(ByteView group, uint64_t epoch) {
  return LocalPlace(with_number(Bytes("group_epochs.key").append(group), epoch));
}
LocalPlace LocalPlace::key_share(ByteView group, uint64_t epoch) {
  return LocalPlace(with_number(Bytes("group_notes.key").append(group), epoch));
}
LocalPlace LocalPlace::group_change(int64_t row) {
  return LocalPlace(with_number("group_changes.key", static_cast<uint64_t>(row)));
}
LocalPlace LocalPlace::upload(ByteView file_id) {
  return LocalPlace(Bytes("uploads.secret").append(file_id));
}
LocalPlace LocalPlace::file_info(ByteView id) {
  return LocalPlace(Bytes("files.info").append(id));
}
LocalPlace LocalPlace::file_path(ByteView id) {
  return LocalPlace(Bytes("files.place").append(id));
}
LocalPlace LocalPlace::device_secret() {
  return LocalPlace("profile.secret");
}
LocalPlace LocalPlace::new_vault_key() {
  return LocalPlace("password_change.vault_key");
}

LocalPlace LocalPlace::new_key() {
  return LocalPlace("password_change.new_key");
}

Bytes LocalBox::seal(const LocalPlace& place, ByteView plaintext) const {
  return e2e::seal_local(*key_, place.bytes(), plaintext);
}

Result<e2e::Secret> LocalBox::open(const LocalPlace& place, ByteView box) const {
  return e2e::open_local(*key_, place.bytes(), box);
}

}  // namespace fastchat::client
