// Rows of a profile that something else wrote: a disk that flips bytes, a copy that was edited. A real profile gets
// hostile values in any column (numbers at their edges, texts and bytes where a number belongs, empty and long ones),
// and everything that reads it is asked. Nothing crashes, limits hold, and a page of search texts that a wrong hand
// sealed is made anew from the messages.
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "client/runtime/local_box.h"
#include "client/search/search_pages.h"
#include "client/store/store.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/scratch.h"

namespace fastchat::fuzz {
namespace {

using namespace store;

const Bytes kFpr(32, 'f'), kStream(16, 's'), kGroup(32, 'g'), kHash(32, 'h');

// One profile with a row in most tables. What an input changes is rolled back behind it.
class Profile {
 public:
  Profile() {
    auto opened = Store::open(folder_.path() + "/profile");
    FC_CHECK(opened.ok());
    store_ = std::move(*opened);
    fill();
    list_columns();
  }
  Store& store() { return *store_; }
  // "UPDATE OR IGNORE table SET column = ?" of each column.
  const std::deque<std::string>& changes() const { return changes_; }

 private:
  void fill() {
    Store& s = *store_;
    FC_CHECK(s.begin().ok());
    store::Profile p;
    p.realm = Bytes(16, 'R');
    p.broker_key = Bytes(32, 'k');
    p.endpoints = {"tcp://one:1"};
    p.user = "alice";
    p.device = Bytes(16, 'd');
    p.fpr = kFpr;
    p.identity_blob = "blob";
    p.vault = "vault";
    FC_CHECK(s.put_profile(p).ok());
    for (uint64_t seq = 1; seq <= 4; ++seq) {
      Message m;
      m.peer = m.from = "bob";
      m.kind = 1;
      m.from_fpr = kFpr;
      m.stream = kStream;
      m.seq = seq;
      m.hash = Bytes(32, static_cast<char>('0' + seq));
      m.body = "sealed";
      FC_CHECK(s.add_message(m, seq == 4).ok() && s.add_mark(kFpr, kStream, seq, m.hash).ok());
    }
    FC_CHECK(s.put_remark({kFpr, kStream, 1, 10, "bob", "bob", kStream, 9, 5, kHash, "sealed"}).ok());
    FC_CHECK(s.put_in_stream(kFpr, kStream, 3, true, 1).ok() && s.hold(kFpr, kStream, 5).ok());
    FC_CHECK(s.put_out_stream("bob", {kStream, 3, kHash}).ok() && s.add_outbox("bob", kStream, 1, "sealed").ok());
    const auto ref = s.add_group_outbox(kGroup, 2, 3, kStream, 2, "sealed");
    FC_CHECK(ref.ok() && s.outbox_counts(*ref, 1, {4, 5}, 0).ok());
    FC_CHECK(s.put_setting("draft:bob", "sealed").ok() && s.put_group({kGroup, "team", 1}).ok());
    FC_CHECK(s.put_group_epoch({kGroup, 2, "state", kFpr, "key"}).ok());
    FC_CHECK(s.put_group_note({kGroup, 3, kHash, "bob", kFpr, "key"}, 1).ok());
    FC_CHECK(s.add_group_change({0, kGroup, "add bob\n", "", ""}).ok());
    FC_CHECK(s.add_waiting({0, kGroup, 4, "envelope", "bob", 1, true}, 1, kHash).ok());
    FC_CHECK(s.add_quarantine(1, "bob", "why", "word", kHash, "envelope").ok());
    FC_CHECK(s.put_pin({"bob", kFpr, Bytes(422, 'p'), 1, 1, 0, "", ""}).ok() && s.put_search_page(0, "sealed").ok());
    FC_CHECK(s.commit().ok());
  }

  void list_columns() {
    std::vector<std::string> tables;
    const auto add = [&](const Row& row) { tables.push_back(row.text(0)); };
    FC_CHECK(store_->sql()
                 .each("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'", {}, add)
                 .ok());
    for (const std::string& table : tables) {
      const auto& query = queries_.emplace_back("SELECT name FROM pragma_table_info('" + table + "')");
      const auto column = [&](const Row& row) {
        changes_.push_back("UPDATE OR IGNORE \"" + table + "\" SET \"" + row.text(0) + "\" = ?");
      };
      FC_CHECK(store_->sql().each(query.c_str(), {}, column).ok());
    }
    FC_CHECK(changes_.size() > 60);
  }

