#include "worker/core/contacts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/hash.h"

namespace fastchat::worker {
namespace {

// Tries to redeem a card: of one bearer, and for the cards of one maker. Nobody guesses a token; the bounds keep tries
// from becoming work for the database.
constexpr int64_t kTriesOfBearer = 10, kTryOfBearerEvery = 10'000'000;  // us
constexpr int64_t kTriesForMaker = 50, kTryForMakerEvery = 1'000'000;   // us

// H(label "card" | token), PROTOCOL.md, "Contacts".
Bytes card_hash(ByteView token) {
  return sha256({ByteView("FastChat/1/card\0", 16), token});
}

}  // namespace

bool Contacts::handle(Session& s, const v1::ClientFrame& frame) {
  using F = v1::ClientFrame;
  const auto body = frame.body_case();
  if (body != F::kPutContacts && body != F::kGetContacts && body != F::kPutCard && body != F::kRedeemCard) return false;
  if (s.version < 4) {
    out_.send_error(s, frame.request(), Code::kNotAllowed, "version 4 has this request");
    return true;
  }
  if (!intake_.take(s, frame.request(), body == F::kPutContacts ? frame.ByteSizeLong() : 0)) return true;
  switch (body) {
    case F::kPutContacts:
      put(s, frame);
      break;
    case F::kGetContacts:
      st_.lanes.ask(s, ListContacts{s.id, frame.request(), s.uid, frame.get_contacts().after(),
                                    frame.get_contacts().after_group()});
      break;
    case F::kPutCard:
      st_.lanes.ask(s,
                    PutCard{s.id, frame.request(), s.uid, frame.put_card().token_hash(), frame.put_card().until_ms()});
      break;
    default:
      redeem(s, frame);
  }
  return true;
}

void Contacts::put(Session& s, const v1::ClientFrame& frame) {
  PutContacts request{.session = s.id, .request = frame.request(), .uid = s.uid};
  request.strangers = frame.put_contacts().strangers();
  for (const auto& c : frame.put_contacts().contacts()) request.contacts.push_back({c.user(), c.group(), c.standing()});
  st_.lanes.ask(s, std::move(request));
}

void Contacts::redeem(Session& s, const v1::ClientFrame& frame) {
  const std::string& maker = frame.redeem_card().user();
  int64_t wait = by_bearer_.take(st_.now, std::to_string(s.uid), kTriesOfBearer, kTryOfBearerEvery);
  if (wait == 0) wait = by_maker_.take(st_.now, maker, kTriesForMaker, kTryForMakerEvery);
  if (wait == 0) {
    return st_.lanes.ask(s, RedeemCard{s.id, frame.request(), s.uid, maker, card_hash(frame.redeem_card().token())});
  }
  ++st_.counters.cards_throttled;
  intake_.answered(s.id, frame.request());
  out_.send_error(s, frame.request(), Code::kThrottled, "too many cards in a short time; try again later",
                  static_cast<uint64_t>(wait / 1000 + 1));
}

void Contacts::put(const ContactsPut& reply) {
  // Also after BUSY: a commit may be in doubt, and the client's repetition of it changes nothing.
  if (reply.changed) {
    changed_everywhere(reply.uid, reply.session);
  } else if (reply.code == Code::kOk) {
    forget(reply.uid);  // a worker that stopped after the commit told nobody
  }
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code == Code::kTooLarge) {
    return out_.send_error(*s, reply.request, reply.code, "your list of contacts is full");
  }
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  frame.mutable_contacts_stored();
  out_.send(*s, frame);
}

void Contacts::listed(const ContactList& reply) {
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  auto* body = frame.mutable_contacts();
  body->set_strangers(reply.strangers);
  body->set_more(reply.more);
  for (const ContactRow& row : reply.contacts) {
    auto* c = body->add_contacts();
    c->set_user(row.user);
    c->set_group(row.group);
    c->set_standing(row.standing);
  }
  out_.send(*s, frame);
}

void Contacts::card_put(const CardPut& reply) {
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code == Code::kTooLarge) {
    return out_.send_error(*s, reply.request, reply.code, "you have 16 open cards: wait until one is used or over");
  }
  if (reply.code == Code::kNotAllowed) {
    return out_.send_error(*s, reply.request, reply.code, "the card would be over already");
  }
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  frame.mutable_card_stored();
  out_.send(*s, frame);
}

void Contacts::redeemed(const CardRedeemed& reply) {
  if (reply.code == Code::kOk) {
    changed_everywhere(reply.maker, 0);
    changed_everywhere(reply.uid, reply.session);
  }
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code == Code::kBadInvite) {
    return out_.send_error(*s, reply.request, reply.code, "this card is not valid: it was used, or its time is over");
  }
  if (reply.code == Code::kTooLarge) {
    return out_.send_error(*s, reply.request, reply.code, "your list of contacts is full");
  }
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  frame.mutable_card_redeemed();
  out_.send(*s, frame);
}

void Contacts::forget(uint64_t uid) {
  st_.directory.forget(uid);
  st_.standings.forget(uid);
}

void Contacts::changed(uint64_t uid, SessionId except) {
  forget(uid);
  v1::ServerFrame frame;
  frame.mutable_contacts_changed();
  st_.sessions.each_of(uid, [&](Session& s) {
    if (s.id != except && s.version >= 4) out_.send(s, frame);
  });
}

void Contacts::changed_everywhere(uint64_t uid, SessionId except) {
  changed(uid, except);
  for (const uint64_t worker : st_.presence.workers_of(4)) st_.bus_to(worker).contacts(uid);
}

}  // namespace fastchat::worker
