// Rows of a profile that FastChat did not write: a disk that flips bytes, a copy that was edited. A real profile gets
// hostile values in any column (numbers at their edges, texts and bytes where a number belongs, empty and long ones),
// and then everything that reads the profile runs. Nothing crashes, limits hold, and a page of search texts that
// somebody else sealed is made anew from the messages.
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
const ConversationId kBob = ConversationId::direct("bob");

// One profile with a row in most tables. The changes of an input are rolled back after it.
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
    FC_CHECK(s.account().put_profile(p).ok());
    for (uint64_t seq = 1; seq <= 4; ++seq) {
      Message m;
      m.conversation = kBob;
      m.from = "bob";
      m.kind = 1;
      m.from_fpr = kFpr;
      m.stream = kStream;
      m.seq = seq;
      m.hash = Bytes(32, static_cast<char>('0' + seq));
      m.body = "sealed";
      FC_CHECK(s.messages().add(m, seq == 4).ok() && s.streams().add_mark(kFpr, kStream, seq, m.hash).ok());
    }
    FC_CHECK(s.annotations().put({kFpr, kStream, 1, 10, "bob", kBob, kStream, 9, 5, kHash, "sealed"}).ok());
    FC_CHECK(s.streams().put_in(kFpr, kStream, 3, true, 1).ok() && s.streams().hold(kFpr, kStream, 5).ok());
    FC_CHECK(s.streams().put_out(kBob, {kStream, 3, kHash}).ok() && s.outbox().add("bob", kStream, 1, "sealed").ok());
    const auto ref = s.outbox().add_to_group(kGroup, 2, 3, kStream, 2, "sealed");
    FC_CHECK(ref.ok() && s.outbox().set_counts(*ref, 1, {4, 5}, 0).ok());
    FC_CHECK(s.settings().put("draft:bob", "sealed").ok() && s.groups().put({kGroup, "team", 1}).ok());
    FC_CHECK(s.groups().put_epoch({kGroup, 2, "state", kFpr, "key"}).ok());
    FC_CHECK(s.groups().put_key_share({kGroup, 3, kHash, "bob", kFpr, "key"}, 1).ok());
    FC_CHECK(s.groups().add_change({0, kGroup, "add bob\n", "", ""}).ok());
    FC_CHECK(s.waiting().add({0, kGroup, 4, "envelope", "bob", 1, true}, 1, kHash).ok());
    FC_CHECK(s.quarantine().add(1, "bob", "why", "word", kHash, "envelope").ok());
    FC_CHECK(s.pins().put({"bob", kFpr, Bytes(422, 'p'), 1, 1, 0, "", ""}).ok() && s.search().put(0, "sealed").ok());
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
  std::deque<std::string> changes_, queries_;  // never moved: the cache of statements finds them by address
};

void read_messages(Store& s) {
  const auto whole = s.messages().history(kBob, 3);
  if (whole.ok()) FC_CHECK(whole->size() <= 3);
  if (const auto after = s.messages().history_after(kBob, 2, 1); after.ok()) FC_CHECK(after->size() <= 2);
  for (const auto& m : whole.ok() ? *whole : std::vector<Message>{}) {
    (void)s.annotations().of(m);
    (void)s.messages().find_any(m.from_fpr, m.stream, m.seq);
    (void)s.messages().get(m.id);
  }
  (void)s.messages().find(kFpr, kStream, 1);
  (void)s.messages().find_shown(kFpr, kStream, 1, true);
  (void)s.messages().find_by_hash("1");
  (void)s.messages().of_ref(1);
  (void)s.messages().at(1);
  (void)s.messages().last_position();
  if (const auto rows = s.seen().unseen(0, 2); rows.ok()) FC_CHECK(rows->size() <= 2);
  (void)s.seen().unseen_of(kBob, 2);
  (void)s.messages().conversations();
}

void read_rest(Store& s) {
  (void)s.account().profile();
  (void)s.streams().mark(kFpr, kStream, 1);
  (void)s.streams().in(kFpr, kStream);
  (void)s.streams().with_held();
  if (const auto marks = s.streams().replay_marks(1); marks.ok()) FC_CHECK(marks->size() <= 1);
  (void)s.streams().out(kBob);
  (void)s.outbox().all();
  (void)s.outbox().entry(1);
  (void)s.outbox().envelope(1);
  (void)s.settings().find("draft:bob");
  (void)s.groups().all();
  (void)s.groups().epochs();
  (void)s.groups().key(kGroup, 2);
  (void)s.groups().key_shares();
  (void)s.groups().changes();
  (void)s.waiting().of(kGroup, 0, 2);
  (void)s.waiting().epochs();
  (void)s.waiting().count(kGroup);
  (void)s.quarantine().all();
  (void)s.pins().all();
}

// Writes more on top of the rows that are there.
void write_on(Store& s) {
  Message m;
  m.conversation = kBob;
  m.from_fpr = kFpr;
  m.stream = kStream;
  m.seq = 77;
  m.hash = kHash;
  (void)s.messages().add(m, false);
  (void)s.messages().release(kFpr, kStream, 4, true);
  (void)s.messages().set_state(1, State::kDelivered, 0);
  (void)s.outbox().set_queued(1);
  (void)s.streams().extend_whole(kFpr, kStream, 1);
  (void)s.seen().mark_all(kBob);
}

// Searches the first page with a box that opens to `texts`.
void search(Store& s, ByteView texts) {
  const e2e::Secret key(32);
  const client::LocalBox box(key);
  FC_CHECK(s.search().put(0, box.seal(client::LocalPlace::search_page(0), texts)).ok());
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
  static Profile profile;  // in its first state again after each input
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
