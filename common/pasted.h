// Lines that a person copied from somewhere. Pure.
#pragma once

#include <string>
#include <string_view>

namespace fastchat {

// Removes the additions of mail, chats and shells around a line: blanks, line breaks with the blanks beside them,
// brackets and quotes in pairs.
std::string unwrapped(std::string_view text);

}  // namespace fastchat
