// Signals to people with known keys that this user types, and shows which of them type, if the person chose so. Stores,
// looks up and answers nothing. Lives on the session's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/account/account.h"
#include "client/contacts/pin_book.h"
#include "client/contacts/standing_book.h"
#include "client/core/typing.h"
#include "client/e2e/signal.h"
#include "client/groups/group_book.h"
#include "client/runtime/peer_name.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"
#include "client/store/conversation_id.h"

namespace fastchat::client {

class Typing final : public TurnPart {
 public:
  // Receives the conversation, and the users who now type in it; from the loop.
  using Told = std::function<void(const store::ConversationId& conversation, const std::vector<std::string>& who)>;
  // `wanted`: the person lets others see the typing, and sees theirs.
  Typing(Turn& turn, Server& server, const Account& account, const PinBook& pins, const StandingBook& standings,
         const GroupBook& groups, bool wanted, Told told)
      : turn_(turn),
        server_(server),
        account_(account),
        pins_(pins),
        standings_(standings),
        groups_(groups),
        wanted_(wanted),
        told_(std::move(told)) {}

  void want(bool wanted) { wanted_ = wanted; }
  bool wanted() const { return wanted_; }
  // Reports that the person types to `to`. Strangers whom this user has not answered hear nothing.
  void type(const PeerName& to);
  void on_signal(ByteView envelope);
  // Removes `from` from the list, because the message that was being typed has arrived.
  void on_message(const store::ConversationId& conversation, const std::string& from, int64_t sent_ms);

  void work() override;
  int64_t next_wake() const override { return typists_.next_wake(); }

 private:
  void tell(const store::ConversationId& conversation);

  Turn& turn_;
  Server& server_;
  const Account& account_;
  const PinBook& pins_;
  const StandingBook& standings_;
  const GroupBook& groups_;
  bool wanted_;
  const Told told_;
  core::TypingPace pace_;
  core::TypingBoard typists_;  // by conversation, as stored
  e2e::SignalMarks marks_;
};

}  // namespace fastchat::client
