// A private PostgreSQL for one test process: initdb into a temporary directory, a unix socket and no port, durable
// defaults except that initdb itself does not sync. As root, the server runs as the user postgres. The destructor stops
// the server and removes all its files.
//
//   fastchat::test::PgFixture pg;                 // aborts the test program with a reason when it cannot start
//   pg.create_database("one");  pg.conninfo("one");
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace fastchat::test {

class PgFixture {
 public:
  // `settings` are lines for postgresql.conf, such as "fsync = off".
  explicit PgFixture(const std::vector<std::string>& settings = {});
  ~PgFixture();
  PgFixture(const PgFixture&) = delete;
  PgFixture& operator=(const PgFixture&) = delete;

  // Returns the superuser's connection string for libpq.
  std::string conninfo(const std::string& database = "postgres") const;
  void create_database(const std::string& name) const;
  // Runs a script through psql; aborts when it fails.
  void sql(const std::string& database, const std::string& script) const;

  void start();  // returns when the server accepts connections
  void stop();   // fast: sessions get an error
  // Starts the server, after stop(), as a standby without a primary, which takes over on another timeline.
  void promote_as_standby();
  void kill_hard();  // SIGKILL to the postmaster and its children; returns when all are gone
  pid_t postmaster() const { return postmaster_; }
  const std::string& directory() const { return directory_; }

 private:
  pid_t spawn(const std::vector<std::string>& command, const std::string& output) const;
  int run(const std::vector<std::string>& command) const;
  void end(int signal);
  [[noreturn]] void give_up(const std::string& what) const;

  std::string directory_, bin_;
  pid_t postmaster_ = 0;
};

}  // namespace fastchat::test
