// The connections of a profile's holder: accepts them, cuts what they send into lines, and writes lines to them without
// ever waiting. Each connection has its bounds; one that breaks them hears why and is ended. Knows nothing of methods.
// Lives on the loop's thread, as long as the loop turns.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "client/rpc/lines.h"
#include "client/rpc/socket_file.h"
#include "common/loop.h"
#include "common/result.h"

namespace fastchat::rpc {

inline constexpr size_t kMaxConnections = 64;
inline constexpr size_t kMaxLine = 1024 * 1024;          // bytes of a line that is read
inline constexpr size_t kMaxWaiting = 16 * 1024 * 1024;  // bytes for a reader that takes none

class Peer;

// What is done with the lines. Calls come from the loop; a Peer lives until the Server's next turn() after gone().
class LineHandler {
 public:
  virtual ~LineHandler() = default;
  virtual void on_line(Peer& peer, std::string line) = 0;
  // It sends nothing any more, and still reads.
  virtual void on_end_of_lines(Peer& peer) = 0;
  // All that waited for it was taken.
  virtual void on_drained(Peer& peer) = 0;
  virtual void on_gone(Peer& peer) = 0;
};

// One connection: a socket, or a descriptor to read and one to write.
class Peer {
 public:
  Peer(Loop& loop, LineHandler& handler, Descriptor in, Descriptor out);
  ~Peer();

  // Queues a line and writes as much as is taken at once. A reader beyond kMaxWaiting loses what waits, hears
  // kSlowReader and is ended.
  void send(std::string_view line);
  size_t waiting() const { return out_queue_.size(); }
  // Ends it after what waits was taken, or at once when nothing does.
  void end();
  // Answers with an error that concerns no request, then end().
  void refuse(int code, const std::string& text);
  bool gone() const { return gone_; }
  bool ended_lines() const { return ended_lines_; }

 private:
  void ready(short events);
  void read_some();
  void handle_lines();
  void write_some();
  void watch();
  void close();
  int out() const { return out_.get() >= 0 ? out_.get() : in_.get(); }

  Loop& loop_;
  LineHandler& handler_;
  Descriptor in_, out_;  // out_ is none for a socket
  LineBuffer lines_{kMaxLine};
  LineQueue out_queue_;
  Loop::TimerId ending_timer_ = 0;
  bool handling_ = false, ended_lines_ = false, ending_ = false, gone_ = false;
};

class Server {
 public:
  Server(Loop& loop, LineHandler& handler) : loop_(loop), handler_(handler) {}
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Makes the socket in the profile's folder; the destructor removes it. kLocalDisk.
  Result<> listen(const std::string& directory);
  // A connection that is there already.
  Peer& adopt(Descriptor in, Descriptor out);
  // Nobody is accepted any more, and the socket's file is gone.
  void stop_listening();
  // The same, and all connections end politely.
  void end();
  // Frees the connections that are gone; the handler calls it at the end of a turn, when it knows none of them any
  // more.
  void turn();

 private:
  void accept();

  Loop& loop_;
  LineHandler& handler_;
  std::string directory_;
  Descriptor listener_;
  std::map<uint64_t, std::unique_ptr<Peer>> peers_;
  uint64_t next_ = 0;
};

}  // namespace fastchat::rpc
