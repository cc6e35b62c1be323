// The memory of frames that a listening socket has taken from its connections and its owner has not read, pure. A
// ROUTER that untrusted peers reach has no receive mark (see SocketLimits), so this bound stands in its place: beyond
// it, the address that has most waiting loses the connection that has most. Connections are known by descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace fastchat {

// Bytes that a frame of so many takes of a CURVE connection (RFC 26/ZMTP-CURVE and RFC 37/ZMTP 3.1).
int64_t wire_bytes(size_t payload);

class UnreadCore {
 public:
  explicit UnreadCore(int64_t most) : most_(most) {}

  void opened(int fd, const std::string& address) { connections_[fd] = Connection{.address = address}; }
  void closed(int fd);
  // All that was taken from the connection so far. Never less than before.
  void taken(int fd, int64_t bytes);
  // The owner read frames that took so many more.
  void handled(int fd, int64_t bytes);
  // The owner read all that was taken by the last taken() of each connection: the rest of that (a handshake, pings)
  // waits for nobody.
  void all_handled();

  // Of all connections but those that over() named.
  int64_t bytes() const { return total_; }
  // The owner's news is wanted soon.
  bool wants_news() const { return total_ > most_ / 4; }
  // The connections that must end for bytes() to be within the bound, each named once. Ask after the owner's news,
  // which is newer than what was taken. Between two of them, nobody ends within twice the bound: far more than libzmq
  // takes in that time.
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
