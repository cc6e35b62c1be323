// Names of keys, as the configuration file and the help write them: Alt+A, Ctrl+P, F1, PgUp, Alt+Enter. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/tui/terminal/key.h"

namespace fastchat::tui {

std::string name_of(const Key& key);
// Returns the key of a name, ignoring case. Returns nullopt when there is no such key, or no terminal can distinguish
// it from another (Ctrl+I).
std::optional<Key> key_named(std::string_view name);

}  // namespace fastchat::tui
