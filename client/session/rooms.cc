#include "client/session/rooms.h"

#include <algorithm>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/groups/invitation.h"
#include "client/messages/message_text.h"
#include "common/random.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

constexpr int64_t kMeasureEveryMs = 10'000;  // the round trip, for the status line

}  // namespace

Session::Rooms::Rooms(std::unique_ptr<Machine> machine, SessionOptions options, Listener& listener,
                      std::unique_ptr<store::Store> store)
    : machine_(std::move(machine)),
      options_(std::move(options)),
      listener_(listener),
      store_(std::move(store)),
      turn_(*machine_, *store_,
            [this](const Error& error) {
              listener_.on_notice({Notice::Kind::kDisk, {}, error.text});
            }),
      server_(*machine_, turn_),
      account_(*store_),
      password_change_(store_->account(), account_),
      keys_(*machine_, options_.make_pair),
      pins_(store_->pins()),
      look_ups_(turn_, server_, account_, pins_, key_events()),
      standings_(turn_, server_, store_->standings(), account_, pins_, standing_events()),
      contacts_(turn_, server_, account_, pins_, look_ups_, standings_.book(), listener_),
      transparency_(turn_, server_, *store_, account_, pins_, look_ups_,
                    options_.invite ? options_.invite->log_key : Bytes(),
                    [this](const LogAlarm& alarm, const Bytes& about) {
                      return notices_.add_alarm(alarm.peer, alarm.text, about);
                    }),
      epochs_(turn_, store_->groups(), account_),
      settings_(turn_, store_->settings(), account_, follower_.book()),
      editor_(turn_, server_, store_->groups(), account_, pins_, follower_, epochs_, look_ups_, keys_, settings_,
              editor_events()),
      sync_(turn_, server_, store_->groups(), store_->waiting(), account_, pins_, follower_, epochs_, editor_,
            look_ups_, sync_events()),
      group_vault_(turn_, store_->messages(), account_, pins_, follower_, epochs_,
                   [this](const Bytes& id) { return sync_.moved(id); }),
      vault_(account_, password_change_, pins_, vault_groups(), store_->streams(), store_->account().vault_parts(),
             {[this](v1::ClientFrame&& frame, Answer answer) { server_.ask(std::move(frame), std::move(answer)); },
              [this] { return server_.worker_version(); },
              [this](uint64_t server, uint64_t ours) { found_.restored.on_restored(server, ours); }}),
      file_records_(turn_, store_->files(), account_,
                    options_.downloads.empty() ? store_->directory() + "/downloads" : options_.downloads),
      timeline_(turn_, store_->annotations(), store_->messages(), store_->seen(), store_->waiting(), account_, pins_,
                standings_.book(), follower_.book(), file_records_, listener_),
      notices_(turn_, store_->messages(), account_, follower_.book(), timeline_, listener_),
      search_(
          *machine_, turn_, *store_, account_, [this](const store::Message& row) { return timeline_.view(row); },
          [this](const PeerName& peer) { return timeline_.stored(peer); }),
      annotations_(turn_, store_->annotations(), store_->messages(), account_, search_, timeline_),
      sending_(turn_, server_, *store_, account_, pins_, standings_, follower_, look_ups_, file_records_, timeline_,
               annotations_,
               [this](const Target& target) {
                 if (auto head = transparency_.gossip.due(target.conversation)) {
                   sending_.outbox.put(target, e2e::SeenHead{std::move(*head), {}});
                 }
               }),
      requests_(turn_, store_->messages(), store_->standings(), account_, pins_, standings_, look_ups_,
                follower_.book(), editor_, timeline_, search_, listener_),
      cards_(turn_, server_, store_->standings().cards(), account_, pins_, standings_, look_ups_, sending_.outbox,
             notices_, listener_, [this] { return vault_.is_newest(true); }),
      people_(turn_, contacts_, standings_, cards_, requests_, transparency_.audit, timeline_),
      typing_(turn_, server_, account_, pins_, standings_.book(), follower_.book(), options_.typing,
              [this](const store::ConversationId& conversation, const std::vector<std::string>& who) {
                listener_.on_typing(timeline_.shown(conversation), who);
              }),
      receiving_(turn_, server_, *store_, account_, pins_, follower_.book(), sync_, look_ups_, file_records_,
                 annotations_, sending_.receipts, timeline_, typing_, standings_.book(), cards_, requests_,
                 transparency_.gossip, listener_),
      transfers_(*machine_, turn_, server_, store_->files(), account_, file_records_, timeline_, sending_.sender,
                 sending_.outbox, listener_),
      logins_(turn_, server_, *store_, account_, password_change_, vault_, keys_,
              {options_.invite, options_.device_name, options_.derive}, login_events(),
              [this](const core::LinkStatus& status) { link_changed(core::LinkState::kEnded, status); }),
      deletion_(turn_, server_, logins_, editor_,
                {[this] { return follower_.book().all(); }, [this] { return sync_.busy(); }}),
      found_(turn_, server_, *store_, account_, pins_, follower_.book(), notices_) {
  // The parts in the order in which they work, learn of a commit and undo a turn. This object, which informs the
  // engine, is the last.
  TurnPart* const parts[] = {&account_,
                             &server_,
                             &sending_.outbox,
                             &sending_.receipts,
                             &sending_.streams,
                             &receiving_.receiver,
                             &look_ups_,
                             &standings_,
                             &cards_,
                             &transparency_.log,
                             &transparency_.proofs,
                             &transparency_.reader,
                             &transparency_.gossip,
                             &transparency_.audit,
                             &editor_,
                             &sync_,
                             &sending_.resealing,
                             &found_.devices,
                             &transfers_,
                             &deletion_,
                             &typing_,
                             &search_,
                             this};
  for (TurnPart* part : parts) turn_.add(*part);
}

