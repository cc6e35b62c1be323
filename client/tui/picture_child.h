// The process that decodes pictures, so that a hostile one costs itself and nothing else: limits on memory, time and
// files, one file on its standard input, cells on its standard output. `fastchat --draw-picture` is it.
#pragma once

namespace fastchat::tui {

inline constexpr const char* kDrawPicture = "--draw-picture";

// Arguments: columns, rows, colours. Answers the exit code; a failure is one line on standard output that is no
// picture.
int run_picture_child(int argc, char** argv);

}  // namespace fastchat::tui
