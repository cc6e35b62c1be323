// The output of a command that serves its profile: no line waits for its reader, whatever the line's length.
#include "client/cli/output_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>

namespace fastchat::cli {
namespace {

class OutputQueueTest : public testing::Test {
 protected:
  OutputQueueTest() {
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0);
    EXPECT_GT(fcntl(ends_[0], F_SETPIPE_SZ, 4096), 0);
    EXPECT_EQ(fcntl(ends_[0], F_SETFL, O_NONBLOCK), 0);
    output_.emplace(loop_, ends_[1]);
  }
  ~OutputQueueTest() override {
    output_.reset();
    close(ends_[0]);
    close(ends_[1]);
  }
  void read_some() {
    char buffer[65536];
    ssize_t n = 0;
    while ((n = ::read(ends_[0], buffer, sizeof buffer)) > 0) got_.append(buffer, static_cast<size_t>(n));
  }
  void read_all() {
    for (int i = 0; i < 100'000 && !output_->empty(); ++i) {
      loop_.run_once(1'000);
      read_some();
    }
    read_some();
  }

  Loop loop_;
  int ends_[2] = {-1, -1};
  std::optional<OutputQueue> output_;
  std::string got_;
};

TEST_F(OutputQueueTest, ALineLongerThanThePipeReturnsAtOnceAndArrivesWhole) {
  const std::string line(100'000, 'x');
  ASSERT_TRUE(output_->add(line).ok()) << "a write that waits would hang here, because nobody reads";
  EXPECT_FALSE(output_->empty());
  EXPECT_FALSE(output_->takes_more());
  ASSERT_TRUE(output_->add("short").ok());
  read_all();
  EXPECT_EQ(got_, line + "\nshort\n");
  EXPECT_TRUE(output_->takes_more());
}

TEST_F(OutputQueueTest, TellsWhenALineIsWrittenAndNotBefore) {
  int written = 0;
  output_->when_written([&] { ++written; });
  EXPECT_EQ(written, 1) << "nothing waits";
  ASSERT_TRUE(output_->add(std::string(10'000, 'x')).ok());
  output_->when_written([&] { ++written; });
  loop_.run_once(0);
  EXPECT_EQ(written, 1);
  read_all();
  EXPECT_EQ(written, 2);
}

TEST_F(OutputQueueTest, TellsOfALineThatIsWrittenWhileOthersWait) {
  int first = 0, second = 0;
  ASSERT_TRUE(output_->add(std::string(10'000, 'x')).ok());
  output_->when_written([&] { ++first; });
  ASSERT_TRUE(output_->add(std::string(1'000'000, 'y')).ok());
  output_->when_written([&] { ++second; });
  for (int i = 0; i < 4; ++i) {
    loop_.run_once(1'000);
    read_some();
  }
  EXPECT_FALSE(output_->empty());
  EXPECT_EQ(first, 1) << "its reader has the line";
  EXPECT_EQ(second, 0);
  read_all();
  EXPECT_EQ(second, 1);
}

TEST_F(OutputQueueTest, AnOfferedLineBeyondTheBoundIsDroppedAndLaterOnesAreNot) {
  ASSERT_TRUE(output_->add(std::string(kMaxUnread - 1'000, 'x')).ok());
  EXPECT_TRUE(output_->offer(std::string(100'000, 'y')));
  read_all();
  EXPECT_TRUE(output_->offer("room again"));
  read_all();
  EXPECT_EQ(got_.find('y'), std::string::npos);
  EXPECT_TRUE(got_.ends_with("x\nroom again\n"));
  const auto before = signal(SIGPIPE, SIG_IGN);
  close(ends_[0]);
  EXPECT_FALSE(output_->offer("to nobody"));
  EXPECT_FALSE(output_->add("to nobody").ok());
  ends_[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);  // the destructor closes it
  (void)signal(SIGPIPE, before);
}

TEST_F(OutputQueueTest, ATerminalThatNobodyReadsDelaysNobody) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  ASSERT_GE(master, 0);
  ASSERT_EQ(grantpt(master), 0);
  ASSERT_EQ(unlockpt(master), 0);
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  {
    OutputQueue output(loop_, terminal);
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(output.add(std::string(1'000, 'x')).ok()) << "a write that waits would hang here";
      loop_.run_once(0);
    }
    EXPECT_TRUE(output.waits());
    char buffer[65536];
    size_t got = 0;
    for (int i = 0; i < 100'000 && !output.empty(); ++i) {
      for (ssize_t n = 0; (n = ::read(master, buffer, sizeof buffer)) > 0;) got += static_cast<size_t>(n);
      loop_.run_once(1'000);
    }
    EXPECT_TRUE(output.empty());
    for (ssize_t n = 0; (n = ::read(master, buffer, sizeof buffer)) > 0;) got += static_cast<size_t>(n);
    EXPECT_EQ(got, 200u * 1'002) << "a terminal ends a line with two characters";
  }
  EXPECT_EQ(fcntl(terminal, F_GETFL) & O_NONBLOCK, 0) << "other programs write to this terminal too";
  close(terminal);
  close(master);
}

TEST_F(OutputQueueTest, MoreThanTheBoundIsAnErrorAndLeavesWholeLines) {
  const std::string line(1'000'000, 'x');
  int written = 0;
  std::string why;
  for (int i = 0; i < 20 && why.empty(); ++i) {
    const Result<> added = output_->add(line);
    if (!added.ok()) why = added.error().text;
    if (added.ok()) output_->when_written([&] { ++written; });
  }
  EXPECT_EQ(why, "more than 16 MiB waited for the reader of standard output: the rest is not printed");
  EXPECT_FALSE(output_->add("more").ok());
  read_all();
  EXPECT_EQ(got_, line + "\n") << "the line that was begun, and no other";
  EXPECT_EQ(written, 1) << "the message of that line counts as printed, and no other";
}

TEST_F(OutputQueueTest, AReaderThatIsGoneIsTheErrorOfTheNextLine) {
  ASSERT_TRUE(output_->add(std::string(10'000, 'x')).ok());
  close(ends_[0]);
  ends_[0] = -1;
  for (int i = 0; i < 1'000 && !output_->empty(); ++i) loop_.run_once(1'000);
  EXPECT_EQ(output_->add("more").error().text, "standard output cannot be written: Broken pipe");
  EXPECT_TRUE(output_->takes_more()) << "the command shall print, and hear of the error";
}

}  // namespace
}  // namespace fastchat::cli
