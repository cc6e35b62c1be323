// Unicode's tables and rules, by utf8proc, which is included in unicode.cc alone: code points, the characters that
// people count (grapheme clusters), normal forms, case. Bytes that are no UTF-8 count as U+FFFD, one for each byte.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/e2e/secret.h"

namespace fastchat::e2e {

// Returns the code point at s[i] and advances i; U+FFFD (and one byte further) when the bytes there are not UTF-8. i <
// s.size().
char32_t next_code_point(std::string_view s, size_t& i);
// Appends the UTF-8 of `c`, which is at most U+10FFFF.
void append(std::string& out, char32_t c);

// Returns true for a letter, or a mark that combines with one.
bool is_letter(char32_t c);
// Returns true for a character that is drawn by itself: no blank, mark, format or control character. A character that
// the library does not know, such as an emoji of a later Unicode, counts as drawn.
bool is_visible(char32_t c);

// Returns the end of the grapheme cluster that begins at s[i]; s.size() behind the last. Clusters are those of
// Unicode's Annex 29: a flag, an emoji with a skin tone or joined of several, a letter with its marks, a syllable of
// Hangul.
size_t cluster_end(std::string_view s, size_t i);
// Returns the beginning of the cluster that ends at `i`, or that contains `i`; 0 at 0.
size_t cluster_before(std::string_view s, size_t i);
size_t count_clusters(std::string_view s);
// Returns the beginning of `s`, at most `limit` bytes that cut no cluster. A first cluster longer than `limit` is cut
// between code points.
std::string_view cut(std::string_view s, size_t limit);

enum class NormalForm { kComposed, kDecomposed };  // NFC, NFD

// Returns the text in a normal form. One accented letter can be typed as one code point or as two; in a normal form it
// always has the same bytes. nullopt when `text` is not UTF-8. The result may be a few times as long as `text`; no copy
// of it is left in memory.
std::optional<Secret> normalise(std::string_view text, NormalForm form);

// Returns the form in which texts are searched: upper and lower case, composed and decomposed letters, ligatures and
// letters of full width are one (NFKC of Unicode's full case folding). Takes a time in proportion to the text, also for
// a text that is made of combining marks. In a text that is not UTF-8, or whose folded form is longer than
// kMaxFoldedGrowth times the text and kMaxFoldedMore bytes (one code point may become 33 bytes), only the Latin letters
// of ASCII become small.
inline constexpr size_t kMaxFoldedGrowth = 4, kMaxFoldedMore = 256;
std::string folded(std::string_view text);

}  // namespace fastchat::e2e
