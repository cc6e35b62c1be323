// The calls of a window about requests of strangers, blocked people and contact cards. calls.h has the others.
#pragma once

#include "client/tui/ports/contacts.h"
#include "client/tui/window/calls.h"

namespace fastchat::tui {

struct ListRequests {
  static constexpr const char* kName = "window.requests";
  using Answer = ListOf<client::RequestInfo>;
};
template <class A, Is<ListRequests> V>
void fields(A&, V&) {}

struct StrangersPolicy {
  client::Strangers policy = client::Strangers::kUndecided;
};
struct GetStrangers {
  static constexpr const char* kName = "window.strangers";
  using Answer = StrangersPolicy;
};
struct SetStrangers {
  static constexpr const char* kName = "window.set_strangers";
  client::Strangers policy = client::Strangers::kUndecided;
};
template <class A, class V>
requires(Is<V, StrangersPolicy> || Is<V, SetStrangers>) void fields(A& a, V& v) {
  a.choice("policy", v.policy, client::Strangers::kRefuse);
}
template <class A, Is<GetStrangers> V>
void fields(A&, V&) {}

// Answers a request, or decides about a person.
struct AnswerRequest {
  static constexpr const char* kName = "window.answer_request";
  Contacts::Answer what = Contacts::Answer::kAccept;
  client::PeerName peer;
};
template <class A, Is<AnswerRequest> V>
void fields(A& a, V& v) {
  a.choice("what", v.what, Contacts::Answer::kUnblock);
  a.peer("peer", v.peer);
}

// Makes a contact card. A window that asks again got no answer, and would have two.
struct MakeCard {
  static constexpr const char* kName = "window.make_card";
  static constexpr bool kOfTheMoment = true;
};
template <class A, Is<MakeCard> V>
void fields(A&, V&) {}

struct UseCard {
  static constexpr const char* kName = "window.use_card";
  std::string line;
};
template <class A, Is<UseCard> V>
void fields(A& a, V& v) {
  a.exact("line", v.line);
}

}  // namespace fastchat::tui
