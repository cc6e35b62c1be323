#include "client/tui/adapters/session_search.h"

namespace fastchat::tui {

void SessionSearch::start(const std::vector<std::string>& words, size_t limit) {
  session_.search(words, limit, [this](Result<client::SearchPart> part) {
    if (!part.ok()) screen_.toast(part.error().text, Style::kBad);
    hear_(SearchFound{part.ok() ? std::move(*part) : client::SearchPart{{}, true}});
  });
}

}  // namespace fastchat::tui