Session::Rooms::~Rooms() {
  store_->rollback();
  sending_.streams.close();
}

// ---- events of a room that rooms made after it handle

KeyLookup::Events Session::Rooms::key_events() {
  return {
      [this](const std::string& user, const std::string& text) {
        listener_.on_notice({Notice::Kind::kKeyChanged, PeerName(user), text});
      },
      [this](const std::string& user) {
        sync_.keys_changed();
        notices_.add(store::ConversationId::direct(user), user,
                     user + " has a new key, which the key that you knew has signed", pins_.get(user)->key.fpr, false);
      },
      [this](const std::string& user) {
        notices_.add(store::ConversationId::direct(user), user,
                     "for a time the server showed another key of " + user + "; now it shows the one you know again",
                     pins_.get(user)->key.fpr, false);
      },
      [this](std::vector<Arrival> arrivals) { receiving_.receiver.open_first(std::move(arrivals)); },
      [this](const std::string& user, std::vector<Arrival> arrivals, const std::string& why) {
        receiving_.receiver.refuse(user, std::move(arrivals), why);
      }};
}

Standings::Events Session::Rooms::standing_events() {
  return {[this] { return vault_.is_newest(); },
          [this] {
            vault_.refresh();
            turn_.wake();
          },
          [this](const store::ConversationId& peer) {
            if (!peer.is_group()) return listener_.on_trust(peer.user());
            if (follower_.book().info(peer.group_id())) {
              listener_.on_group(follower_.book().name_of(peer.group_id()));
            }
          },
          [this](const StandingBook::TurnedDown& request) { requests_.turned_down(request.peer, request.at_ms); },
          [this](const std::string& text) {
            listener_.on_notice({Notice::Kind::kInfo, {}, text});
          },
          [this] { return cards_.awaits_use(); }};
}

GroupEditor::Events Session::Rooms::editor_events() {
  return {[this](const Bytes& id, const std::string& text, ByteView about) {
            return notices_.add_to_group(id, text, about, true);
          },
          [this](const Bytes& id) { return sync_.moved(id); }, [this](const Bytes& id) { return sync_.left(id); },
          [this](const std::string& user, const Pin* pin, e2e::KeyShare key) {
            sending_.outbox.put({store::ConversationId::direct(user), pin, {}}, std::move(key));
          }};
}

GroupSync::Events Session::Rooms::sync_events() {
  GroupSync::Events out;
  out.notice = [this](const Bytes& id, const std::string& text, ByteView about, bool own) {
    return notices_.add_to_group(id, text, about, own);
  };
  out.send = [this](const std::string& user, const Pin* pin, e2e::Content content) {
    sending_.outbox.put({store::ConversationId::direct(user), pin, {}}, std::move(content));
  };
  out.opened = [this](const Bytes& id) {
    if (requests_.on_group(id)) receiving_.receiver.reopen(id);
  };
  out.listing = [this] { receiving_.receiver.listing(); };
  out.listed = [this](bool there) { receiving_.receiver.listed(there); };
  out.may_send = [this](const Bytes& id, const std::string& admin) {
    return inviter(standings_.book(), follower_.book(), id, admin).empty();
  };
  out.all_opened = [this] { return receiving_.receiver.all_opened(); };
  out.changed = [this](const std::string& name) { listener_.on_group(name); };
  out.distrusted = [this](const std::string& name, const std::string& why) {
    listener_.on_notice({Notice::Kind::kQuarantined, PeerName::of_group(name), e2e::sanitise_line(why)});
  };
  return out;
}

