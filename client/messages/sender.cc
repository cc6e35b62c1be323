#include "client/messages/sender.h"

#include <utility>

#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/groups/group_plan.h"
#include "client/groups/invitation.h"
#include "client/groups/no_such_group.h"
#include "client/messages/message_text.h"
#include "common/names.h"

namespace fastchat::client {
void Sender::send(const PeerName& to, const std::string& text, const SendOptions& options, Outbox::Done done) {
  auto refuse = [&](Code code, std::string why) {
    turn_.before_commit([done, e = err(code, std::move(why))] { done(e); });
  };
  if (!account_.unlocked()) return refuse(Code::kNotLoggedIn, "not logged in");
  const Bytes name = name_hash(options.name);
  if (answers_as_sent(name, done)) return;
  if (const Result<> checked = check_text(text); !checked.ok()) return refuse(checked.code(), checked.error().text);
  auto answered = timeline_.answered_by(to, options.reply_to);
  if (!answered.ok()) return refuse(answered.code(), answered.error().text);
  put_shown(to, e2e::Text{text, *answered}, name, done);
}

void Sender::send_poll(const PeerName& to, Result<e2e::Poll> poll, const std::string& name, Outbox::Done done) {
  if (!poll.ok()) return turn_.before_commit([done, e = poll.error()] { done(e); });
  if (!account_.unlocked()) return turn_.before_commit([done] { done(err(Code::kNotLoggedIn, "not logged in")); });
  const Bytes hash = name_hash(name);
  if (!answers_as_sent(hash, done)) put_shown(to, std::move(*poll), hash, done);
}

template <class Shown>
void Sender::put_shown(const PeerName& to, Shown content, const Bytes& name, const Outbox::Done& done) {
  resolve(to, [this, name, content = std::move(content), done](const Result<Target>& target) {
    if (answers_as_sent(name, done)) return;  // another send of this name may have waited for the same key
    if (!target.ok()) return turn_.before_commit([done, e = target.error()] { done(e); });
    outbox_.put_shown(*target, content, {{}, name}, done);
  });
}

// Hashes with the key of the local data, so that only its holder can tell which names were used.
Bytes Sender::name_hash(const std::string& name) const {
  if (name.empty()) return {};
  return e2e::sha256(e2e::concat({e2e::label("send-id"), account_.secrets().local_key.view(), name}));
}

void Sender::resolve(const PeerName& to, Resolved done) {
  if (!account_.unlocked()) return turn_.before_commit([done] { done(err(Code::kNotLoggedIn, "not logged in")); });
  if (to.is_group()) {
    const store::ConversationId conversation = timeline_.stored(to);
    const Bytes id = conversation.group_id();
    if (id.empty()) {
      return turn_.before_commit([done, e = no_such_group(groups_, to.group())] { done(e); });
    }
    if (groups_.membership(id) != Membership::kMember) {
      return turn_.before_commit([done, e = err(Code::kNotAllowed, not_a_member(to))] { done(e); });
    }
    if (const Result<> may = accept_group(standings_, groups_, id); !may.ok()) {
      return turn_.before_commit([done, e = may.error()] { done(e); });
    }
    return done(Target{conversation, nullptr, id});
  }
  if (!valid_user_name(to.text())) {
    return turn_.before_commit([done, e = look_ups_.unknown(to.text())] { done(e); });
  }
  look_ups_.resolve(to.user(), [this, to, done](const Result<const Pin*>& pin) {
    if (!pin.ok()) return done(pin.error());
    const auto conversation = store::ConversationId::direct(to.user());
    if (const Result<> may = standings_.writes_to(conversation); !may.ok()) return done(may.error());
    done(Target{conversation, *pin, {}});
  });
}

void Sender::annotate(const std::string& id, bool own, e2e::Content content, Done done) {
  auto refuse = [&](Error e) { turn_.before_commit([done, e = std::move(e)] { done(e); }); };
  auto row = timeline_.find(id);
  if (!row.ok()) return refuse(row.error());
  const KindRow& kind = kind_row(row->kind);
  const bool fits = annotates(content, kind);
  if (!fits && std::holds_alternative<e2e::Vote>(content)) return refuse(err(Code::kLocalUsage, "this is not a poll"));
  if (!fits || (own && !row->mine)) {
    return refuse(err(Code::kLocalUsage, own ? "this is not a message of yours" : "this is not a message"));
  }
  if (const auto* edit = std::get_if<e2e::Edit>(&content)) {
    if (const Result<> checked = check_text(edit->text); !checked.ok()) return refuse(checked.error());
  }
  const ChatMessage shown = timeline_.view(*row);
  if (shown.deleted) return refuse(err(Code::kLocalUsage, "this message was deleted"));
  if (const auto* vote = std::get_if<e2e::Vote>(&content);
      vote != nullptr && vote->choice > shown.poll->options.size()) {
    return refuse(err(Code::kLocalUsage, "the poll has " + std::to_string(shown.poll->options.size()) +
                                             " options: vote for one by its number, or for 0 to take a vote back"));
  }
  const e2e::MessageId of{row->from_fpr, row->stream, row->seq};
  std::visit(
      [&](auto& c) {
        if constexpr (requires { c.of; }) c.of = of;
      },
      content);
  // The callback must be copyable, and content is not. The content waits here until the keys are there.
  const uint64_t ticket = ++next_ticket_;
  annotating_.emplace(ticket, std::move(content));
  resolve(timeline_.shown(row->conversation), [this, ticket, done](const Result<Target>& target) {
    auto node = annotating_.extract(ticket);
    if (!target.ok()) return turn_.before_commit([done, e = target.error()] { done(e); });
    outbox_.put(*target, std::move(node.mapped()), [done](const Result<SentMessage>& sent) {
      done(sent.ok() ? Result<>(Unit{}) : Result<>(sent.error()));
    });
  });
}

Result<std::optional<SentMessage>> Sender::sent_under(ByteView name_hash) const {
  if (name_hash.empty()) return std::optional<SentMessage>();
  const auto row = messages_.of_send_id(name_hash);
  if (!row.ok()) return row.error();
  return *row ? std::optional(SentMessage{(*row)->ref, message_id((*row)->hash), (*row)->id}) : std::nullopt;
}

bool Sender::answers_as_sent(const Bytes& name_hash, const Outbox::Done& done) const {
  const auto sent = sent_under(name_hash);
  if (sent.ok() && !*sent) return false;
  turn_.before_commit(
      [done, is = sent.ok() ? Result<SentMessage>(**sent) : Result<SentMessage>(sent.error())] { done(is); });
  return true;
}

Result<std::optional<ChatMessage>> Sender::sent_as(const std::string& name) const {
  if (!account_.unlocked()) return err(Code::kLocalUsage, "the profile is locked");
  auto row = messages_.of_send_id(name_hash(name));
  if (!row.ok()) return row.error();
  return *row ? std::optional(timeline_.view(**row)) : std::nullopt;
}

}  // namespace fastchat::client
