// The progress of a file, on one line of a terminal. Pure except for the writing. Writes nothing without a terminal,
// where no person looks.
#pragma once

#include <string>

#include "client/session/session.h"

namespace fastchat::cli {

// Returns the line "photo.jpg   45%  12.3 MiB/s  0:05 left", at most `columns` wide.
std::string progress_line(const client::TransferInfo& transfer, size_t columns);
// Returns a size with its unit: "1.5 KiB" for 1536.
std::string human_bytes(uint64_t bytes);

// The progress line on standard error. draw() overwrites the line drawn before. The destructor leaves the cursor on a
// line of its own.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void draw(const client::TransferInfo& transfer);
  void clear();

 private:
  bool terminal_ = false;
  bool drawn_ = false;
};

}  // namespace fastchat::cli
