// Descriptors 0, 1 and 2, in every program. The first line of each main() calls open_standard_streams(). With one of
// the three closed, the first file, socket or database that a program opens would take its number, and a printed line
// would be written into that file.
#pragma once

#include <string_view>

#include "common/result.h"

namespace fastchat {

// Opens /dev/null for each closed one of the three: standard input for writing only and standard output for reading
// only, so that their use still fails, and standard error for writing, because nobody reads it. Ends the process with
// status 2 when /dev/null cannot be opened.
void open_standard_streams();

// Returns true when standard output can be written to. A closed one (see above) and one opened for reading cannot.
bool output_is_open();

// Returns kLocalDisk with one line for a write to standard output that failed with this errno.
Error output_error(int cause);

// Writes all of `text` to standard output. Fails with kLocalDisk and one line for a person. A file on a full disk then
// keeps none of the text.
Result<> write_output(std::string_view text);

// Returns errors that the system reports only at the end (a network file system, a quota), as above.
Result<> finish_output();

}  // namespace fastchat
