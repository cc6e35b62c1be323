// Reads files of this disk for the screen on a thread of its own, since a disk may be slow and a path may name
// anything. The thread starts with the first file. Answers come from the loop, in the order of the requests.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/loop.h"
#include "common/mailbox.h"
#include "common/result.h"

namespace fastchat::tui {

struct LocalFile {
  enum class Kind {
    kText,
    kPicture,  // begins like a png or jpeg
    kOther,    // bytes that a person cannot read
  };
  Kind kind = Kind::kText;
  std::string text;   // sanitised
  bool more = false;  // `text` is only the first MiB of the file
};

// Reads at most the first MiB of a file. Blocks, but never on a file that is not regular. Errors are one line.
Result<LocalFile> read_local_file(const std::string& path);

class LocalFileReader {
 public:
  using Done = std::function<void(const std::string& path, const Result<LocalFile>& file)>;
  LocalFileReader(Loop& loop, Done done) : loop_(loop), done_(std::move(done)) {}
  ~LocalFileReader();
  LocalFileReader(const LocalFileReader&) = delete;
  LocalFileReader& operator=(const LocalFileReader&) = delete;

  void read(const std::string& path);

 private:
  struct Answer {
    std::string path;
    Result<LocalFile> file;
  };
  using Mine = MailboxEnd<Answer, std::string>;
  void start();

  Loop& loop_;
  Done done_;
  zmq::context_t context_{1};
  std::unique_ptr<Mine> mine_;
  std::unique_ptr<LoopThread> thread_;
};

}  // namespace fastchat::tui
