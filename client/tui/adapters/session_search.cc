#include "client/tui/adapters/session_search.h"

namespace fastchat::tui {

void SessionSearch::start(const std::vector<std::string>& words, size_t limit) {
  first_ = true;
  const auto told = [this](Result<client::SearchPart> part) {
    if (!part.ok()) screen_.toast(part.error().text, Style::kBad);
    hear_(SearchFound{part.ok() ? std::move(*part) : client::SearchPart{{}, true}, std::exchange(first_, false)});
  };
  session_.search(words, limit, ticket_.guarded(told), searcher_);
}

}  // namespace fastchat::tui
