// Standard descriptors that are closed, in children of this test.
#include "common/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

namespace fastchat::test {
namespace {

// Returns the exit code of a child that runs `inside` with these descriptors closed.
int in_child(const std::string& closed, const std::function<int()>& inside) {
  const pid_t child = fork();
  if (child == 0) {
    for (int fd = 0; fd < 3; ++fd) {
      close(fd);
      if (closed.find(static_cast<char>('0' + fd)) == closed.npos && open("/dev/null", O_RDWR) != fd) _exit(100);
      // /dev/null holds the number until all descriptors are arranged, so that the next open() gets the next number.
      if (closed.find(static_cast<char>('0' + fd)) != closed.npos && open("/dev/null", O_RDWR) != fd) _exit(101);
    }
    for (const char c : closed) close(c - '0');
    _exit(inside());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

TEST(StandardStreams, EachThatIsClosedIsOpenedAndOfNoUse) {
  for (const char* closed : {"", "0", "1", "2", "01", "02", "12", "012"}) {
    const bool output_closed = std::string(closed).find('1') != std::string::npos;
    const int code = in_child(closed, [&] {
      open_standard_streams();
      for (int fd = 0; fd < 3; ++fd) {
        if (fcntl(fd, F_GETFD) < 0) return 1;
      }
      if (open("/dev/null", O_RDONLY) < 3) return 2;
      if (output_is_open() == output_closed) return 3;
      if (write_output("x").ok() == output_closed) return 4;
      char byte;
      const bool input_closed = std::string(closed).find('0') != std::string::npos;
      if ((read(0, &byte, 1) < 0) != input_closed) return 5;
      if (write(2, "x", 1) != 1) return 6;
      return 0;
    });
    EXPECT_EQ(code, 0) << "closed: " << closed;
  }
}

TEST(StandardStreams, AFullDiskIsAnErrorThatSaysSo) {
  const int code = in_child("1", [] {
    if (open("/dev/full", O_WRONLY) != 1) return 1;
    const Result<> written = write_output("text");
    if (written.ok() || written.code() != Code::kLocalDisk) return 2;
    return written.error().text.find("No space left") == std::string::npos ? 3 : 0;
  });
  EXPECT_EQ(code, 0);
}

TEST(StandardStreams, APipeThatBlocksForAMomentIsWaitedFor) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    fcntl(1, F_SETFL, O_NONBLOCK);
    _exit(write_output(std::string(1 << 20, 'x')).ok() ? 0 : 1);
  }
  close(ends[1]);
  size_t got = 0;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) got += static_cast<size_t>(n);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(got, size_t{1} << 20);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace fastchat::test
