// The progress of a file, on one line of a terminal. Pure except for the writing. Writes nothing without a terminal,
// where no person looks.
#pragma once

#include <optional>
#include <string>

#include "client/session/session.h"
#include "common/json.h"

namespace fastchat::cli {

// Returns the line "photo.jpg   45%  12.3 MiB/s  0:05 left", at most `columns` wide.
std::string progress_line(const client::TransferInfo& transfer, size_t columns);
// Returns the transfer that transfer_json() wrote. Values of another kind, or out of bounds, count as missing.
client::TransferInfo read_progress(const JsonValue& transfer);
// Returns a size with its unit: "1.5 KiB" for 1536.
std::string human_bytes(uint64_t bytes);

// The progress of a transfer, or a line about a command. Neither: there is no progress to show.
struct Progress {
  std::optional<client::TransferInfo> transfer{};
  std::string line{};
};

// The progress line on standard error. draw() overwrites the line drawn before. The destructor leaves the cursor on a
// line of its own.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void draw(const Progress& progress);
  void clear();

 private:
  bool terminal_ = false;
  bool drawn_ = false;
};

}  // namespace fastchat::cli
