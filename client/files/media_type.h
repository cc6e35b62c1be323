// Finds the media type of a file, for the message that describes the file: by its first bytes, then by its name. A
// small table holds the types that people send; anything else is application/octet-stream. (libmagic knows thousands of
// types and costs 8 MB of database in memory; nothing here depends on those types.) Pure.
#pragma once

#include <string>
#include <string_view>

namespace fastchat::client {

// `head`: up to 512 bytes from the file's beginning.
std::string media_type(std::string_view name, std::string_view head);

}  // namespace fastchat::client
