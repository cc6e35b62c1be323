// Text from others made harmless before it is drawn, logged or used as a file name. Pure, idempotent.
// Invalid UTF-8 becomes U+FFFD; control characters, escapes, bidirectional controls, zero-width and other invisible
// characters go.
#pragma once

#include <string>
#include <string_view>

namespace fastchat::e2e {

// For message bodies: line feeds stay, CR LF and Unicode line separators become one, a tab becomes a space.
std::string sanitise(std::string_view text);

// For names and everything that must stay on one line: line breaks become spaces, ends are trimmed.
std::string sanitise_line(std::string_view text);

// A name that is safe in any folder: one component, no leading dot, dash or blank, at most 200 bytes with its extension
// kept, never empty ("file").
std::string safe_file_name(std::string_view name);

// True when the code point may be shown: what sanitise() keeps, line feed and tab excluded.
bool printable(char32_t c);

}  // namespace fastchat::e2e
