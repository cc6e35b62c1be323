// Has a child process (child.h) draw pictures, one after the other, without blocking. Lives on the loop's thread. Kills
// a child that does not end within ten seconds.
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <string>

#include "client/tui/picture/child.h"
#include "client/tui/picture/picture.h"
#include "common/loop.h"

namespace fastchat::tui {

class PictureLoader {
 public:
  using Done = std::function<void(const Result<Picture>&)>;
  explicit PictureLoader(Loop& loop) : loop_(loop) {}
  ~PictureLoader();
  PictureLoader(const PictureLoader&) = delete;
  PictureLoader& operator=(const PictureLoader&) = delete;

  // Draws a picture of at most columns x rows cells, and at most the size that the form allows. The loop calls `done`.
  // Fails with kLocalDisk for the file or the start of the process, with kMalformed or kTooLarge for the picture.
  void draw(const std::string& path, int columns, int rows, const PictureForm& form, Done done);

 private:
  struct Job {
    std::string path;
    PictureJob picture;
    Done done;
  };
  void next();
  Result<> start(const Job& job);
  void read_some();
  Result<Picture> parse();
  void end(const Result<Picture>& result);

  Loop& loop_;
  std::deque<Job> jobs_;  // the first is under way while child_ is not 0
  pid_t child_ = 0;
  int pipe_ = -1;
  std::string output_;
  uint32_t last_id_ = 0;  // id of the last graphic
  Loop::TimerId timer_ = 0;
};

}  // namespace fastchat::tui
