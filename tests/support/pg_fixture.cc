#include "tests/support/pg_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace fastchat::test {
namespace {

namespace fs = std::filesystem;

std::string newest_bin() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql")) {
    if (fs::exists(entry.path() / "bin/initdb")) found.push_back((entry.path() / "bin").string());
  }
  return found.empty() ? "" : *std::max_element(found.begin(), found.end());
}

// Returns the processes whose parent is `parent`.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> out;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    std::ifstream in(entry.path() / "stat");
    std::string stat((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const size_t end = stat.rfind(')');
    if (end == stat.npos) continue;
    std::istringstream rest(stat.substr(end + 1));
    char state = 0;
    pid_t ppid = 0;
    rest >> state >> ppid;
    if (ppid == parent) out.push_back(static_cast<pid_t>(std::stoi(name)));
  }
  return out;
}

// A process to kill. Kills by pidfd and waits for the end, because the process id could be another's by then.
class Victim {
 public:
  explicit Victim(pid_t pid) : fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}
  ~Victim() {
    if (fd_ >= 0) close(fd_);
  }
  Victim(Victim&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Victim& operator=(Victim&&) = delete;
  void kill() {
    if (fd_ >= 0) syscall(SYS_pidfd_send_signal, fd_, SIGKILL, nullptr, 0);
  }
  void wait() {
    pollfd item{fd_, POLLIN, 0};
    while (fd_ >= 0 && poll(&item, 1, -1) < 0) {
    }
  }

 private:
  int fd_;
};

}  // namespace

PgFixture::PgFixture(const std::vector<std::string>& settings) : bin_(newest_bin()) {
  if (bin_.empty()) give_up("no PostgreSQL under /usr/lib/postgresql");
  // The path is short, because the path of a unix socket has at most 107 bytes.
  char pattern[] = "/tmp/fcpg-XXXXXX";
  if (mkdtemp(pattern) == nullptr) give_up("mkdtemp failed");
  directory_ = pattern;
  if (geteuid() == 0) {
    const passwd* postgres = getpwnam("postgres");
    if (postgres == nullptr) give_up("there is no user postgres");
    if (chown(directory_.c_str(), postgres->pw_uid, postgres->pw_gid) != 0) give_up("chown failed");
  }
  if (run({bin_ + "/initdb", "-D", directory_ + "/data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8",
           "--locale=C"}) != 0) {
    give_up("initdb failed");
  }
  std::ofstream conf(directory_ + "/data/postgresql.conf", std::ios::app);
  conf << "listen_addresses = ''\nunix_socket_directories = '" << directory_ << "'\n"
       << "max_connections = 50\nlogging_collector = off\ntimezone = 'UTC'\n";
  for (const auto& line : settings) conf << line << "\n";
  conf.close();
  start();
}

PgFixture::~PgFixture() {
  end(SIGQUIT);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void PgFixture::give_up(const std::string& what) const {
  std::ifstream out(directory_ + "/out");
  std::string tail((std::istreambuf_iterator<char>(out)), std::istreambuf_iterator<char>());
  if (tail.size() > 2000) tail.erase(0, tail.size() - 2000);
  std::fprintf(stderr, "PgFixture: %s\n%s\n", what.c_str(), tail.c_str());
  std::abort();
}

std::string PgFixture::conninfo(const std::string& database) const {
  return "host=" + directory_ + " user=postgres dbname=" + database;
}

// Starts a program, as postgres when root. The program dies with the thread that started it.
pid_t PgFixture::spawn(const std::vector<std::string>& command, const std::string& output) const {
  std::vector<std::string> words = command;
  if (geteuid() == 0) {
    const std::vector<std::string> as = {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres",
                                         "--init-groups",    "--pdeathsig=QUIT", "--"};
    words.insert(words.begin(), as.begin(), as.end());
  }
  std::vector<char*> argv;
  for (auto& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  const int null = open("/dev/null", O_RDONLY);
  const int log = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(null, 0);
  dup2(log, 1);
  dup2(log, 2);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (chdir("/") == 0) execv(argv[0], argv.data());
  _exit(127);
}

int PgFixture::run(const std::vector<std::string>& command) const {
  const pid_t pid = spawn(command, directory_ + "/out");
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void PgFixture::start() {
  postmaster_ = spawn({bin_ + "/postgres", "-D", directory_ + "/data"}, directory_ + "/out");
  if (postmaster_ < 0) give_up("cannot start PostgreSQL");
  while (run({bin_ + "/pg_isready", "-q", "-h", directory_}) != 0) {
    if (waitpid(postmaster_, nullptr, WNOHANG) == postmaster_) give_up("PostgreSQL ended while it started");
  }
}

void PgFixture::promote_as_standby() {
  std::ofstream(directory_ + "/data/standby.signal").close();
  if (geteuid() == 0) {
    const passwd* postgres = getpwnam("postgres");
    if (chown((directory_ + "/data/standby.signal").c_str(), postgres->pw_uid, postgres->pw_gid) != 0)
      give_up("chown failed");
  }
  start();
  sql("postgres", "select pg_promote()");
}

void PgFixture::end(int signal) {
  if (postmaster_ <= 0) return;
  ::kill(postmaster_, signal);
  waitpid(postmaster_, nullptr, 0);
  postmaster_ = 0;
}

void PgFixture::stop() {
  end(SIGINT);
}

void PgFixture::kill_hard() {
  if (postmaster_ <= 0) return;
  // Stops the postmaster first, so that it starts no more children while they are counted.
  ::kill(postmaster_, SIGSTOP);
  std::vector<Victim> victims;
  for (pid_t child : children_of(postmaster_)) victims.emplace_back(child);
  for (auto& v : victims) v.kill();
  end(SIGKILL);
  for (auto& v : victims) v.wait();
  std::error_code ignored;
  fs::remove(directory_ + "/data/postmaster.pid", ignored);
}

void PgFixture::create_database(const std::string& name) const {
  sql("postgres", "create database \"" + name + "\"");
}

void PgFixture::sql(const std::string& database, const std::string& script) const {
  if (run({bin_ + "/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", directory_, "-U", "postgres", "-d", database,
           "-c", script}) != 0) {
    give_up("psql failed");
  }
}

}  // namespace fastchat::test
