// Denies the process that decodes pictures everything but reading descriptor 0, writing descriptor 1, and memory.
// Linux; the edge to libseccomp. Call once, in a process of one thread, before a byte of the picture is read.
#pragma once

#include "common/result.h"

namespace fastchat::tui {

// Enters the sandbox, in this order: a session of its own, so that no terminal is its controlling one; every descriptor
// from 3 on closed; a network namespace without a device, where the system allows one; limits on memory, processor
// time, files and processes; no privileges by exec; and an allow-list of system calls, under which all others answer
// EPERM. After success, the process opens no file and no socket, makes no process, runs no program, signals no other
// process and maps no code. Fails with kLocalUsage and one line when the sandbox is not in force: then nothing may be
// decoded.
Result<> enter_picture_sandbox();

}  // namespace fastchat::tui
