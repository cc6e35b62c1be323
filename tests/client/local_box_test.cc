#include "client/runtime/local_box.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "client/e2e/random.h"

namespace fastchat::client {
namespace {

using namespace std::string_literals;

// The disks of users hold boxes with these place names. A place with another name would open none of them.
TEST(LocalPlace, ThePlacesAreAsOnEverybodysDisk) {
  const Bytes hash(32, 'h'), group(32, 'g'), id(16, 'i');
  EXPECT_EQ(LocalPlace::message_body(hash, 3).bytes(), "messages.body\x03" + hash);
  EXPECT_EQ(LocalPlace::annotation_body(hash, 2).bytes(), "remarks.body\x02" + hash);
  EXPECT_EQ(LocalPlace::setting("mute:bob").bytes(), "notes.bodymute:bob");
  EXPECT_EQ(LocalPlace::search_page(258).bytes(), "search_pages.body\0\0\0\0\0\0\x01\x02"s);
  EXPECT_EQ(LocalPlace::epoch_key(group, 1).bytes(), "group_epochs.key" + group + "\0\0\0\0\0\0\0\x01"s);
  EXPECT_EQ(LocalPlace::key_share(group, 1).bytes(), "group_notes.key" + group + "\0\0\0\0\0\0\0\x01"s);
  EXPECT_EQ(LocalPlace::group_change(7).bytes(), "group_changes.key\0\0\0\0\0\0\0\x07"s);
  EXPECT_EQ(LocalPlace::upload(id).bytes(), "uploads.secret" + id);
  EXPECT_EQ(LocalPlace::file_info(id).bytes(), "files.info" + id);
  EXPECT_EQ(LocalPlace::file_path(id).bytes(), "files.place" + id);
  EXPECT_EQ(LocalPlace::device_secret().bytes(), "profile.secret");
  EXPECT_EQ(LocalPlace::new_vault_key().bytes(), "password_change.vault_key");
}

TEST(LocalBox, WhatIsSealedForOnePlaceOpensInNoOther) {
  const e2e::Secret key = e2e::Secret::copy_of(Bytes(32, 'k')), other = e2e::Secret::copy_of(Bytes(32, 'o'));
  const LocalBox box(key);
  const Bytes a(32, 'a'), b(32, 'b');
  const std::vector<LocalPlace> places = {LocalPlace::message_body(a, 1), LocalPlace::message_body(a, 2),
                                          LocalPlace::message_body(b, 1), LocalPlace::annotation_body(a, 1),
                                          LocalPlace::epoch_key(a, 1),    LocalPlace::epoch_key(a, 2),
                                          LocalPlace::key_share(a, 1),    LocalPlace::search_page(1),
                                          LocalPlace::group_change(1),    LocalPlace::upload(a),
                                          LocalPlace::file_info(a),       LocalPlace::file_path(a),
                                          LocalPlace::setting("a"),       LocalPlace::device_secret(),
                                          LocalPlace::new_vault_key()};
  for (const LocalPlace& to : places) {
    const Bytes sealed = box.seal(to, "a text");
    for (const LocalPlace& from : places) {
      const auto opened = box.open(from, sealed);
      EXPECT_EQ(opened.ok(), &from == &to);
      EXPECT_EQ(opened.ok() ? opened->view() : "", &from == &to ? "a text" : "");
    }
    EXPECT_EQ(LocalBox(other).open(to, sealed).code(), Code::kLocalCrypto);
    EXPECT_NE(box.seal(to, "a text"), sealed);
  }
}

}  // namespace
}  // namespace fastchat::client
