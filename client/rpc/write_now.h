// Writing to a socket, a pipe or a terminal without waiting for its reader.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "client/rpc/socket_file.h"

namespace fastchat::rpc {

// Writes as many bytes as `fd` takes at once and returns their number. Returns -1 with errno on failure; is_momentary()
// errors mean that `fd` takes no bytes now. Changes no mode of `fd`, which other processes may share.
ssize_t write_now(int fd, std::string_view bytes);

bool is_momentary(int error);

// Opens the terminal `fd` once more, for writing without waiting. A terminal that says it takes bytes may take fewer
// than a write has, and such a write through `fd` waits. Returns none when `fd` is no terminal, or opens for nobody.
Descriptor own_terminal(int fd);

}  // namespace fastchat::rpc
