// The files of an export: blocks that a person and a program read, what a second export adds, and what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ctime>

#include "client/cli/export_file.h"
#include "client/cli/export_text.h"
#include "client/cli/output.h"
#include "tests/common/temporary.h"

namespace fastchat::cli {
namespace {

using client::ChatMessage;
using testing::HasSubstr;
using Fate = ExportedBlocks::Fate;
using Form = ExportedBlocks::Form;

constexpr int64_t kSixOclock = 1'796'018'400'000;  // 2026-11-30T06:00:00Z

void set_zone(const char* zone) {
  setenv("TZ", zone, 1);
  tzset();
}

ChatMessage message_of(const std::string& text, char id = '1') {
  ChatMessage out;
  out.id = std::string(32, id);
  out.peer = client::PeerName("bob");
  out.from = "bob";
  out.text = text;
  out.sent_ms = kSixOclock;
  return out;
}

const ExportSource kSource{"alice", "00ff", client::PeerName("bob"), ""};

TEST(ExportText, ABlockIsReadable) {
  set_zone("UTC");
  ChatMessage m = message_of("hello\nand more");
  EXPECT_EQ(text_block(m, nullptr), "2026-11-30 06:00:00 +0000  bob: hello\n    and more");
  m.edited = true;
  m.reactions = {{"alice", "+1"}, {"carol", "x"}};
  m.reply_to = std::string(32, '2');
  const ChatMessage asked = message_of("a question\nof two lines", '2');
  EXPECT_EQ(text_block(m, &asked),
            "2026-11-30 06:00:00 +0000  bob (edited): hello\n    and more\n"
            "  -- answers bob: a question of two lines\n  -- reactions: alice +1, carol x");
  EXPECT_THAT(text_block(m, nullptr), HasSubstr("\n  -- answers a message that is not here\n"));
  m = message_of("");
  m.deleted = true;
  EXPECT_EQ(text_block(m, nullptr), "2026-11-30 06:00:00 +0000  bob: (deleted)");
  m = message_of("/me waves");
  EXPECT_EQ(text_block(m, nullptr), "2026-11-30 06:00:00 +0000  bob: * bob waves");
  m = message_of("../x/a plan.pdf (2048 bytes)", 'a');
  m.kind = client::MessageKind::kFile;
  m.file = client::FileView{"../x/a plan.pdf", "application/pdf", 2048, {}, ""};
  EXPECT_EQ(text_block(m, nullptr), "2026-11-30 06:00:00 +0000  bob: [file aaaaaaaa-a plan.pdf, 2.0 KiB]");
  m = message_of("3 messages are missing");
  m.kind = client::MessageKind::kHole;
  EXPECT_EQ(text_block(m, nullptr), "2026-11-30 06:00:00 +0000  -- 3 messages are missing (from bob)");
}

// Returns the blocks that a file with these blocks holds, after it was read in pieces of three bytes.
ExportedBlocks holding(Form form, const std::vector<std::string>& blocks) {
  const bool json = form == Form::kJsonl;
  ExportedBlocks out(form, json ? kSource.jsonl_identity() : kSource.text_identity());
  std::string old = json ? jsonl_heading(kSource, "1.0", kSixOclock) : text_heading(kSource, "1.0", kSixOclock, true);
  for (const std::string& block : blocks) old += block + "\n";
  for (size_t at = 0; at < old.size(); at += 3) EXPECT_TRUE(out.add(std::string_view(old).substr(at, 3)).ok());
  EXPECT_TRUE(out.end_of_old().ok());
  return out;
}

std::string json_of(const ChatMessage& m, const char* event = nullptr) {
  return message_json(m, "alice", event);
}

TEST(ExportedBlocksTest, ALineIsThereChangedOrNew) {
  ChatMessage one = message_of("one"), two = message_of("two", '2');
  const std::string before = json_of(one);
  one.edited = true;
  EXPECT_EQ(holding(Form::kJsonl, {before}).take(before), Fate::kThere);
  EXPECT_EQ(holding(Form::kJsonl, {before}).take(json_of(one)), Fate::kChanged);
  EXPECT_EQ(holding(Form::kJsonl, {before}).take(json_of(two)), Fate::kNew);
  const std::string changed = json_of(one, "changed");
  EXPECT_EQ(holding(Form::kJsonl, {before, changed}).take(json_of(one)), Fate::kThere) << "the last line counts";
  EXPECT_EQ(holding(Form::kJsonl, {before, changed}).take(before), Fate::kChanged) << "a change that was taken back";
  const std::string heading = jsonl_heading(kSource, "2.0", kSixOclock + 5000);
  EXPECT_EQ(holding(Form::kJsonl, {before, heading.substr(0, heading.size() - 1), json_of(two)}).take(json_of(two)),
            Fate::kThere);
}

TEST(ExportedBlocksTest, LinesWithoutAnIdAreCounted) {
  ChatMessage hole = message_of("3 messages are missing");
  hole.id.clear();
  hole.kind = client::MessageKind::kHole;
  const std::string line = json_of(hole);
  ExportedBlocks twice = holding(Form::kJsonl, {line, line});
  EXPECT_EQ(twice.take(line), Fate::kThere);
  EXPECT_EQ(twice.take(line), Fate::kThere);
  EXPECT_EQ(twice.take(line), Fate::kNew);
}

TEST(ExportedBlocksTest, ABlockOfTextIsTheSameInEveryTimeZone) {
  set_zone("UTC");
  const ChatMessage m = message_of("two\nlines\n\n-- and a dash");
  const std::string block = text_block(m, nullptr);
  set_zone("CET-1");
  EXPECT_NE(text_block(m, nullptr), block);
  ExportedBlocks there = holding(Form::kText, {block, text_block(message_of("x", '2'), nullptr)});
  EXPECT_EQ(there.take(text_block(m, nullptr)), Fate::kThere);
  EXPECT_EQ(there.take(text_block(m, nullptr)), Fate::kNew) << "as often as it stands there";
  set_zone("UTC");
}

TEST(ExportedBlocksTest, ATimeThatASenderMadeUpIsATime) {
  set_zone("UTC");
  for (const int64_t ms : {INT64_MIN, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    ChatMessage m = message_of("x");
    m.sent_ms = ms;
    EXPECT_EQ(holding(Form::kText, {text_block(m, nullptr)}).take(text_block(m, nullptr)), Fate::kThere) << ms;
  }
}

TEST(ExportedBlocksTest, OtherFilesAreRefused) {
  const std::string heading = jsonl_heading(kSource, "1.0", kSixOclock);
  ExportSource other = kSource;
  other.with = client::PeerName("bobby");
  for (const std::string& old : {std::string(), std::string("\n"), std::string("notes\n"), heading + "{}\n",
                                 heading + "{\"event\":\"message\"}\n", heading + json_of(message_of("cut")),
                                 heading.substr(0, heading.size() - 1), jsonl_heading(other, "1.0", kSixOclock)}) {
    ExportedBlocks blocks(Form::kJsonl, kSource.jsonl_identity());
    Result<> read = blocks.add(old);
    if (read.ok()) read = blocks.end_of_old();
    EXPECT_FALSE(read.ok()) << old;
  }
}

// ---- the disk

class ExportFileTest : public ::testing::Test {
 protected:
  ExportFileTest() {
    auto made = ExportFolder::open(folder_ / "archive/of");
    FC_CHECK(made.ok());
    out_ = std::move(*made);
  }
  std::string path(const std::string& name) const { return folder_ / ("archive/of/" + name); }
  // Exports these messages and returns the error, or "".
  std::string write(const std::vector<ChatMessage>& messages) {
    ExportFile file(*out_, "bob.jsonl", Form::kJsonl, kSource.jsonl_identity());
    if (auto r = file.open(); !r.ok()) return r.error().text;
    for (;;) {
      const auto all = file.read_some();
      if (!all.ok()) return all.error().text;
      if (*all) break;
    }
    for (const ChatMessage& m : messages) {
      if (file.take(json_of(m)) == Fate::kThere) continue;
      if (auto r = file.add(json_of(m), jsonl_heading(kSource, "1.0", kSixOclock)); !r.ok()) return r.error().text;
    }
    const auto r = file.finish();
    return r.ok() ? "" : r.error().text;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "archive/of")) {
      out.push_back(entry.path().filename());
    }
    return out;
  }

