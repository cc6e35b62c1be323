// The process that decodes pictures, so that a hostile picture harms this process only. Enters the sandbox (sandbox.h),
// then reads one file from its standard input and writes cells or a graphic to its standard output.
// `fastchat --draw-picture` runs this process.
#pragma once

#include <string>
#include <vector>

#include "client/tui/terminal/picture_graphic.h"

namespace fastchat::tui {

inline constexpr const char* kDrawPicture = "--draw-picture";
inline constexpr int kPictureTooLarge = 2;  // the child's exit status for a picture that is refused for its size

struct PictureJob {
  PictureForm form;
  int columns = 1, rows = 1;  // at most
};
// Converts a job to the arguments of the process.
std::vector<std::string> to_words(const PictureJob& job);

// Runs the process and returns the exit code. On a failure, writes one line that is no picture to standard output.
int run_picture_child(int argc, char** argv);

}  // namespace fastchat::tui
