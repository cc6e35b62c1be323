// The connections of a profile's holder. The Server accepts connections, cuts their input into lines and writes lines
// without waiting. Each connection has bounds. A connection that breaks a bound gets an error with the reason and is
// ended. The Server does not depend on the methods. Lives on the loop's thread, as long as the loop runs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client/rpc/lines.h"
#include "client/rpc/message.h"
#include "client/rpc/socket_file.h"
#include "common/loop.h"
#include "common/result.h"

namespace fastchat::rpc {

inline constexpr size_t kMaxConnections = 64;
inline constexpr size_t kMaxLine = 1024 * 1024;          // bytes of a line that is read
inline constexpr size_t kMaxWaiting = 16 * 1024 * 1024;  // bytes that wait for a slow reader

class Peer;

// The receiver of the lines. The loop makes the calls. A Peer lives until the Server's next turn() after gone().
class LineHandler {
 public:
  virtual ~LineHandler() = default;
  virtual void on_line(Peer& peer, std::string line) = 0;
  // The peer sends nothing any more, and still reads.
  virtual void on_end_of_lines(Peer& peer) = 0;
  // The peer took all bytes that waited.
  virtual void on_drained(Peer& peer) = 0;
  virtual void on_gone(Peer& peer) = 0;
};

// One connection: a socket, or one descriptor to read from and one to write to.
class Peer {
 public:
  // `max_line`: the largest number of bytes of a line that is read.
  Peer(Loop& loop, LineHandler& handler, Descriptor in, Descriptor out, size_t max_line = kMaxLine);
  ~Peer();

  // Queues a line and writes as many bytes as the reader takes at once. When more than kMaxWaiting bytes wait, drops
  // the waiting lines that are not begun, sends the error kSlowReader and ends the connection.
  void send(std::string_view line);
  size_t waiting() const { return out_queue_.size(); }
  // Waits outside of the loop until bytes can be read or written, at most `most_ms`, and reads or writes them. Serves a
  // caller that needs an answer before the next turn. Must not be called from on_line().
  void wait(int most_ms);
  // Ends the connection once the reader took the waiting bytes (5 s at most), or at once when none wait.
  void end();
  // Sends an error that belongs to no request, then calls end().
  void refuse(int code, const std::string& text);
  bool gone() const { return gone_; }
  bool ended_lines() const { return ended_lines_; }

 private:
  void ready(short events);
  void read_some();
  void handle_lines();
  void write_some();
  void watch();
  void lose_reader();
  void close();
  int out() const { return out_.get() >= 0 ? out_.get() : in_.get(); }

  Loop& loop_;
  LineHandler& handler_;
  Descriptor in_, out_;  // out_ is none for a socket
  LineBuffer lines_;
  LineQueue out_queue_;
  Loop::TimerId ending_timer_ = 0;
  bool handling_ = false, ended_lines_ = false, ending_ = false, gone_ = false;
  bool lost_reader_ = false;  // writing failed; lines may still come
};

// Methods on the connections of a Server that another object than its LineHandler answers. Calls come from the loop.
class MoreMethods {
 public:
  virtual ~MoreMethods() = default;
  // The result of take(). `later`: the answer, to be sent once the writes of the request are on disk; none when the
  // answer left already.
  struct Taken {
    std::optional<Result<std::string>> later;
  };
  // Answers a request. Returns nullopt for a method that is none of these.
  virtual std::optional<Taken> take(Peer& peer, Request& request) = 0;
  virtual void on_gone(Peer& peer) = 0;
  // Called at the end of each turn of the loop.
  virtual void turn() = 0;
};

class Server {
 public:
  Server(Loop& loop, LineHandler& handler) : loop_(loop), handler_(handler) {}
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Makes the socket in the profile's folder; the destructor removes it. Fails with kLocalDisk.
  Result<> listen(const std::string& directory);
  // Takes over a connection that exists already.
  Peer& adopt(Descriptor in, Descriptor out);
  // Stops accepting connections and removes the socket's file.
  void stop_listening();
  // Stops listening, and ends all connections as Peer::end() does.
  void end();
  // Frees the connections that are gone. The handler calls turn() at the end of a turn of the loop, when it holds no
  // pointer to them any more.
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