  Folder folder_;
  std::unique_ptr<Store> store_;
  std::deque<std::string> changes_, queries_;  // in place for good: the cache of statements knows them by address
};

void read_messages(Store& s) {
  const auto whole = s.history("bob", 3);
  if (whole.ok()) FC_CHECK(whole->size() <= 3);
  if (const auto after = s.history_after("bob", 2, 1); after.ok()) FC_CHECK(after->size() <= 2);
  for (const auto& m : whole.ok() ? *whole : std::vector<Message>{}) {
    (void)s.remarks_of(m);
    (void)s.find_any(m.from_fpr, m.stream, m.seq);
    (void)s.message(m.id);
  }
  (void)s.find_message(kFpr, kStream, 1);
  (void)s.find_shown(kFpr, kStream, 1, true);
  (void)s.find_by_hash("1");
  (void)s.message_of_ref(1);
  (void)s.message_at(1);
  (void)s.last_position();
  if (const auto rows = s.unseen(0, 2); rows.ok()) FC_CHECK(rows->size() <= 2);
  (void)s.unseen_of("bob", 2);
  (void)s.conversations();
}

void read_rest(Store& s) {
  (void)s.profile();
  (void)s.mark(kFpr, kStream, 1);
  (void)s.in_stream(kFpr, kStream);
  (void)s.streams_with_held();
  if (const auto marks = s.replay_marks(1); marks.ok()) FC_CHECK(marks->size() <= 1);
  (void)s.out_stream("bob");
  (void)s.outbox();
  (void)s.outbox_entry(1);
  (void)s.outbox_envelope(1);
  (void)s.setting("draft:bob");
  (void)s.groups();
  (void)s.group_epochs();
  (void)s.group_key(kGroup, 2);
  (void)s.group_notes();
  (void)s.group_changes();
  (void)s.waiting_of(kGroup, 0, 2);
  (void)s.waiting_epochs();
  (void)s.count_waiting(kGroup);
  (void)s.quarantine();
  (void)s.pins();
}

// Writes go on from whatever is there.
void write_on(Store& s) {
  Message m;
  m.peer = "bob";
  m.from_fpr = kFpr;
  m.stream = kStream;
  m.seq = 77;
  m.hash = kHash;
  (void)s.add_message(m, false);
  (void)s.release(kFpr, kStream, 4, true);
  (void)s.set_state(1, State::kDelivered, 0);
  (void)s.outbox_queued(1);
  (void)s.extend_whole(kFpr, kStream, 1);
  (void)s.mark_peer_seen("bob");
}

// The first page of the search with a box that opens to `texts`.
void search(Store& s, ByteView texts) {
  const e2e::Secret key(32);
  const client::LocalBox box(key);
  FC_CHECK(s.put_search_page(0, box.seal(client::LocalPlace::search_page(0), texts)).ok());
  client::SearchPages pages(
      s, [&box] { return box; }, [](int64_t) -> Result<std::string> { return std::string("text"); });
  FC_CHECK(pages.load().ok());
  size_t seen = 0;
  (void)pages.visit(0, [&](int64_t, std::string_view text) {
    FC_CHECK(text.size() <= texts.size() + 4);
    return ++seen < 10'000;
  });
  FC_CHECK(seen <= texts.size() / 12 + 256);
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(store_rows) {
  static Profile profile;  // as it was, behind each input
  Store& s = profile.store();
  FC_CHECK(s.begin().ok());
  Source source(input);
  for (size_t n = 1 + source.below(8); n > 0 && !source.done(); --n) {
    const std::string& change = profile.changes()[source.below(profile.changes().size())];
    const Bytes bytes(source.bytes(60));
    const uint8_t how = source.byte();
    const auto number = static_cast<int64_t>(source.number());
    Value value = number;
    if (how % 4 == 1) value = store::Text{bytes};
    if (how % 4 == 2) value = Blob{bytes};
    if (how % 16 == 3) value = std::monostate{};
    (void)s.sql().run(change.c_str(), {value});
  }
  read_messages(s);
  read_rest(s);
  write_on(s);
  search(s, source.rest());
  s.rollback();
}
