// Has pictures drawn by a child process (picture_child.h), one after the other, without waiting. Lives on the loop's
// thread; a child that does not end within ten seconds is killed.
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <string>

#include "client/tui/picture_cells.h"
#include "common/loop.h"

namespace fastchat::tui {

class PictureLoader {
 public:
  using Done = std::function<void(const Result<CellGrid>&)>;
  explicit PictureLoader(Loop& loop) : loop_(loop) {}
  ~PictureLoader();
  PictureLoader(const PictureLoader&) = delete;
  PictureLoader& operator=(const PictureLoader&) = delete;

  // `done` comes from the loop. Errors: kLocalDisk (the file), kMalformed, kTooLarge.
  void draw(const std::string& path, int columns, int rows, int colours, Done done);

 private:
  struct Job {
    std::string path;
    int columns, rows, colours;
    Done done;
  };
  void next();
  Result<> start(const Job& job);
  void read_some();
  void end(const Result<CellGrid>& result);

  Loop& loop_;
  std::deque<Job> jobs_;  // the first is under way while child_ is not 0
  pid_t child_ = 0;
  int pipe_ = -1;
  std::string output_;
  Loop::TimerId timer_ = 0;
};

}  // namespace fastchat::tui
