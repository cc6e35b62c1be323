// The commands and options of a program as data: manual pages and completions are made of them
// (deploy/make_reference.py), so they name what the program takes and nothing else.
#pragma once

#include "common/json.h"

namespace CLI {
class App;
}

namespace fastchat {

// {"name","description","footer","options":[...],"commands":[...]}, the commands of the same form. An option has
// "names" (of an argument without dashes its one name), "positional", "required", "many", "value" (empty: a switch)
// and "help". Options of no group are hidden, and left out.
Json reference_of(const CLI::App& app);

// Adds the hidden switch with which a program prints its reference, for build time.
inline constexpr const char* kReferenceSwitch = "--print-reference";
void add_reference_switch(CLI::App& app, bool& wanted);

}  // namespace fastchat
