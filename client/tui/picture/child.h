// The process that decodes pictures, so that a hostile one costs itself and nothing else: it locks itself in
// (sandbox.h) before it reads one file on its standard input, and writes cells or a graphic to its standard
// output. `fastchat --draw-picture` is it.
#pragma once

#include <string>
#include <vector>

#include "client/tui/terminal/picture_graphic.h"

namespace fastchat::tui {

inline constexpr const char* kDrawPicture = "--draw-picture";

struct PictureJob {
  PictureForm form;
  int columns = 1, rows = 1;  // at most
};
// Converts a job to the arguments of the process.
std::vector<std::string> to_words(const PictureJob& job);

// Answers the exit code; a failure is one line on standard output that is no picture.
int run_picture_child(int argc, char** argv);

}  // namespace fastchat::tui
