// The rooms of messages of alice's profile. Her session is at a worker that the test plays, and she has bob's key.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/groups/invitation.h"
#include "client/messages/notices.h"
#include "client/messages/receiving.h"
#include "client/messages/sender.h"
#include "client/transparency/transparency.h"
#include "tests/client/attached_fixture.h"

namespace fastchat::client {

class RoomsFixture : public AttachedFixture {
 protected:
  // Records the events for the screen, a line each.
  class Heard : public Listener {
   public:
    void on_message(const ChatMessage& m) override { lines.push_back(m.peer.text() + " " + m.from + ": " + m.text); }
    void on_changed(const ChatMessage& m) override { lines.push_back("changed: " + m.text); }
    void on_receipt(const ReceiptEvent& e) override {
      lines.push_back(std::string(name(e.state)) + (e.text.empty() ? "" : ": " + e.text));
    }
    void on_notice(const Notice& n) override { lines.push_back("notice: " + n.text); }
    void on_group(const std::string& group) override { lines.push_back("group " + group); }
    void on_seen(const PeerName& peer) override { seen.push_back(peer.text()); }
    std::vector<std::string> take() { return std::exchange(lines, {}); }
    void on_trust(const std::string& user) override { trusted.push_back(user); }
    std::vector<std::string> lines, seen, trusted;
  };

  RoomsFixture() {
    ports_.rooms = &messages_;
    TurnPart* const parts[] = {account_.get(), &server_,    &outbox_, &receipts_, &streams_,   &receiver_,
                               &look_ups_,     &standings_, &cards_,  &sync_,     &resealing_, &end_};
    for (TurnPart* part : parts) turn_.add(*part);
    groups_ = GroupBook("alice", me().fpr(), [](const Bytes&, uint64_t) { return std::nullopt; });
    begin();
    EXPECT_TRUE(pins_.learn("bob", spki(1), 1).ok());
    EXPECT_TRUE(streams_.load(false).ok());
    EXPECT_TRUE(standings_.decide_strangers(Strangers::kTake).ok());
    (void)pins_.take_dirty();
    commit();
  }

  // Starts a live session, in which bob's key is compared.
  void live() {
    AttachedFixture::live();
    tag_ = 0;
    look_ups_.resolve("bob", [](const Result<const Pin*>&) {});
    for (const v1::ClientFrame& frame : asks()) {
      if (!frame.has_get_users()) continue;
      feed(frame.request(), [](auto& f) {
        v1::User& user = *f.mutable_users()->add_users();
        user.set_name("bob");
        user.set_public_key(spki(1));
      });
    }
    turn_.run();
  }
  const e2e::Identity& me() const { return account_->secrets().identity; }
  static const e2e::Identity& bob() {
    static const e2e::Identity kBob(realm(), "bob", {tests::test_key(1)});
    return kBob;
  }
  static e2e::GroupState group_of(const e2e::Identity& admin, const e2e::Identity& other, const std::string& name) {
    return e2e::create_group(admin, name, {{admin.user(), admin.fpr()}, {other.user(), other.fpr()}},
                             tests::test_key(5).public_key())
        .value();
  }
  // Makes a group that this device follows, with the key of its first epoch; returns its id.
  Bytes has_group(const std::string& name) {
    e2e::GroupState state = group_of(me(), bob(), name);
    const Bytes id = state.group_id;
    begin();
    EXPECT_TRUE(epochs_.put(state, tests::test_key(5).pkcs8().view()));
    groups_.adopt(std::move(state), tests::test_key(5));
    commit();
    return id;
  }

