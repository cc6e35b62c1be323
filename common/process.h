// Settings that a program makes for its whole process, once, at the start of main.
#pragma once

#include <cstdint>

#include "common/result.h"

namespace fastchat {

// Raises the soft limit of open files to `wanted`, or to the hard limit if that is lower. Returns the new limit.
Result<uint64_t> raise_open_files(uint64_t wanted);

// Disables core files and ptrace by the same user, so that secrets in memory stay in memory.
void disable_core_dumps();

void ignore_sigpipe();

// Ignores SIGHUP until a loop handles it (Loop::on_signals). For servers.
void ignore_hangups();

// Keeps freed memory for the next block of its size, up to 16 MiB at the heap's end. By default, glibc gives the memory
// of a file chunk back to the system and faults it in again, page by page, for each chunk.
void keep_freed_memory();

// Gives free memory inside the heap back to the system. Takes milliseconds of a large heap. For use after a burst.
void give_back_memory();

}  // namespace fastchat
