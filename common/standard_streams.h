// Descriptors 0, 1 and 2, in every program. The first line of each main() calls open_standard_streams(): with one of
// them closed, the first file, socket or database that a program opens would take its number, and a printed line would
// be written into it.
#pragma once

#include <string_view>

#include "common/result.h"

namespace fastchat {

// Opens /dev/null for each of the three that is closed: standard input for writing only and standard output for reading
// only, so that using them fails as it would have failed, and standard error for writing, because nobody reads it.
// Ends the process with status 2 when /dev/null cannot be opened.
void open_standard_streams();

// True when standard output can be written to at all: a closed one (see above) and one opened for reading cannot.
bool output_is_open();

// Writes all of `text` to standard output. kLocalDisk, with one line for a person, when that fails; a file, whose disk
// is full, then keeps nothing of it.
Result<> write_output(std::string_view text);

// Asks the system for errors that it kept for the end (a network file system, a quota). Errors as above.
Result<> finish_output();

}  // namespace fastchat
