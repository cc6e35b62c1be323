// The locale of the process: characters and the names of days and months, as the environment asks for them. Numbers,
// the order of words and the texts of errors stay those of the C locale, so that a command line, a configuration and
// JSON read the same everywhere.
#pragma once

namespace fastchat::tui {

// Called once, before threads. Afterwards LC_CTYPE is UTF-8 wherever the system has a locale of UTF-8, and LC_TIME
// gives UTF-8 too: a language whose locale has another character set is taken in its UTF-8 form, else in English.
void use_locale();

}  // namespace fastchat::tui
