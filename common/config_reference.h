// The commands and options of a program as data. Manual pages and completions are made from the data
// (deploy/make_reference.py), so they name exactly the options that the program accepts.
#pragma once

#include "common/json.h"

namespace CLI {
class App;
}

namespace fastchat {

// Returns {"name","description","footer","options":[...],"commands":[...]}, the commands in the same form. An option
// has "names" (an argument: its one name, without dashes), "positional", "required", "many", "value" (empty: a switch)
// and "help". Omits the hidden options, which have no group.
Json reference_of(const CLI::App& app);

// The hidden switch with which a program prints its reference, at build time.
inline constexpr const char* kReferenceSwitch = "--print-reference";
void add_reference_switch(CLI::App& app, bool& wanted);

}  // namespace fastchat
