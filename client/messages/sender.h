// Sends a person's texts and annotations. Finds the target of a message and checks that it may go there. Lives on the
// session's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "client/contacts/key_lookup.h"
#include "client/contacts/standings.h"
#include "client/messages/outbox.h"
#include "client/store/message_table.h"

namespace fastchat::client {

class Sender {
 public:
  using Done = std::function<void(const Result<>&)>;
  using Resolved = std::function<void(const Result<Target>&)>;
  Sender(Turn& turn, store::MessageTable& messages, const Account& account, const GroupBook& groups,
         KeyLookup& look_ups, Standings& standings, Timeline& timeline, Outbox& outbox)
      : turn_(turn),
        messages_(messages),
        account_(account),
        groups_(groups),
        look_ups_(look_ups),
        standings_(standings),
        timeline_(timeline),
        outbox_(outbox) {}

  // Resolves the target of a message to `to`: a user, whose key is looked up, or a group that this user is in. Writing
  // to somebody accepts him. Errors: kNotLoggedIn, kUnknownUser, kUnknownGroup, kNotAllowed, and those of
  // KeyLookup::resolve() and Standings::writes_to().
  void resolve(const PeerName& to, Resolved done);
  // Sends a text. The errors are those of Session::send().
  void send(const PeerName& to, const std::string& text, const SendOptions& options, Outbox::Done done);
  // Does the same for a poll, or answers with the error of a wrong poll (client/messages/polls.h). `name`: as in
  // SendOptions.
  void send_poll(const PeerName& to, Result<e2e::Poll> poll, const std::string& name, Outbox::Done done);
  // Returns the hash under which the store knows a name (SendOptions::name); empty for no name.
  Bytes name_hash(const std::string& name) const;
  // Returns the message that was sent under the name with this hash; nullopt for none, and for an empty hash.
  Result<std::optional<SentMessage>> sent_under(ByteView name_hash) const;
  // Answers `done` with that message, or with the error of the look-up. Returns false when there is neither. Senders
  // ask before any other check, because a message that was sent stays sent when its recipient is gone.
  bool answers_as_sent(const Bytes& name_hash, const Outbox::Done& done) const;
  // Returns the message that was sent under this name. Fails with kLocalUsage while the profile is locked, or
  // kLocalDisk.
  Result<std::optional<ChatMessage>> sent_as(const std::string& name) const;
  // Sends an edit, a deletion, a reaction or a vote of the message `id`, which is put into `content`. `own`: only for
  // this user's messages. Fails with kLocalUsage.
  void annotate(const std::string& id, bool own, e2e::Content content, Done done);

 private:
  template <class Shown>
  void put_shown(const PeerName& to, Shown content, const Bytes& name, const Outbox::Done& done);

  Turn& turn_;
  store::MessageTable& messages_;
  const Account& account_;
  const GroupBook& groups_;
  KeyLookup& look_ups_;
  Standings& standings_;
  Timeline& timeline_;
  Outbox& outbox_;
  std::map<uint64_t, e2e::Content> annotating_;  // kept until the keys that seal them are there
  uint64_t next_ticket_ = 0;
};

}  // namespace fastchat::client
