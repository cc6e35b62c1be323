// The search in all messages of this disk. One search runs at a time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace fastchat::tui {

class MessageSearch {
 public:
  virtual ~MessageSearch() = default;
  // Searches for at most `limit` messages that match the words, phrases and operators (client/search/query.h). Several
  // SearchFound answer the search.
  virtual void start(const std::vector<std::string>& words, size_t limit) = 0;
  virtual void stop() = 0;
};

}  // namespace fastchat::tui
