// The locale of the process. Characters and the names of days and months follow the environment. Numbers, the sorting
// of words and the texts of errors stay those of the C locale, so that a command line, a configuration and JSON read
// the same everywhere.
#pragma once

namespace fastchat::tui {

// Sets the locale. Call once, before threads start. Afterwards LC_CTYPE is UTF-8 on every system that has a locale of
// UTF-8, and LC_TIME gives UTF-8 too: a locale with another character set is replaced by its UTF-8 form, else by
// English.
void use_locale();

}  // namespace fastchat::tui
