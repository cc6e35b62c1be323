// Settings that a program makes for its whole process, once, at the start of main.
#pragma once

#include <cstdint>

#include "common/result.h"

namespace fastchat {

// Raises the soft limit of open files to `wanted` or the hard limit if that is lower; answers what it is now.
Result<uint64_t> raise_open_files(uint64_t wanted);

// No core file and no ptrace by the same user: memory that holds secrets stays in memory.
void disable_core_dumps();

void ignore_sigpipe();

// For servers: SIGHUP does nothing until a loop takes it (Loop::on_signals).
void ignore_hangups();

// Keeps freed memory for the next block of its size, up to 16 MiB at the heap's end. By default, glibc gives the memory
// of a file chunk back to the system and faults it in again, page by page, for each chunk that passes.
void keep_freed_memory();

// Gives free memory inside the heap back to the system; milliseconds of a large heap. For after a burst.
void give_back_memory();

}  // namespace fastchat