  Outbox::Done told() {
    return [this](const Result<SentMessage>& sent) {
      answers_.push_back(sent.ok() ? "sent" : sent.error().text);
      if (sent.ok()) last_ = *sent;
    };
  }
  void send(const std::string& to, const std::string& text) { sender_.send(PeerName(to), text, {}, told()); }
  // Makes the disk refuse this turn.
  void refuse_turn() {
    turn_.check(Result<>(err(Code::kLocalDisk, "the disk is full")));
    turn_.run();
  }
  // Runs a turn and returns the refs of the messages that went to the worker in it.
  std::vector<uint64_t> goes_out() {
    turn_.run();
    server_.engine().tick(turn_.now_ms());
    return std::exchange(ports_.sent, {}).refs;
  }
  template <class F>
  void downstream(F&& fill) {
    DownstreamWriter writer;
    fill(writer);
    server_.engine().on_frame(turn_.now_ms(), writer.take());
  }
  // Seals a message from bob to this user, the next one of his stream.
  Bytes sealed(e2e::Content content) {
    auto message = e2e::seal_message(bob(), me().peer(), at_, content, 1'000);
    EXPECT_TRUE(message.ok());
    ++at_.seq;
    at_.prev = message->hash;
    last_sealed_ = message->id;
    last_hash_ = message->hash;
    return message->envelope;
  }
  void deliver(const Bytes& envelope, v1::DeliveryKind kind = v1::TO_USER) {
    downstream([&](auto& w) { w.delivery(++tag_, envelope, kind); });
  }
  std::vector<std::string> sees(const std::string& peer) {
    std::vector<std::string> out;
    const auto lines = timeline_.history(PeerName(peer), 100, 0);
    if (!lines.ok()) return {lines.error().text};
    for (const ChatMessage& m : *lines) out.push_back(m.from + ": " + m.text);
    return out;
  }
  size_t outbox_rows() { return store_->outbox().all()->size(); }

  // Forwards the engine's ports, as a session does.
  class Messages : public core::World {
   public:
    explicit Messages(RoomsFixture& f) : f_(f) {}
    std::optional<Bytes> load_envelope(uint64_t ref) override { return f_.outbox_.envelope(ref); }
    void receipt(const core::Receipt& r) override { f_.receipts_.on_receipt(r); }
    void open_envelope(uint64_t id, ByteView envelope, v1::DeliveryKind kind) override {
      f_.receiver_.open_envelope(id, envelope, kind);
    }
    std::optional<Bytes> find_mark(const core::MessageKey& key) override {
      return f_.receiving_.streams.find_mark(key);
    }
    core::StreamMark load_stream(const Bytes& from, const Bytes& stream) override {
      return f_.receiving_.streams.load(from, stream);
    }
    void write(core::PendingWrite&& w) override { f_.receiver_.write(w); }
    void discard(uint64_t arrival) override { f_.receiver_.discard(arrival); }
    void show(const Bytes& from, const Bytes& stream, const core::DisplayStep& s) override {
      f_.receiving_.display.show(from, stream, s);
    }

   private:
    RoomsFixture& f_;
  };
  // The last of a session's parts.
  class End : public TurnPart {
   public:
    explicit End(Server& server) : server_(server) {}
    void rolled_back(const Error& error) override {
      if (server_.opened()) server_.engine().on_write_failed(0, error.text);
    }

   private:
    Server& server_;
  };

  Heard heard_;
  Messages messages_{*this};
  End end_{server_};
  PinBook pins_{store_->pins(), realm()};
  KeyLookup look_ups_{
      turn_,
      server_,
      *account_,
      pins_,
      {[](const auto&, const auto&) {}, [](const auto&) {}, [](const auto&) {},
       [this](std::vector<Arrival> all) { receiver_.open_first(std::move(all)); },
       [this](const auto& user, auto all, const auto& why) { receiver_.refuse(user, std::move(all), why); }}};
  bool newest_vault_ = true;
  int vault_fetches_ = 0;
  std::vector<std::string> decided_;  // people and groups whose standing changed
  Standings standings_{
      turn_,
      server_,
      store_->standings(),
      *account_,
      pins_,
      {[this] { return newest_vault_; }, [this] { ++vault_fetches_; },
       [this](const store::ConversationId& peer) { decided_.push_back(peer.stored()); },
       [this](const StandingBook::TurnedDown& request) { requests_.turned_down(request.peer, request.at_ms); },
       [this](const std::string& text) { heard_.lines.push_back("told: " + text); },
       [this] { return cards_.awaits_use(); }}};
  GroupFollower follower_;
  GroupBook& groups_ = follower_.book();
  GroupEpochs epochs_{turn_, store_->groups(), *account_};
  KeyWorker keys_{machine_};
  Settings settings_{turn_, store_->settings(), *account_, groups_};
  GroupEditor editor_{turn_,
                      server_,
                      store_->groups(),
                      *account_,
                      pins_,
                      follower_,
                      epochs_,
                      look_ups_,
                      keys_,
                      settings_,
                      {[](const auto&, const auto&, auto) { return true; }, [](const auto&) { return true; },
                       [](const auto&) { return true; }, [](const auto&, auto, auto) {}}};
  std::vector<std::string> group_lines_, group_sent_;
  GroupSync sync_{
      turn_,
      server_,
      store_->groups(),
      store_->waiting(),
      *account_,
      pins_,
      follower_,
      epochs_,
      editor_,
      look_ups_,
      {[this](const Bytes&, const std::string& text, ByteView, bool) {
         group_lines_.push_back(text);
         return true;
       },
       [this](const std::string& user, const Pin*, e2e::Content content) {
         group_sent_.push_back(user + " " + std::to_string(content.index()));
       },
       [this](const Bytes& id) { receiver_.reopen(id); }, [this] { receiver_.listing(); },
       [this](bool there) { receiver_.listed(there); },
       [this](const Bytes& id, const std::string& admin) {
         return inviter(standings_.book(), groups_, id, admin).empty();
       },
       [this] { return receiver_.all_opened(); }, [this](const std::string& name) { heard_.on_group(name); },
       [this](const std::string& name, const std::string& why) {
         heard_.lines.push_back("distrusted " + name + ": " + why);
       }}};
  FileRecords files_{turn_, store_->files(), *account_, "/nowhere"};
  Timeline timeline_{turn_,
                     store_->annotations(),
                     store_->messages(),
                     store_->seen(),
                     store_->waiting(),
                     *account_,
                     pins_,
                     standings_.book(),
                     groups_,
                     files_,
                     heard_};
  Notices notices_{turn_, store_->messages(), *account_, groups_, timeline_, heard_};
  Search search_{machine_,
                 turn_,
                 *store_,
                 *account_,
                 [this](const store::Message& row) { return timeline_.view(row); },
                 [this](const PeerName& peer) { return timeline_.stored(peer); }};
  Annotations annotations_{turn_, store_->annotations(), store_->messages(), *account_, search_, timeline_};
  OutStreams streams_{turn_, *store_};
  Outbox outbox_{turn_,
                 server_,
                 store_->messages(),
                 store_->outbox(),
                 store_->streams(),
                 *account_,
                 groups_,
                 files_,
                 timeline_,
                 annotations_,
                 streams_,
                 [this](const Target& target) { wrote_.push_back(target.conversation.stored()); }};
  Resealing resealing_{turn_,
                       server_,
                       store_->messages(),
                       store_->outbox(),
                       *account_,
                       pins_,
                       follower_,
                       files_,
                       timeline_,
                       outbox_,
                       [this](const core::Receipt& r) { receipts_.on_receipt(r); }};
  Receipts receipts_{turn_,     server_,   store_->messages(), store_->outbox(), store_->seen(),
                     *account_, pins_,     standings_.book(),  groups_,          timeline_,
                     outbox_,   resealing_};
  Sender sender_{turn_, store_->messages(), *account_, groups_, look_ups_, standings_, timeline_, outbox_};
  Requests requests_{turn_,
                     store_->messages(),
                     store_->standings(),
                     *account_,
                     pins_,
                     standings_,
                     look_ups_,
                     groups_,
                     editor_,
                     timeline_,
                     search_,
                     heard_};
  Cards cards_{turn_,    server_, store_->standings().cards(),     *account_, pins_, standings_, look_ups_, outbox_,
               notices_, heard_,  [this] { return newest_vault_; }};
  std::vector<std::string> wrote_, alarms_;  // conversations of messages; alarms about the log of keys
  Transparency log_{
      turn_, server_, *store_, *account_, pins_, look_ups_, {}, [this](const LogAlarm& alarm, const Bytes&) {
        alarms_.push_back(alarm.peer.stored() + ": " + alarm.text);
        return true;
      }};
  Typing typing_{turn_, server_, *account_, pins_, standings_.book(), groups_, false, [](const auto&, const auto&) {}};
  Receiving receiving_{turn_,   server_,           *store_, *account_,    pins_,       groups_,
                       sync_,   look_ups_,         files_,  annotations_, receipts_,   timeline_,
                       typing_, standings_.book(), cards_,  requests_,    log_.gossip, heard_};
  Receiver& receiver_ = receiving_.receiver;

  std::vector<std::string> answers_;
  SentMessage last_;
  e2e::StreamPosition at_{Bytes(16, 's'), 1, {}};
  e2e::MessageId last_sealed_;
  Bytes last_hash_;
  uint64_t tag_ = 0;
};

}  // namespace fastchat::client
