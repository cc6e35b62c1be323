// Text from others made harmless before it is drawn, logged or used as a file name. Pure, idempotent.
// Invalid UTF-8 becomes U+FFFD; control characters, escapes, bidirectional controls, zero-width and other invisible
// characters go.
#pragma once

#include <string>
#include <string_view>

namespace fastchat::e2e {

// For message bodies: line feeds and tabs stay, CR LF and Unicode line separators become one line feed. A joiner
// (U+200C, U+200D) stays between letters, where it changes how they are written: one of several, and none elsewhere.
std::string sanitise(std::string_view text);

// For names and everything that must stay on one line: line breaks and tabs become spaces, ends are trimmed, joiners
// go, so that no two names look alike by them.
std::string sanitise_line(std::string_view text);

// A message body on one line: as sanitise_line(), with the joiners of sanitise().
std::string sanitise_as_line(std::string_view text);

// True when something of it can be seen: not only blanks, marks without a letter and what sanitise() removes.
bool shows_something(std::string_view text);

// A line of JSON with every character that a terminal obeys or hides as \uXXXX: text as it was sent, harmless where it
// is printed. In JSON such characters stand only in strings, so it means the same.
std::string escape_hidden(std::string_view json);

// A name that is safe in any folder: one component, no leading dot, dash or blank, at most 200 bytes with its extension
// kept, never empty ("file").
std::string safe_file_name(std::string_view name);

// True when the code point may be shown: what sanitise() keeps, line feed, tab and joiners excluded.
bool printable(char32_t c);

}  // namespace fastchat::e2e
