// The memory of frames that a listening socket has taken from its connections and that its owner has not read, pure. A
// ROUTER that untrusted peers reach has no receive mark (see SocketLimits), so this bound replaces it. Beyond the
// bound, the address with the most unread bytes loses its connection with the most. Connections are known by
// descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace fastchat {

// Returns the bytes that a frame of `payload` bytes takes on a CURVE connection (RFC 26/ZMTP-CURVE and RFC 37/ZMTP
// 3.1).
int64_t wire_bytes(size_t payload);

class UnreadCore {
 public:
  explicit UnreadCore(int64_t most) : most_(most) {}

  void opened(int fd, const std::string& address) { connections_[fd] = Connection{.address = address}; }
  void closed(int fd);
  // Sets all bytes taken from the connection so far. Never less than before.
  void taken(int fd, int64_t bytes);
  // Adds the bytes of frames that the owner read.
  void handled(int fd, int64_t bytes);
  // Reports that the owner read all bytes of the last taken() of each connection. The rest of these bytes (a handshake,
  // pings) does not count as unread.
  void all_handled();

  // Returns the unread bytes of all connections except those that over() returned.
  int64_t bytes() const { return total_; }
  // Returns true when the owner's news is wanted soon.
  bool wants_news() const { return total_ > most_ / 4; }
  // Return the connections that must end so that bytes() is within the bound, each once. Call over_after_news() after
  // the owner's news, which is newer than the taken bytes. Between two reports, over_without_news() ends no connection
  // within twice the bound: far more than libzmq takes in that time.
  std::vector<int> over_after_news() { return over(most_); }
  std::vector<int> over_without_news() { return over(2 * most_); }

 private:
  struct Connection {
    std::string address{};
    int64_t taken = 0, handled = 0;
    bool ends = false;
    int64_t unread() const { return !ends && taken > handled ? taken - handled : 0; }
  };
  template <class Change>
  void change(int fd, Change change);
  std::vector<int> over(int64_t bound);
  int fullest() const;

  const int64_t most_;
  int64_t total_ = 0;
  std::unordered_map<int, Connection> connections_;
};

}  // namespace fastchat