  test::Temporary folder_;
  std::unique_ptr<ExportFolder> out_;
};

TEST_F(ExportFileTest, ASecondExportAddsWhatIsMissing) {
  const ChatMessage one = message_of("one"), two = message_of("two", '2');
  EXPECT_EQ(write({one}), "");
  const std::string first = test::read_file(path("bob.jsonl"));
  EXPECT_EQ(write({one}), "");
  EXPECT_EQ(test::read_file(path("bob.jsonl")), first) << "nothing is new";
  EXPECT_EQ(write({one, two}), "");
  EXPECT_EQ(test::read_file(path("bob.jsonl")),
            first + jsonl_heading(kSource, "1.0", kSixOclock) + json_of(two) + "\n");
  EXPECT_THAT(names(), testing::ElementsAre("bob.jsonl"));
}

TEST_F(ExportFileTest, FilesAndFoldersAreForTheUserAlone) {
  EXPECT_EQ(write({message_of("one")}), "");
  struct stat found {};
  ASSERT_EQ(stat(path("bob.jsonl").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST_F(ExportFileTest, NothingElseIsReplaced) {
  folder_.write("archive/of/bob.jsonl", "notes of mine\n");
  EXPECT_THAT(write({message_of("one")}), HasSubstr("is no export of this conversation"));
  EXPECT_EQ(test::read_file(path("bob.jsonl")), "notes of mine\n");
  ASSERT_EQ(unlink(path("bob.jsonl").c_str()), 0);
  ASSERT_EQ(symlink("/etc/passwd", path("bob.jsonl").c_str()), 0);
  EXPECT_THAT(write({message_of("one")}), HasSubstr("it is a link"));
  ASSERT_EQ(unlink(path("bob.jsonl").c_str()), 0);
  ASSERT_EQ(mkfifo(path("bob.jsonl").c_str(), 0600), 0);
  EXPECT_THAT(write({message_of("one")}), HasSubstr("it is no file"));
}

TEST_F(ExportFileTest, OneExportWritesIntoAFolder) {
  const auto second = ExportFolder::open(folder_ / "archive/of");
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().text, HasSubstr("another export writes into"));
  out_.reset();
  EXPECT_TRUE(ExportFolder::open(folder_ / "archive/of").ok());
}

TEST_F(ExportFileTest, APartOfAKilledExportIsReplaced) {
  folder_.write("archive/of/bob.jsonl.part", "half of a line");
  EXPECT_EQ(write({message_of("one")}), "");
  EXPECT_THAT(names(), testing::ElementsAre("bob.jsonl"));
}

TEST_F(ExportFileTest, AFullDiskLeavesWhatWasThere) {
  EXPECT_EQ(write({message_of("one")}), "");
  const std::string first = test::read_file(path("bob.jsonl"));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{first.size() + 10, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string said = write({message_of("one"), message_of("two", '2')});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_THAT(said, HasSubstr("no room on the disk"));
  EXPECT_EQ(test::read_file(path("bob.jsonl")), first);
  EXPECT_THAT(names(), testing::ElementsAre("bob.jsonl"));
  EXPECT_EQ(write({message_of("one"), message_of("two", '2')}), "");
}

TEST_F(ExportFileTest, ACopyIsWholeOrNotThere) {
  const std::string source = folder_.write("source", std::string(3'000'000, 'x'));
  auto copy = FileCopy::open(source, *out_, "a copy", 3'000'000);
  ASSERT_TRUE(copy.ok());
  for (Result<bool> whole = false; whole.ok() && !*whole; whole = (*copy)->step()) {
    EXPECT_FALSE(out_->has("a copy"));
  }
  EXPECT_EQ(test::read_file(path("a copy")), std::string(3'000'000, 'x'));
  EXPECT_FALSE(FileCopy::open(source, *out_, "other", 2'999'999).ok()) << "not the file that was sent";
  EXPECT_FALSE(FileCopy::open(folder_ / "nothing", *out_, "other", 1).ok());
  EXPECT_THAT(names(), testing::ElementsAre("a copy"));
}

}  // namespace
}  // namespace fastchat::cli
