#include "client/search/text_fold.h"

#include <string>

#include "client/e2e/unicode.h"

namespace fastchat::client {

std::optional<Place> find_folded(std::string_view text, std::string_view word) {
  const std::string small = e2e::folded(text);
  const size_t found = small.find(word);
  if (found == std::string::npos) return std::nullopt;
  // A folded text may be longer or shorter than the text, so the loop walks both character by character.
  Place place;
  size_t folded = 0;
  for (size_t i = 0; i < text.size() && folded < found + word.size(); i = place.end) {
    place.end = e2e::cluster_end(text, i);
    if (folded <= found) place.begin = i;
    folded += e2e::folded(text.substr(i, place.end - i)).size();
  }
  return place;
}

}  // namespace fastchat::client
