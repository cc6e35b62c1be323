// What kind of file it is, for the message that speaks of it: by its first bytes, then by its name. A small table of
// what people send; anything else is application/octet-stream. (libmagic knows thousands of kinds, costs 8 MB of
// database in memory, and nothing here depends on them.) Pure.
#pragma once

#include <string>
#include <string_view>

namespace fastchat::client {

// `head`: up to 512 bytes from the file's beginning.
std::string media_type(std::string_view name, std::string_view head);

}  // namespace fastchat::client
