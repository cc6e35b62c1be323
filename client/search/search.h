// The searches of a session, and the boxes that make searches fast. Both run in slices, between which the screen draws
// and the network is served. Lives on the session's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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
  // Receives the parts of a result. An error is the last part.
  using Told = std::function<void(Result<SearchPart>)>;
  // Returns a message as people see it.
  using View = std::function<ChatMessage(const store::Message&)>;
  // Returns the conversation of this name; empty for a group that this device does not have.
  using Stored = std::function<store::ConversationId(const PeerName&)>;
  Search(Machine& machine, Turn& turn, store::Store& store, Account& account, View view, Stored stored)
      : machine_(machine),
        turn_(turn),
        store_(store),
        account_(account),
        view_(std::move(view)),
        stored_(std::move(stored)) {}
  ~Search() override;

  // Returns the newest messages, at most `limit`, that match `words` (parse_search()), oldest first. Fails with
  // kLocalUsage for wrong words or a locked profile, and with kLocalDisk or kLocalCrypto.
  Result<std::vector<ChatMessage>> find(const std::vector<std::string>& words, size_t limit);
  // Starts the same search in parts, newest first, from the loop. Ends the search before it of the same searcher.
  // Searches of several searchers take turns.
  void start(const std::vector<std::string>& words, size_t limit, Told told, uint64_t searcher = 0);
  void stop(uint64_t searcher = 0);
  // Drops the box of a message that has another text now. Returns false when the turn failed.
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
  void slice_soon();
  void slice();
  void make_boxes();

  Machine& machine_;
  Turn& turn_;
  store::Store& store_;
  Account& account_;
  const View view_;
  const Stored stored_;
  std::unique_ptr<SearchPages> pages_;
  std::map<uint64_t, UnderWay> under_way_;  // by searcher
  uint64_t last_ = 0;                       // the searcher whose turn was last
  Machine::TimerId timer_ = 0, boxes_timer_ = 0;
  bool boxes_failed_ = false;
};

}  // namespace fastchat::client