VaultGroups Session::Rooms::vault_groups() {
  return {[this](e2e::VaultContent& out) {
            group_vault_.write(out);
            standings_.book().write(out);
            cards_.write(out);
          },
          [this](const e2e::VaultContent& in) -> Result<bool> {
            // A group is judged by the standing of its admin, so the standings come first.
            const Result<bool> standings = standings_.merge(in);
            const Result<bool> cards = standings.ok() ? cards_.merge(in) : standings;
            const Result<bool> groups = cards.ok() ? group_vault_.merge(in) : cards;
            if (!groups.ok()) return groups;
            return *standings || *cards || *groups;
          },
          [this](const std::string& text) {
            turn_.before_commit([this, text] { listener_.on_notice({Notice::Kind::kInfo, {}, text}); });
          },
          [this] { standings_.take_copy(); }, [this] { return standings_.awaits_copy(); }};
}

Login::Events Session::Rooms::login_events() {
  return {[this](const Bytes& realm, const Bytes& broker_key, const std::vector<std::string>& endpoints) {
            open_engine(realm, broker_key, endpoints);
          },
          [this](bool new_device) -> Result<> {
            FC_TRY(open_books(new_device));
            return new_device ? settings_.put(kNewDevice, "1") : Unit{};
          },
          [this] { found_.restored.before_login(); }};
}

// ---- life

Result<> Session::Rooms::open() {
  FC_TRY(account_.load());
  if (account_.has_profile()) {
    const store::Profile& p = account_.profile();
    if (options_.invite && (options_.invite->key != p.broker_key || options_.invite->realm != p.realm)) {
      return err(Code::kLocalUntrustedKey,
                 "this profile belongs to another server than the invite line names: check the line, or use another "
                 "--data-dir");
    }
    if (options_.invite) {
      FC_TRY(account_.add_endpoint(options_.invite->endpoint()));
    }
    FC_TRY(open_books(false));
    if (account_.remembered()) logins_.unlock.by_key_file();
  }
  machine_->on_turn_end([this] { turn(); });
  turn_.wake();
  return Unit{};
}

// Loads the data that the rooms keep of a profile.
Result<> Session::Rooms::open_books(bool new_device) {
  FC_TRY(pins_.open(account_.profile().realm));
  FC_TRY(standings_.load());
  FC_TRY(cards_.load());
  FC_TRY(transparency_.load());
  FC_TRY(sync_.load());
  requests_.load();
  FC_TRY(sending_.streams.load(new_device));
  if (server_.opened()) server_.engine().new_device_until(sending_.streams.new_device_until());
  return Unit{};
}

void Session::Rooms::open_engine(const Bytes& realm, const Bytes& broker_key,
                                 const std::vector<std::string>& endpoints) {
  core::Config config;
  config.realm = realm;
  config.agent = options_.agent;
  config.measure_every_ms = kMeasureEveryMs;
  config.signals = typing_.wanted();
  for (const std::string& endpoint : endpoints) config.brokers.push_back({endpoint, broker_key});
  server_.open(std::move(config), *this);
  server_.engine().new_device_until(sending_.streams.new_device_until());
  turn_.check(transfers_.restore());
  sending_.outbox.restore();
  receiving_.streams.restore();
}

void Session::Rooms::stop() {
  if (server_.opened()) server_.engine().end(turn_.now_ms(), Code::kOk, "");
  turn_.wake();
}

void Session::Rooms::settle() {
  logins_.device.close();
  turn_.wake();
}

bool Session::Rooms::settled() const {
  if (!server_.attached()) return true;
  if (!transfers_.settled() || !found_.devices.settled() || !standings_.settled()) return false;
  // Waits for a change of a group that this device is to make because somebody left. The change takes a few seconds,
  // unless the server takes no more today.
  constexpr int64_t kSoonMs = 10'000;
  if (server_.live() && editor_.due_before(turn_.now_ms() + kSoonMs)) return false;
  return receiving_.receiver.settled() && server_.engine().unwritten() == 0 && vault_.settled(true);
}

void Session::Rooms::turn() {
  turn_.run();
  if (!server_.opened()) return;
  const int64_t wake = server_.engine().tick(turn_.now_ms());
  const bool waiting = server_.transport().pump() || receiving_.receiver.pending() || turn_.unfinished();
  turn_.wake_at(waiting ? turn_.now_ms() : std::min(wake, turn_.next_wake()));
}

