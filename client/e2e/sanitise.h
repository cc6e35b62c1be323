// Functions that make text from others harmless before the text is drawn, logged or used as a file name. Pure,
// idempotent. Invalid UTF-8 becomes U+FFFD. Control characters, escapes, bidirectional controls, zero-width and other
// invisible characters are removed.
#pragma once

#include <string>
#include <string_view>

namespace fastchat::e2e {

// Sanitises a message body: line feeds and tabs stay, CR LF and Unicode line separators become one line feed. A joiner
// (U+200C, U+200D) stays between letters, where it changes how they are written. Of several joiners one stays, and
// elsewhere none.
std::string sanitise(std::string_view text);

// Sanitises names and everything that must stay on one line: line breaks and tabs become spaces, ends are trimmed.
// Joiners are removed, so that no two names look alike because of them.
std::string sanitise_line(std::string_view text);

// Sanitises a message body to one line: as sanitise_line(), with the joiners of sanitise().
std::string sanitise_as_line(std::string_view text);

// Returns true when some of the text is visible: more than blanks, marks without a letter and characters that
// sanitise() removes.
bool shows_something(std::string_view text);

// Replaces, in a line of JSON, every character that a terminal obeys or hides by its \uXXXX. The text as sent is then
// harmless where it is printed. In JSON such characters stand only in strings, so the meaning stays the same.
std::string escape_hidden(std::string_view json);

// Returns a name that is safe in any folder: one component, no leading dot, dash or blank, at most 200 bytes with its
// extension kept, never empty ("file").
std::string safe_file_name(std::string_view name);

// Returns true when the code point may be shown: kept by sanitise(), but no line feed, tab or joiner.
bool printable(char32_t c);

}  // namespace fastchat::e2e
