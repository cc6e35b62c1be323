// The rooms of messages of alice's profile, at a worker that knows contacts. Strangers wait as requests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/client/rooms_fixture.h"

namespace fastchat::client {

class RequestsTest : public RoomsFixture {
 protected:
  RequestsTest() {
    begin();
    EXPECT_TRUE(standings_.decide_strangers(Strangers::kAsk).ok());
    commit();
    (void)pins_.take_dirty();
    worker_version_ = 4;
  }
  // Attaches to a worker of version 4 with this copy of the contacts.
  void live_with(const std::vector<std::pair<std::string, v1::Standing>>& contacts = {},
                 v1::Strangers strangers = v1::ASK) {
    live();
    standings_.attached();
    answer_copy(contacts, strangers);
  }
  void answer_copy(const std::vector<std::pair<std::string, v1::Standing>>& contacts, v1::Strangers strangers) {
    bool asked = false;
    for (const v1::ClientFrame& frame : asks()) {
      if (frame.has_put_contacts()) answer_put(frame);
      if (!frame.has_get_contacts()) continue;
      asked = true;
      feed(frame.request(), [&](auto& f) {
        f.mutable_contacts()->set_strangers(strangers);
        for (const auto& [user, standing] : contacts) {
          v1::Contact& contact = *f.mutable_contacts()->add_contacts();
          contact.set_user(user);
          contact.set_standing(standing);
        }
      });
    }
    EXPECT_TRUE(asked);
    turn_.run();
  }
  void answer_put(const v1::ClientFrame& frame) {
    feed(frame.request(), [](auto& f) { f.mutable_contacts_stored(); });
  }
  // Returns the changes that the client tells the server in this turn, as "bob=1", and stores them.
  std::vector<std::string> told_the_server() {
    std::vector<std::string> out;
    for (const v1::ClientFrame& frame : asks()) {
      if (!frame.has_put_contacts()) continue;
      for (const v1::Contact& c : frame.put_contacts().contacts()) {
        out.push_back((c.group().empty() ? c.user() : "#") + "=" + std::to_string(static_cast<int>(c.standing())));
      }
      if (frame.put_contacts().strangers() != v1::STRANGERS_NOT_SET) {
        out.push_back("strangers=" + std::to_string(static_cast<int>(frame.put_contacts().strangers())));
      }
      answer_put(frame);
    }
    turn_.run();
    return out;
  }
  void bob_writes(const std::string& text) {
    deliver(sealed(e2e::Text{text, {}}));
    turn_.run();
    turn_.run();
  }
  // Stores a message of `from`, the `n`-th row that the test makes, and shows the message as the engine does.
  void has_message(const store::ConversationId& conversation, const std::string& from, size_t n,
                   const std::string& text = "spam") {
    store::Message row;
    row.conversation = conversation;
    row.kind = 1;
    row.from = from;
    row.from_fpr = Bytes(32, 'f');
    row.stream = Bytes(14, 't') + static_cast<char>(n / 256) + static_cast<char>(n % 256);
    row.seq = 1;
    row.hash = Bytes(16, 'h') + row.stream;
    row.body = account_->box().seal(LocalPlace::message_body(row.hash, row.kind), text);
    begin();
    EXPECT_TRUE(store_->messages().add(row, false).ok());
    commit();
    receiving_.display.show(row.from_fpr, row.stream, {core::DisplayStep::Kind::kMessage, 1, 1});
    turn_.run();
  }
  // Fills the list of requests with strangers user0, user1 and so on.
  void has_strangers(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const std::string user = "user" + std::to_string(i);
      has_message(store::ConversationId::direct(user), user, i);
    }
    heard_.take();
  }
  // Has the states of a group, the keys of which are not here, and hears of the group.
  Bytes has_states(const std::vector<e2e::GroupState>& states) {
    const Bytes id = states.front().group_id;
    begin();
    for (const e2e::GroupState& state : states) {
      EXPECT_TRUE(epochs_.put(state, tests::test_key(5).pkcs8().view()));
      groups_.adopt(state, tests::test_key(5));
    }
    EXPECT_TRUE(requests_.on_group(id));
    turn_.run();
    turn_.run();
    return id;
  }
  // A group of bob with this user.
  Bytes is_invited(const std::string& name) { return has_states({group_of(bob(), me(), name)}); }
  Requests::Done done() {
    return [this](const Result<>& r) { answers_.push_back(r.ok() ? "ok" : r.error().text); };
  }
  std::vector<std::string> requests() {
    std::vector<std::string> out;
    const auto all = requests_.all();
    if (!all.ok()) return {all.error().text};
    for (const RequestInfo& r : *all) out.push_back(r.peer.text() + ": " + r.text);
    return out;
  }
  Standing bobs() const { return standings_.book().of(store::ConversationId::direct("bob")); }
};

}  // namespace fastchat::client
