// Transfers: unfinished transfers of an earlier run wait for a session. A command that only lists transfers moves
// nothing.
#include "client/files/transfers.h"

#include "client/messages/file_secrets.h"
#include "tests/client/rooms_fixture.h"
#include "tests/common/temporary.h"

namespace fastchat::client {
namespace {

using ::testing::SizeIs;

class TransfersTest : public RoomsFixture {
 protected:
  TransfersTest() { turn_.add(transfers_); }
  void turns() {
    for (int i = 0; i < 50; ++i) {
      turn_.run();
      loop_.run_once(1'000);
    }
  }
  static e2e::Secret key() { return e2e::Secret::copy_of(Bytes(32, 'k')); }
  // Writes the rows that a run leaves of an unfinished upload and of an unfinished download.
  void leave_upload() {
    const UploadSecret secret{key(), "/nowhere/a.txt", "a.txt", "text/plain", {}};
    store::UploadRow row;
    row.conversation = store::ConversationId::direct("bob");
    row.file_id = Bytes(16, 'f');
    row.size = 12;
    row.secret = account_->box().seal(LocalPlace::upload(row.file_id), pack(secret).view());
    begin();
    ASSERT_TRUE(store_->files().add_upload(row).ok());
    commit();
  }
  void leave_download() {
    e2e::FileInfo info{Bytes(16, 'f'), key(), Bytes(32, 's'), 12, "a.txt", "text/plain"};
    begin();
    ASSERT_TRUE(records_.keep(hash_, info, ""));
    ASSERT_TRUE(records_.set_fetching(ByteView(hash_).substr(0, FileRecords::kId), folder_));
    commit();
  }

  const Bytes hash_ = Bytes(32, 'h');  // of the download's message
  const std::string folder_ = (root_ / "downloads").string();
  FileRecords records_{turn_, store_->files(), *account_, folder_};
  Transfers transfers_{machine_, turn_,     server_, store_->files(), *account_,
                       records_, timeline_, sender_, outbox_,         heard_};
};

TEST_F(TransfersTest, ADownloadIsListedAndTouchedByNobodyWithoutASession) {
  leave_download();
  const auto listed = transfers_.list();
  ASSERT_THAT(*listed, SizeIs(1));
  EXPECT_EQ((*listed)[0].state, TransferInfo::State::kWaiting);
  turns();
  EXPECT_FALSE(std::filesystem::exists(folder_)) << "a command that looks makes no folder and no file";
  EXPECT_THAT(*records_.fetching(), SizeIs(1));
}

// The file lies on a disk that is not mounted just now.
TEST_F(TransfersTest, AnUploadOutlivesALookWhileItsFileIsAway) {
  leave_upload();
  ASSERT_THAT(*transfers_.list(), SizeIs(1));
  turns();
  EXPECT_THAT(*store_->files().uploads(), SizeIs(1));
}

// The server keeps an upload for the epoch that it was opened for. The group has another epoch by now.
TEST_F(TransfersTest, AnUploadThatTheServerHasForAnotherEpochFailsAndIsTold) {
  live();
  const std::string path = (root_ / "a.txt").string();
  std::ofstream(path) << "hello";
  std::optional<Code> told;
  transfers_.send(PeerName("bob"), path, {}, [&](const Result<SentMessage>& sent) { told = sent.code(); });
  uint64_t opens = 0;
  while (opens == 0) {
    loop_.run_once(1'000);
    for (const v1::ClientFrame& frame : asks()) opens = frame.has_open_upload() ? frame.request() : opens;
  }
  ASSERT_THAT(*store_->files().uploads(), SizeIs(1));
  server_.engine().on_frame(turn_.now_ms(), wire::error_frame(opens, Code::kConflict, "open it again"));
  turns();
  EXPECT_EQ(told, Code::kConflict);
  EXPECT_THAT(*store_->files().uploads(), SizeIs(0));
}

// A window, or a script, that heard no answer sends the file again. The name says that both are one.
class NamedFiles : public TransfersTest {
 protected:
  NamedFiles() {
    live();
    std::ofstream(path_) << "hello";
  }
  template <class Ready>
  void until(Ready ready) {
    for (int i = 0; i < 1'000 && !ready(); ++i) {
      loop_.run_once(1'000);
      for (v1::ClientFrame& frame : asks()) frames_.push_back(std::move(frame));
    }
    ASSERT_TRUE(ready());
  }
  void send(Transfers& by, const std::string& name) {
    by.send(PeerName("bob"), path_, {"", name}, told(), [this] { ++kept_; });
  }
  size_t rows() { return store_->files().uploads()->size(); }
  // Plays the server until the message is in the outbox.
  void upload() {
    until([&] { return !frames_.empty() && frames_.back().has_open_upload(); });
    feed(frames_.back().request(), [](auto& f) { f.mutable_upload_open()->set_next_chunk(0); });
    until([&] { return frames_.back().has_put_chunk(); });
    feed(frames_.back().request(), [](auto& f) { f.mutable_chunk_stored()->set_upto(1); });
    until([&] { return !answers_.empty(); });
  }
  // The transfers of the process that comes after a killed one.
  Transfers next_holder() {
    return Transfers(machine_, turn_, server_, store_->files(), *account_, records_, timeline_, sender_, outbox_,
                     heard_);
  }

  const std::string path_ = (root_ / "a.txt").string();
  std::vector<v1::ClientFrame> frames_;
  int kept_ = 0;
};

TEST_F(NamedFiles, AFileIsKeptOnceItsRowIsOnDisk) {
  send(transfers_, "one");
  EXPECT_EQ(kept_, 0) << "a kill here loses the file, and the sender knows of no answer";
  until([&] { return kept_ == 1; });
  EXPECT_EQ(rows(), 1u);
}

// Refuses the turn in which the first row of an upload is written.
class DiskWithoutRoom : public TurnPart {
 public:
  DiskWithoutRoom(Turn& turn, store::FileTable& files) : turn_(turn), files_(files) { turn.add(*this); }
  void work() override {
    if (refused_ || files_.uploads()->empty()) return;
    refused_ = true;
    turn_.check(Result<>(err(Code::kLocalDisk, "the disk is full")));
  }

 private:
  Turn& turn_;
  store::FileTable& files_;
  bool refused_ = false;
};

TEST_F(NamedFiles, AFileWhoseRowTheDiskRefusedIsNotKept) {
  const DiskWithoutRoom disk(turn_, store_->files());
  send(transfers_, "one");
  until([&] { return !answers_.empty(); });
  EXPECT_EQ(answers_, std::vector<std::string>{"the disk is full"});
  EXPECT_EQ(kept_, 0);
  EXPECT_THAT(*transfers_.list(), SizeIs(0)) << "its number is the next upload's";
  send(transfers_, "two");
  until([&] { return kept_ == 1; });
  EXPECT_THAT(*transfers_.list(), SizeIs(1));
  EXPECT_EQ(rows(), 1u);
}

TEST_F(NamedFiles, AKilledHolderAndTheNextSendOneFile) {
  send(transfers_, "one");
  until([&] { return kept_ == 1; });
  Transfers next = next_holder();
  ASSERT_TRUE(next.restore().ok());
  send(next, "one");
  until([&] { return kept_ == 2; });
  EXPECT_EQ(rows(), 1u) << "the upload of this name goes on";
  send(next, "two");
  until([&] { return kept_ == 3; });
  EXPECT_EQ(rows(), 2u) << "another name is another message with the same file";
}

TEST_F(NamedFiles, AFileWhoseMessageIsThereIsThatMessageEvenWhenTheFileIsGone) {
  send(transfers_, "one");
  upload();
  ASSERT_EQ(answers_, std::vector<std::string>{"sent"});
  const SentMessage first = last_;
  EXPECT_EQ(rows(), 0u);
  std::filesystem::remove(path_);
  Transfers next = next_holder();
  send(next, "one");
  until([&] { return answers_.size() == 2; });
  EXPECT_EQ(answers_.back(), "sent");
  EXPECT_EQ(last_.row, first.row);
  EXPECT_EQ(outbox_rows(), 1u);
}

TEST_F(NamedFiles, AFileWhoseUploadEndsDuringTheNextSendIsThatMessage) {
  send(transfers_, "one");
  until([&] { return !frames_.empty() && frames_.back().has_open_upload(); });
  feed(frames_.back().request(), [](auto& f) { f.mutable_upload_open()->set_next_chunk(0); });
  until([&] { return frames_.back().has_put_chunk(); });
  feed(frames_.back().request(), [](auto& f) { f.mutable_chunk_stored()->set_upto(1); });
  turn_.run();
  send(transfers_, "one");  // the worker looks at the file once the upload has its digest
  until([&] { return answers_.size() == 2; });
  EXPECT_EQ(answers_, (std::vector<std::string>{"sent", "sent"}));
  EXPECT_EQ(rows(), 0u);
  EXPECT_EQ(outbox_rows(), 1u);
}

TEST_F(NamedFiles, ATextOfTheSameNameThatCameFirstIsTheMessage) {
  send(transfers_, "one");
  until([&] { return kept_ == 1; });
  sender_.send(PeerName("bob"), "hello", {"", "one"}, told());
  until([&] { return answers_.size() == 1; });
  const SentMessage text = last_;
  answers_.clear();
  upload();
  EXPECT_EQ(last_.row, text.row);
  EXPECT_EQ(rows(), 0u);
  until([&] { return frames_.back().has_file_done(); });  // the server drops the bytes that no message names
  EXPECT_EQ(outbox_rows(), 1u);
}

TEST_F(NamedFiles, ANameGoesToOneConversation) {
  send(transfers_, "one");
  until([&] { return kept_ == 1; });
  transfers_.send(PeerName("alice"), path_, {"", "one"}, told());
  until([&] { return answers_.size() == 1; });
  EXPECT_EQ(answers_.back(), "this name is of a file that goes to bob");
  EXPECT_EQ(rows(), 1u);
}

TEST_F(TransfersTest, CancellingEndsTheTransferOfThisIdInEitherDirection) {
  leave_upload();
  leave_download();
  auto listed = *transfers_.list();
  ASSERT_THAT(listed, SizeIs(2));
  EXPECT_TRUE(listed[0].upload) << "uploads of an earlier run stand before its downloads";
  EXPECT_FALSE(listed[1].upload);
  transfers_.cancel(listed[1].id);
  turn_.run();
  EXPECT_THAT(*records_.fetching(), SizeIs(0)) << "the next run does not go on with a cancelled download";
  EXPECT_THAT(*store_->files().uploads(), SizeIs(1));
  transfers_.cancel(listed[0].id);
  turn_.run();
  EXPECT_THAT(*store_->files().uploads(), SizeIs(0)) << "the next run does not go on with a cancelled upload";
  EXPECT_THAT(*transfers_.list(), SizeIs(0));
}

TEST_F(TransfersTest, WhatIsNoMessageWithAFileIsNotFetched) {
  std::string why;
  transfers_.fetch("zz", "", [&](const Result<std::string>& r) { why = r.error().text; });
  turn_.run();
  EXPECT_EQ(why, "a message id has 32 hex digits");
  transfers_.fetch(std::string(32, '0'), "", [&](const Result<std::string>& r) { why = r.error().text; });
  turn_.run();
  EXPECT_EQ(why, "no message with this id has a file");
}

TEST_F(TransfersTest, AFileThatIsHereIsAnsweredAtOnce) {
  e2e::FileInfo info{Bytes(16, 'f'), key(), Bytes(32, 's'), 12, "a.txt", "text/plain"};
  const Bytes hash(32, 'h');
  begin();
  const test::Temporary folder;
  const std::string copy = folder.write("a.txt", "twelve bytes");
  ASSERT_TRUE(records_.keep(hash, info, copy));
  commit();
  std::string path;
  transfers_.fetch(to_hex(ByteView(hash).substr(0, FileRecords::kId)), "",
                   [&](const Result<std::string>& r) { path = *r; });
  turn_.run();
  EXPECT_EQ(path, copy);
  // A copy that was emptied is fetched again.
  folder.write("a.txt", "");
  transfers_.fetch(to_hex(ByteView(hash).substr(0, FileRecords::kId)), "", [](const Result<std::string>&) {});
  turn_.run();
  EXPECT_THAT(*records_.fetching(), SizeIs(1));
}

}  // namespace
}  // namespace fastchat::client
