#include "client/tui/adapters/session_search.h"

namespace fastchat::tui {

void SessionSearch::start(const std::vector<std::string>& words, size_t limit) {
  session_.search(words, limit, [this, first = true](Result<client::SearchPart> part) mutable {
    if (!part.ok()) screen_.toast(part.error().text, Style::kBad);
    hear_(SearchFound{part.ok() ? std::move(*part) : client::SearchPart{{}, true}, std::exchange(first, false)});
  });
}

}  // namespace fastchat::tui
