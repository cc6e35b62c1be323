// Follows this user's groups: fetches their states from the server, accepts the keys that members send, gives keys to
// members who ask, and writes the changes. Lives on the session's thread; writes join the turn.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "client/account/account.h"
#include "client/contacts/key_lookup.h"
#include "client/contacts/pin_book.h"
#include "client/e2e/message.h"
#include "client/groups/group_editor.h"
#include "client/groups/group_epochs.h"
#include "client/groups/group_follower.h"
#include "client/groups/group_offers.h"
#include "client/groups/group_renewal.h"
#include "client/runtime/server.h"
#include "client/runtime/turn.h"
#include "client/store/group_table.h"

namespace fastchat::client {

class GroupSync final : public TurnPart {
 public:
  // Callbacks into the parts that handle messages. `bool`: false means that the turn failed.
  struct Events {
    // Adds a line to the group's conversation.
    std::function<bool(const Bytes& group, const std::string& text, ByteView about, bool own)> notice;
    // Seals content for `user`, without a line; a null pin means this user's other devices.
    std::function<void(const std::string& user, const Pin* pin, e2e::Content content)> send;
    // Opens messages of the group that may open now.
    std::function<void(const Bytes& group)> opened;
    // Report the request for the list of groups and its end. `there`: false when the list could not be had.
    std::function<void()> listing;
    std::function<void(bool there)> listed;
    // Returns true when messages may go out because of this group, which is no mere invitation. `admin`: as for
    // GroupFollower::MayAsk.
    GroupFollower::MayAsk may_send;
    // Returns true when no received message waits to be opened.
    std::function<bool()> all_opened;
    // Tell the person that a group changed, and that the server showed something that cannot be trusted.
    std::function<void(const std::string& name)> changed;
    std::function<void(const std::string& name, const std::string& why)> distrusted;
  };
  GroupSync(Turn& turn, Server& server, store::GroupTable& groups_table, store::WaitingTable& waiting,
            const Account& account, PinBook& pins, GroupFollower& follower, GroupEpochs& epochs, GroupEditor& editor,
            KeyLookup& look_ups, Events events)
      : turn_(turn),
        server_(server),
        groups_table_(groups_table),
        waiting_(waiting),
        account_(account),
        pins_(pins),
        follower_(follower),
        epochs_(epochs),
        editor_(editor),
        look_ups_(look_ups),
        events_(std::move(events)),
        offers_(
            turn, server, account, follower,
            [this](const Bytes& id, const std::string& text, ByteView about) {
              return events_.notice(id, text, about, false);
            },
            [this](int64_t in_ms) { listing_.at = std::min(listing_.at, turn_.now_ms() + in_ms); }),
        renewal_(follower.book(), pins, editor, events_.may_send,
                 [this](const std::string& admin, const e2e::GroupKeyRequest& request) { send(admin, request); }) {}

  // Reads the groups of the profile, in place of those in memory. Fails with kLocalDisk.
  Result<> load();
  // Begin and end a session.
  void attached();
  void detached() { follower_.detached(); }
  // Notes that a member, or this user, has another key.
  void keys_changed() { renewal_.due(); }
  // Requests the list in the next turn, unless a request is open.
  void list_soon();
  // Returns true while the list of groups or their states are being fetched.
  bool busy() const;
  // Reports a message of this epoch that cannot be opened yet.
  void waits(const Bytes& id, uint64_t epoch) { follower_.waits(id, epoch); }
  // Returns true when the group is known from a state, from a received key share, or from the server's list.
  bool expects(ByteView id) const { return follower_.expects(id); }
  // Applies new states or keys of a group: its row, the keys that fit, messages that waited. Returns false when the
  // turn failed.
  bool moved(const Bytes& id);
  // Adds the line that this user left, and sends the notice to the admin. Nothing is signed on the word of a server.
  bool left(const Bytes& id);

  // ---- content of messages between clients
  bool on_key(const e2e::Received& received, const e2e::KeyShare& key);
  void on_key_request(const e2e::Received& received, const e2e::GroupKeyRequest& request);
  // Handles a member who left: the admin's client makes the next epoch without that member.
  bool on_leave(const e2e::Received& received, const e2e::GroupLeave& leave);
  // Handles a leave on another device of this user, which told the admin.
  bool on_own_leave(const e2e::GroupLeave& leave);

  void work() override;
  void rolled_back(const Error& error) override;
  int64_t next_wake() const override;

 private:
  GroupBook& book() const { return follower_.book(); }
  void load_keys();
  void list();
  void fetch(const GroupFollower::Fetch& fetch);
  void on_fetched(const Bytes& id, const Result<GroupFollower::Fetched>& answer);
  bool write_touched();
  template <class Notice>
  void send(const std::string& user, const Notice& notice);

  Turn& turn_;
  Server& server_;
  store::GroupTable& groups_table_;
  store::WaitingTable& waiting_;
  const Account& account_;
  PinBook& pins_;
  GroupFollower& follower_;
  GroupEpochs& epochs_;
  GroupEditor& editor_;
  KeyLookup& look_ups_;
  const Events events_;
  GroupOffers offers_;
  GroupRenewal renewal_;
  bool keys_loaded_ = false;
  struct Listing {
    bool open = false;          // the list is being fetched
    int64_t at = Loop::kNever;  // time of the next request (ms, monotonic)
  };
  Listing listing_;
};

}  // namespace fastchat::client
