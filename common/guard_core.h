// The decisions of the connection guard, pure: the accepted connections that may stay. MAXMSGSIZE limits a frame, so a
// peer that never finishes a message still makes libzmq's memory grow. So do frames that the owner has not read, since
// there is no receive mark. A peer that never says hello only takes a place. Connections are known by descriptor; a
// generation distinguishes reuses of a descriptor.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/rates.h"
#include "common/unread_core.h"

namespace fastchat {

struct GuardLimits {
  size_t max_connections = 20'000;
  size_t max_per_address = 1'000;  // per IPv4 address or IPv6 /64
  // A handshake costs a server most of a millisecond. So an address opens at once at most address_burst connections,
  // then one in each address_every_us. Both grow with max_per_address when that is more. A connection that is ended for
  // its bytes counts as offence_connections more, and the address may then wait for up to address_wait_us.
  size_t address_burst = 1'000;
  int64_t address_every_us = 20'000;
  int64_t offence_connections = 50;
  int64_t address_wait_us = 60'000'000;
  // The least bytes taken of a connection that has sent a message: greeting, CURVE's HELLO and INITIATE.
  int64_t handshake_bytes = 64 + 202 + 257;
  int64_t hello_us = 15'000'000;     // from accept to the first complete message
  int64_t hello_bytes = 64 << 10;    // taken from a connection before the owner received its first message
  int64_t stall_bytes = 2 << 20;     // taken later, since its last message
  int64_t unread_bytes = 128 << 20;  // of all connections: taken from them and not read by the owner
  int64_t linger_us = 500'000;       // between the owner's end() and the shutdown, for last words to leave
};

// Returns true when libzmq made `rid` before `other`. libzmq counts routing ids up, modulo 2^32.
inline bool came_before(uint64_t rid, uint64_t other) {
  return static_cast<int32_t>(static_cast<uint32_t>(rid) - static_cast<uint32_t>(other)) < 0;
}

enum class GuardReason { kTotal, kAddress, kHello, kStalled, kUnread, kAsked };

struct GuardCounters {
  uint64_t accepted = 0, disconnected = 0;
  uint64_t over_total = 0, over_address = 0, no_hello = 0, stalled = 0, unread = 0, asked = 0;
  uint64_t handshake_failed = 0, auth_failed = 0;
  uint64_t open = 0;     // now
  uint64_t samples = 0;  // looks at the bytes of the connections that received data
  uint64_t trims = 0;    // returns of freed memory to the system

  // Counts the connections that the guard ended by its own decision, not those that the owner asked for.
  uint64_t ended() const { return over_total + over_address + no_hello + stalled + unread; }
};

class GuardCore {
 public:
  explicit GuardCore(GuardLimits limits) : limits_(limits), unread_(limits.unread_bytes) {}

  struct Kill {
    int fd;
    std::string peer;  // as given to accepted(): the edge compares it before it acts
    GuardReason reason;
  };

  // Adds a connection. `peer`: its "address port". `address`: its key for the per-address cap (see address_key).
  void accepted(int fd, const std::string& peer, const std::string& address, int64_t now_us);
  void disconnected(int fd);
  void handshake_failed(bool auth) { ++(auth ? counters_.auth_failed : counters_.handshake_failed); }

  // Reports the first complete message of connection `rid` on fd. `taken`: bytes from fd so far (-1: not known). Of two
  // rids on one fd, the earlier belongs to a past connection and is reported gone. So is `rid` itself when the fd is
  // not open, or when `taken` is too little for a message.
  void seen(uint64_t rid, int fd, int64_t taken);
  // Reports the owner's round: the connections that finished a message since its last round.
  void progressed(const std::vector<uint64_t>& rids);
  // Ends a connection for the owner, after linger_us. An offence counts as GuardLimits::offence_connections.
  void end(uint64_t rid, int64_t now_us, bool offence = false);

  // Reports the bytes taken from a connection that received data since the last look. The owner's earlier news must be
  // reported first.
  void sampled(int fd, int64_t bytes, int64_t now_us);
  // Reports that all connections with new data were sampled.
  void looked(int64_t now_us);
  // Reports the bytes of the frames that the owner read, by connection. `all`: it read all that had come. Newer than
  // the last samples.
  struct Handled {
    uint64_t rid;
    int64_t bytes;
  };
  void handled(const std::vector<Handled>& news, bool all, int64_t now_us);
  bool wants_handled() const { return unread_.wants_news(); }
  // Returns true when a connection is over its bytes: the owner's next rounds are wanted soon.
  bool wants_round() const { return excess_ > 0; }
  // Returns true when a connection that held much memory ended since the last call.
  bool take_big_end() { return std::exchange(big_end_, false); }
  void trimmed() { ++counters_.trims; }

  // Returns the connections to shut down now, each once.
  std::vector<Kill> kills(int64_t now_us);
  // Returns the routing ids whose connection ended since the last call.
  std::vector<uint64_t> take_gone();

  const GuardCounters& counters() const { return counters_; }
  size_t open() const { return connections_.size(); }

 private:
  struct Connection {
    std::string peer, address;
    int64_t accepted_us = 0;
    uint64_t generation = 0;
    uint64_t rid = 0;
    bool said_hello = false;
    bool killed = false;
    bool finished_one = false;  // a message was finished since the last sample
    // Values at the first sample after a finished message: earlier bytes are forgiven.
    int64_t bytes = 0, bytes_at_progress = 0;
    uint64_t round_at_excess = 0;  // owner's round when the excess was first seen; 0: no excess
  };
  struct Deadline {
    int fd;
    uint64_t generation;
    GuardReason reason;
    uint64_t rid = 0;  // of kAsked
  };

  void kill(int fd, Connection& c, GuardReason reason);
  void end_unread(const std::vector<int>& fds, int64_t now_us);
  void fine(const Connection& c, int64_t now_us);
  void set_excess(Connection& c, uint64_t round);
  void drop_address(const std::string& address);
  int64_t burst() const;
  int64_t every_us() const;

  GuardLimits limits_;
  GuardCounters counters_;
  std::unordered_map<int, Connection> connections_;
  std::unordered_map<std::string, size_t> per_address_;
  Rates connects_;  // connects of each address
  UnreadCore unread_;
  std::unordered_map<uint64_t, int> fd_of_;
  std::multimap<int64_t, Deadline> deadlines_;
  std::vector<Kill> kills_;
  std::vector<uint64_t> gone_;
  uint64_t next_generation_ = 1;
  uint64_t round_ = 1;
  size_t excess_ = 0;  // connections with a round_at_excess
  bool big_end_ = false;
};

// Returns the key of the per-address cap: an IPv4 address (also when mapped into IPv6), or an IPv6 address's /64.
std::string address_key(const std::string& address);

}  // namespace fastchat