void Session::Rooms::work() {
  // A change of this user's own key, in the turn that writes the key. Messages go on in new streams, because a message
  // is named by its sender's key.
  if (const std::vector<e2e::PeerKey> retired = account_.take_retired(); !retired.empty()) {
    if (!turn_.begin() || !turn_.check(store_->streams().forget_out())) return;
    for (const e2e::PeerKey& key : retired) {
      if (!turn_.check(pins_.retire(key, turn_.wall_ms()))) return;
    }
    if (!turn_.check(sync_.load())) return;
    if (server_.attached()) sync_.attached();
  }
  for (const std::string& user : pins_.take_moved()) {
    if (!turn_.begin()) return;
    key_events().rekeyed(user);
  }
  if (server_.attached()) vault_.turn(turn_.now_ms(), logins_.device.closing());
  const auto broken = vault_.take_broken();
  if (!broken) return;
  if (broken->code == Code::kLocalDisk) {
    turn_.check(Result<>(*broken));  // undoes the turn, so that no part of this vault is on disk
  } else {
    // The login that follows reports the reason: most likely another device changed the password.
    server_.engine().again(turn_.now_ms(), broken->code, broken->text);
  }
}

void Session::Rooms::rolled_back(const Error& error) {
  if (server_.opened()) server_.engine().on_write_failed(turn_.now_ms(), error.text);
}

// ---- the engine's ports

void Session::Rooms::connect(const core::Endpoint& to) {
  // A broker has the pinned key, a worker its own key. Every login attempt has fresh keys (PROTOCOL.md section 1).
  server_.transport().connect(to, to.server_key == logins_.login.broker_key());
}

void Session::Rooms::link_changed(core::LinkState state, const core::LinkStatus& status) {
  using State = core::LinkState;
  if (state == State::kEnded && logins_.login.retries(status)) return;
  if (state == State::kOffline && connection_.state == State::kSigningUp) logins_.login.lost_while_signing_up();
  // The end of a refused change of the password is not the end of the link.
  const bool resumes = state == State::kEnded && logins_.login.resumes();
  const bool was_attached = connection_.state == State::kDraining || connection_.state == State::kLive;
  connection_.state = resumes ? State::kOffline : state;
  connection_.code = resumes ? Code::kOk : logins_.account_end.code(status.code);
  connection_.text = resumes ? "" : logins_.login.text_of(status);
  connection_.retry_after_ms = status.retry_after_ms;
  connection_.worker = e2e::sanitise_line(status.worker);
  connection_.latency_ms = -1;
  if (state == State::kFetchingVault) logins_.parts.fetch();
  if (state == State::kAttaching) sending_.streams.on_session_epoch(status.session_epoch);
  if (state == State::kDraining) {
    look_ups_.attached();
    vault_.on_version(status.vault_version);
    standings_.attached();
    found_.devices.attached();
    receiving_.receiver.attached();
    sync_.attached();
    transparency_.attached(status.log_key);
  }
  if (was_attached && state != State::kLive) {
    vault_.on_link_lost();
    sync_.detached();
  }
  if (state == State::kEnded) {
    found_.devices.set_choices(status.devices);
    logins_.login.ended(err(logins_.account_end.code(status.code), logins_.login.text_of(status)));
  }
  turn_.before_commit([this, event = connection_] { listener_.on_connection(event); });
}

void Session::Rooms::latency_changed(int64_t ms) {
  connection_.latency_ms = ms;
  turn_.before_commit([this, event = connection_] { listener_.on_latency(event); });
}

void Session::Rooms::group_changed(const Bytes& group_id, uint64_t epoch) {
  follower_.changed(group_id, epoch);
  turn_.wake();
}

uint64_t Session::Rooms::random() {
  return random_u64();
}

Result<StatusInfo> Session::Rooms::status() {
  StatusInfo out;
  out.has_profile = account_.has_profile();
  if (!out.has_profile) return out;
  const store::Profile& p = account_.profile();
  out.remembered = account_.remembered();
  out.user = p.user;
  out.device = to_hex(p.device);
  out.fingerprint = to_hex(p.fpr);
  out.realm = to_base64url(p.realm);
  out.endpoints = p.endpoints;
  auto outbox = store_->outbox().all();
  auto conversations = store_->messages().conversations();
  auto quarantine = store_->quarantine().all();
  if (!outbox.ok()) return outbox.error();
  if (!conversations.ok()) return conversations.error();
  if (!quarantine.ok()) return quarantine.error();
  out.outbox = outbox->size();
  for (const auto& entry : *outbox) out.unaccepted += entry.queued ? 0 : 1;
  for (const auto& conversation : *conversations) out.unseen += conversation.unseen;
  out.quarantined = quarantine->size();
  out.contacts = contacts_.all();
  return out;
}

}  // namespace fastchat::client
