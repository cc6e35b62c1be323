// The searches of a session and the boxes that make them fast, in slices between which the screen draws and the network
// is heard. Lives on the session's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/runtime/listener.h"
#include "client/runtime/turn.h"
#include "client/search/search_pages.h"

namespace fastchat::client {

class Search final : public TurnPart {
 public:
  // Hears of what was found; an error is the last part.
  using Told = std::function<void(Result<SearchPart>)>;
  // A message as people see it.
  using View = std::function<ChatMessage(const store::Message&)>;
  // The conversation that people call so; empty for a group that is not here.
  using Stored = std::function<store::ConversationId(const PeerName&)>;
  Search(Machine& machine, Turn& turn, store::Store& store, Account& account, View view, Stored stored)
      : machine_(machine),
        turn_(turn),
        store_(store),
        account_(account),
        view_(std::move(view)),
        stored_(std::move(stored)) {}
  ~Search() override;

  // The newest messages, at most `limit`, that `words` ask for (parse_search()); oldest first. kLocalUsage for words
  // that cannot be asked for, kLocalDisk, kLocalCrypto.
  Result<std::vector<ChatMessage>> find(const std::vector<std::string>& words, size_t limit);
  // The same in parts, newest first, from the loop; ends the search before it.
  void start(const std::vector<std::string>& words, size_t limit, Told told);
  void stop();
  // The message has another text now. False when the turn failed.
  bool forget(const store::Message& row);

  void rolled_back(const Error& error) override;
  void idle() override;

 private:
  struct UnderWay {
    MessageSearch search;
    size_t left = 0;
    Told told;
  };
  Result<SearchPages*> pages();
  Result<MessageSearch::Wanted> wanted(const std::vector<std::string>& words) const;
  Result<std::vector<ChatMessage>> views_at(const std::vector<int64_t>& positions) const;
  void slice();
  void make_boxes();

  Machine& machine_;
  Turn& turn_;
  store::Store& store_;
  Account& account_;
  const View view_;
  const Stored stored_;
  std::unique_ptr<SearchPages> pages_;
  std::optional<UnderWay> under_way_;
  Machine::TimerId timer_ = 0, boxes_timer_ = 0;
  bool boxes_failed_ = false;
};

}  // namespace fastchat::client
