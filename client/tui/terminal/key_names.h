// Names of keys, as the configuration file and the help write them: Alt+A, Ctrl+P, F1, PgUp, Alt+Enter. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/tui/terminal/key.h"

namespace fastchat::tui {

std::string name_of(const Key& key);
// Upper and lower case are one. Nothing for what is no key, or one that no terminal tells apart from another (Ctrl+I).
std::optional<Key> key_named(std::string_view name);

}  // namespace fastchat::tui
