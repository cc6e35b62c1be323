// fastchat-broker itself: the real program on a private PostgreSQL, a client and a worker over real CURVE sockets.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <pqxx/pqxx>

#include "common/clock.h"
#include "common/curve.h"
#include "common/hash.h"
#include "common/monitor.h"
#include "common/socket.h"
#include "common/wire.h"
#include "tests/support/pg_fixture.h"

namespace fastchat::test {
namespace {

constexpr int64_t kPatienceUs = 20'000'000;

PgFixture& server() {
  static PgFixture fixture;
  return fixture;
}

// A child program with its standard output and error on one pipe.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    std::vector<char*> argv{const_cast<char*>(FASTCHAT_BROKER)};
    for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], 1);
      ::dup2(ends[1], 2);
      ::execv(FASTCHAT_BROKER, argv.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    out_ = ends[0];
  }
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Returns the text after `mark` up to white space; empty when the program ended without printing `mark`.
  std::string wait_for(const std::string& mark) {
    for (;;) {
      const size_t at = text_.find(mark);
      const size_t end = at == std::string::npos ? at : text_.find_first_of(" \n", at + mark.size());
      if (end != std::string::npos) return text_.substr(at + mark.size(), end - at - mark.size());
      if (!read_more()) return "";
    }
  }
  void signal(int number) const { ::kill(pid_, number); }
  // Reads the output to its end and returns the exit code.
  int wait() {
    while (read_more()) {
    }
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1'000 + WTERMSIG(status);
  }
  const std::string& text() const { return text_; }

 private:
  bool read_more() {
    char buffer[4'096];
    const ssize_t n = ::read(out_, buffer, sizeof buffer);
    if (n > 0) text_.append(buffer, static_cast<size_t>(n));
    return n > 0;
  }
  pid_t pid_ = -1;
  int out_ = -1;
  std::string text_;
};

struct Folder {
  Folder() {
    char name[] = "/tmp/fcbrokerXXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

// A DEALER of either link, with its socket monitor.
struct Peer {
  Peer(zmq::context_t& ctx, const CurvePair& own, ByteView server_key) {
    DealerOptions options;
    options.reconnect = false;
    auto made = make_control_dealer(ctx, own, server_key, options);
    socket = std::move(*made);
    auto watching = Monitor::start(ctx, socket);
    monitor = std::make_unique<Monitor>(std::move(*watching));
  }
  void connect(const std::string& endpoint) { ASSERT_TRUE(connect_socket(socket, endpoint).ok()); }

  // Returns the first event that ends the handshake; kStopped when none comes within kPatienceUs.
  MonitorEvent::Kind handshake() {
    using K = MonitorEvent::Kind;
    const int64_t until = Clock::monotonic_us() + kPatienceUs;
    while (Clock::monotonic_us() < until) {
      zmq::pollitem_t item{monitor->socket().handle(), 0, ZMQ_POLLIN, 0};
      zmq::poll(&item, 1, std::chrono::seconds(1));
      while (const auto event = monitor->next()) {
        switch (event->kind) {
          case K::kHandshakeSucceeded:
          case K::kHandshakeFailed:
          case K::kHandshakeProtocol:
          case K::kHandshakeAuth:
          case K::kDisconnected:
            return event->kind;
          default:
            break;
        }
      }
    }
    return K::kStopped;
  }
  void send(const google::protobuf::MessageLite& frame) {
    ASSERT_EQ(SendResult::kSent, send_one(socket, frame.SerializeAsString()));
  }
  // Returns the next frame, parsed; a frame without a body when none comes within kPatienceUs.
  template <class Frame>
  Frame receive() {
    zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
    const int64_t until = Clock::monotonic_us() + kPatienceUs;
    RecvCounters dropped;
    zmq::message_t message;
    Frame frame;
    while (Clock::monotonic_us() < until) {
      zmq::poll(&item, 1, std::chrono::seconds(1));
      if (recv_one(socket, message, dropped) != Recv::kMessage) continue;
      EXPECT_TRUE(frame.ParseFromArray(message.data(), static_cast<int>(message.size())));
      return frame;
    }
    return frame;
  }

  zmq::socket_t socket;
  std::unique_ptr<Monitor> monitor;
};

class BrokerProgram : public testing::Test {
 protected:
  void SetUp() override {
    static int count = 0;
    database_ = "program" + std::to_string(++count);
    server().create_database(database_);
    keys_ = folder_.path + "/keys";
    ASSERT_EQ(0, Program({"keys", "--keys", keys_}).wait());
    broker_key_ = load_curve_pair(keys_ + "/broker.key")->public_key;
    cluster_ = *load_curve_pair(keys_ + "/cluster.key");
    realm_ = *load_realm(keys_ + "/realm");
  }

  std::vector<std::string> arguments(const std::string& clients = "tcp://127.0.0.1:0") const {
    return {"--keys", keys_, "--clients", clients, "--control", "tcp://127.0.0.1:0", "--database", conninfo()};
  }
  std::string conninfo() const { return server().conninfo(database_); }
  void start(std::vector<std::string> more = {}) {
    auto all = arguments();
    all.insert(all.end(), more.begin(), more.end());
    program_ = std::make_unique<Program>(all);
    control_ = program_->wait_for("control=");
    clients_ = program_->wait_for("clients=");
    ASSERT_FALSE(clients_.empty()) << program_->text();
  }

  std::unique_ptr<Peer> client() {
    auto peer = std::make_unique<Peer>(ctx_, make_curve_pair(), broker_key_);
    peer->connect(clients_);
    EXPECT_EQ(MonitorEvent::Kind::kHandshakeSucceeded, peer->handshake());
    v1::ClientFrame f;
    f.set_request(1);
    f.mutable_hello()->set_version_min(1);
    f.mutable_hello()->set_version_max(1);
    peer->send(f);
    const auto reply = peer->receive<v1::ServerFrame>();
    EXPECT_EQ(realm_, reply.hello().realm());
    return peer;
  }
  std::unique_ptr<Peer> worker() {
    auto peer = std::make_unique<Peer>(ctx_, cluster_, cluster_.public_key);
    peer->connect(control_);
    EXPECT_EQ(MonitorEvent::Kind::kHandshakeSucceeded, peer->handshake());
    v1::WorkerFrame f;
    auto* r = f.mutable_register_();
    r->set_version(wire::kVersion);
    r->set_worker_id(77);
    r->set_name("w1");
    r->set_endpoint("tcp://127.0.0.1:1");
    r->set_key(Bytes(32, 'k'));
    r->set_bus_endpoint("tcp://127.0.0.1:2");
    r->set_realm(realm_);
    peer->send(f);
    EXPECT_EQ(1, peer->receive<v1::BrokerFrame>().welcome().peers_size());
    return peer;
  }
  static v1::ClientFrame sign_up(const std::string& user, const std::string& invite = "") {
    v1::ClientFrame f;
    f.set_request(2);
    f.mutable_sign_up()->set_user(user);
    f.mutable_sign_up()->set_public_key("spki");
    f.mutable_sign_up()->set_identity_blob("sealed identity");
    f.mutable_sign_up()->set_vault("sealed vault");
    f.mutable_sign_up()->set_verifier(sha256({std::string_view("FastChat/1/verifier\0", 20), Bytes(32, 'p')}));
    f.mutable_sign_up()->set_invite(invite);
    return f;
  }
  static v1::ClientFrame log_in(const std::string& user, char auth = 'p') {
    v1::ClientFrame f;
    f.set_request(3);
    f.mutable_log_in()->set_user(user);
    f.mutable_log_in()->set_auth(Bytes(32, auth));
    f.mutable_log_in()->set_device(Bytes(16, 'd'));
    f.mutable_log_in()->set_device_name("laptop");
    return f;
  }
  static v1::ServerFrame ask(Peer& peer, const v1::ClientFrame& frame) {
    peer.send(frame);
    return peer.receive<v1::ServerFrame>();
  }

  Folder folder_;
  std::string database_, keys_, clients_, control_;
  Bytes broker_key_, realm_;
  CurvePair cluster_;
  zmq::context_t ctx_;
  std::unique_ptr<Program> program_;
};

TEST_F(BrokerProgram, SignsUpLogsInAndAssigns) {
  start();
  const auto worker_link = worker();
  const auto person = client();
  EXPECT_TRUE(ask(*person, sign_up("alice")).has_signed_up());
  EXPECT_EQ(v1::BAD_CREDENTIALS, ask(*person, log_in("alice", 'x')).error().code());
  const auto logged_in = ask(*person, log_in("alice"));
  EXPECT_EQ("sealed identity", logged_in.logged_in().identity_blob());
  EXPECT_EQ("sealed vault", logged_in.logged_in().vault());

  const auto invalidate = worker_link->receive<v1::BrokerFrame>().invalidate();
  ASSERT_NE(0u, invalidate.id()) << "the device is new";
  v1::WorkerFrame f;
  f.mutable_invalidated()->set_id(invalidate.id());
  worker_link->send(f);
  const auto grant = worker_link->receive<v1::BrokerFrame>().grant();
  EXPECT_EQ("alice", grant.user());
  EXPECT_EQ(1u, grant.session_epoch());
  EXPECT_EQ(Bytes(16, 'd'), grant.device());
  f.mutable_granted()->set_grant_id(grant.grant_id());
  worker_link->send(f);
  const auto assignment = person->receive<v1::ServerFrame>().assignment();
  EXPECT_EQ("tcp://127.0.0.1:1", assignment.endpoint());
  EXPECT_EQ(Bytes(32, 'k'), assignment.key());
  EXPECT_EQ(1u, assignment.session_epoch());
}

TEST_F(BrokerProgram, TheGrantNamesTheKeyOfTheClientsConnection) {
  start();
  const auto worker_link = worker();
  const CurvePair pair = make_curve_pair();
  Peer person(ctx_, pair, broker_key_);
  person.connect(clients_);
  v1::ClientFrame hello;
  hello.set_request(1);
  hello.mutable_hello()->set_version_min(1);
  hello.mutable_hello()->set_version_max(1);
  ASSERT_EQ(MonitorEvent::Kind::kHandshakeSucceeded, person.handshake());
  ASSERT_TRUE(ask(person, hello).has_hello());
  ASSERT_TRUE(ask(person, sign_up("alice")).has_signed_up());
  ASSERT_TRUE(ask(person, log_in("alice")).has_logged_in());
  v1::WorkerFrame f;
  f.mutable_invalidated()->set_id(worker_link->receive<v1::BrokerFrame>().invalidate().id());
  worker_link->send(f);
  EXPECT_EQ(pair.public_key, worker_link->receive<v1::BrokerFrame>().grant().client_key());
}

TEST_F(BrokerProgram, OnlyTheClusterKeyGetsIntoTheControlLink) {
  start();
  Peer stranger(ctx_, make_curve_pair(), cluster_.public_key);
  stranger.connect(control_);
  EXPECT_EQ(MonitorEvent::Kind::kHandshakeAuth, stranger.handshake());
}

TEST_F(BrokerProgram, AClientThatPinnedAnotherKeyDoesNotConnect) {
  start();
  Peer person(ctx_, make_curve_pair(), make_curve_pair().public_key);
  person.connect(clients_);
  EXPECT_NE(MonitorEvent::Kind::kHandshakeSucceeded, person.handshake());
}

TEST_F(BrokerProgram, ATermSignalSaysSoToClientsAndEndsWithZero) {
  start();
  const auto person = client();
  program_->signal(SIGTERM);
  EXPECT_EQ(v1::SHUTTING_DOWN, person->receive<v1::ServerFrame>().error().code());
  EXPECT_EQ(0, program_->wait()) << program_->text();
}

TEST_F(BrokerProgram, ADatabaseThatGoesAwayIsBusyAndComesBack) {
  start();
  const auto person = client();
  ASSERT_TRUE(ask(*person, sign_up("alice")).has_signed_up());
  server().stop();
  EXPECT_EQ(v1::BUSY, ask(*person, log_in("alice")).error().code());
  EXPECT_EQ(v1::BUSY, ask(*person, sign_up("bobby")).error().code());
  server().start();
  v1::ServerFrame answer;
  const int64_t until = Clock::monotonic_us() + kPatienceUs;
  do {
    answer = ask(*person, sign_up("bobby"));
  } while (answer.error().code() == v1::BUSY && Clock::monotonic_us() < until);
  EXPECT_TRUE(answer.has_signed_up());
}

TEST_F(BrokerProgram, SeveralBrokersShareKeysAndDatabase) {
  start();
  const auto first = client();
  ASSERT_TRUE(ask(*first, sign_up("alice")).has_signed_up());
  const auto one = std::move(program_);
  start();
  const auto second = client();
  auto taken = sign_up("alice");
  taken.mutable_sign_up()->set_public_key("another");
  EXPECT_EQ(v1::NAME_TAKEN, ask(*second, taken).error().code());
  ASSERT_TRUE(ask(*second, log_in("alice")).has_logged_in());
}

TEST_F(BrokerProgram, InviteTokensAreMadeOnTheCommandLine) {
  start({"--registration", "invite"});
  Program maker({"token", "--database", conninfo(), "--uses", "1"});
  ASSERT_EQ(0, maker.wait()) << maker.text();
  const std::string token = maker.text().substr(0, maker.text().size() - 1);
  ASSERT_GE(token.size(), 32u);
  pqxx::connection db(conninfo());
  pqxx::work tx(db);
  EXPECT_EQ(0, tx.exec("select count(*) from invites where position('" + token +
                       "' in encode(token_hash, 'escape')) > 0")[0][0]
                   .as<int>());
  const auto person = client();
  EXPECT_EQ(v1::BAD_INVITE, ask(*person, sign_up("alice", "guess")).error().code());
  EXPECT_TRUE(ask(*person, sign_up("alice", token)).has_signed_up());
  EXPECT_EQ(v1::BAD_INVITE, ask(*person, sign_up("bobby", token)).error().code());
}

TEST_F(BrokerProgram, TheInviteLineCarriesKeyAndRealm) {
  Program invite({"invite", "--keys", keys_, "--address", "chat.example.org:7999"});
  ASSERT_EQ(0, invite.wait());
  const auto line = parse_invite_line(invite.text());
  ASSERT_TRUE(line.ok()) << invite.text();
  EXPECT_EQ(broker_key_, line->key);
  EXPECT_EQ(realm_, line->realm);
  EXPECT_EQ("chat.example.org", line->host);
  EXPECT_EQ(load_or_create_log_key(keys_ + "/log.key")->public_key, line->log_key);
  Program older({"invite", "--keys", keys_, "--address", "chat.example.org:7999", "--without-log"});
  ASSERT_EQ(0, older.wait());
  EXPECT_EQ("", parse_invite_line(older.text())->log_key) << "for clients of before";
  Program wrong({"invite", "--keys", keys_, "--address", "chat.example.org"});
  EXPECT_EQ(1, wrong.wait());
}

TEST_F(BrokerProgram, EveryReasonNotToStartIsOneClearLine) {
  start();
  const auto refused = [](const std::vector<std::string>& arguments) {
    Program program(arguments);
    EXPECT_NE(0, program.wait());
    EXPECT_EQ(program.text().find("fastchat-broker: "), program.text().rfind("fastchat-broker: ")) << program.text();
    return program.text();
  };
  EXPECT_NE(refused(arguments(clients_)).find(clients_), std::string::npos) << "a port in use is named";
  auto other = arguments();
  other[7] = "hots=/nonexistent dbname=none";
  EXPECT_NE(refused(other).find("invalid connection option"), std::string::npos);
  other = arguments();
  other[1] = folder_.path + "/missing";
  EXPECT_NE(refused(other).find("fastchat-broker keys"), std::string::npos);
  const std::string elsewhere = folder_.path + "/elsewhere";
  ASSERT_EQ(0, Program({"keys", "--keys", elsewhere}).wait());
  other[1] = elsewhere;
  EXPECT_NE(refused(other).find("another realm"), std::string::npos);
  ASSERT_EQ(0, ::chmod((elsewhere + "/broker.key").c_str(), 0644));
  EXPECT_NE(refused(other).find("readable by others"), std::string::npos);
  EXPECT_NE(refused({"--assignment", "random"}).find("assignment"), std::string::npos);
  EXPECT_NE(refused({"serve"}).find("no command"), std::string::npos);
}

TEST_F(BrokerProgram, ALogOfKeysIsKeptUnderOneKeyAndNoBrokerForgetsIt) {
  const std::string log_key = keys_ + "/log.key";
  const auto refused = [this](std::vector<std::string> more) {
    auto all = arguments();
    all.insert(all.end(), more.begin(), more.end());
    Program program(all);
    EXPECT_NE(0, program.wait());
    EXPECT_EQ(program.text().find("fastchat-broker: "), program.text().rfind("fastchat-broker: ")) << program.text();
    return program.text();
  };
  ASSERT_EQ(0, ::rename(log_key.c_str(), (log_key + ".away").c_str()));
  {
    Program without(arguments());
    EXPECT_NE(without.wait_for("no_log_of_keys hint="), "") << "one line says that no log is kept";
    ASSERT_NE(without.wait_for("clients="), "");
  }
  {
    Program adds({"keys", "--keys", keys_});
    ASSERT_EQ(0, adds.wait());
    EXPECT_EQ(adds.text(), "made " + log_key + "\n") << "the file that is missing, and no other";
  }
  EXPECT_EQ(broker_key_, load_curve_pair(keys_ + "/broker.key")->public_key);
  {
    Program with(arguments());
    ASSERT_NE(with.wait_for("clients="), "");
  }
  ASSERT_EQ(0, ::rename(log_key.c_str(), (log_key + ".kept").c_str()));
  EXPECT_NE(refused({}).find("the key directory has no log.key"), std::string::npos);
  EXPECT_NE(refused({"--log-key", log_key + ".away"}).find("signed by another log.key"), std::string::npos);
  EXPECT_NE(refused({"--log-key", log_key + ".missing"}).find("does not exist"), std::string::npos);
  EXPECT_NE(refused({"--log-key", log_key + ".missing", "--check-config"}).find("does not exist"), std::string::npos);
  auto elsewhere = arguments();
  elsewhere.insert(elsewhere.end(), {"--log-key", log_key + ".kept"});
  Program program(elsewhere);
  EXPECT_NE(program.wait_for("clients="), "");
}

TEST_F(BrokerProgram, WhatABrokerOfBeforeWroteIsAppendedWhileTheBrokerServes) {
  start();
  ASSERT_TRUE(ask(*client(), sign_up("alice")).has_signed_up());
  program_.reset();
  {
    pqxx::connection db(conninfo());
    pqxx::nontransaction(db).exec(
        "insert into users (name, public_key, identity_blob, verifier, vault) values ('bobby', 'key', 'i', "
        "sha256('x'), 'v')");
  }
  start();
  EXPECT_EQ(program_->wait_for("log_of_keys_caught_up leaves="), "1");
  EXPECT_EQ(program_->text().find("log_of_keys_complete"), std::string::npos) << "it was complete before";
  pqxx::connection db(conninfo());
  EXPECT_EQ(pqxx::nontransaction(db).exec("select name from log_leaves order by idx")[1][0].as<std::string>(), "bobby");
}

TEST_F(BrokerProgram, TheKeyOfTheLogMayBeElsewhere) {
  const std::string folder = folder_.path + "/others", file = folder_.path + "/elsewhere/log.secret";
  Program makes({"keys", "--keys", folder, "--log-key", file});
  ASSERT_EQ(0, makes.wait()) << makes.text();
  EXPECT_NE(makes.text().find("made " + file + "\n"), std::string::npos) << makes.text();
  EXPECT_FALSE(std::filesystem::exists(folder + "/log.key"));
  Program again({"keys", "--keys", folder, "--log-key", file});
  EXPECT_EQ(0, again.wait());
  EXPECT_EQ(again.text(), "");
  Program invite({"invite", "--keys", folder, "--log-key", file, "--address", "chat.example.org:7999"});
  ASSERT_EQ(0, invite.wait());
  EXPECT_EQ(parse_invite_line(invite.text())->log_key, find_log_key(file).value()->public_key);
  std::vector<std::string> serves = arguments();
  serves[1] = folder;
  serves.insert(serves.end(), {"--log-key", file});
  Program program(serves);
  EXPECT_NE(program.wait_for("clients="), "") << program.text();
}

TEST_F(BrokerProgram, WaitsForADatabaseThatIsNotThereYetAndSaysSo) {
  auto late = arguments();
  late[7] = "host=/nonexistent dbname=none";
  Program program(late);
  EXPECT_NE(program.wait_for("database_awaited error="), "");
  program.signal(SIGHUP);
  program.signal(SIGTERM);
  EXPECT_EQ(1'000 + SIGTERM, program.wait()) << "the hang-up did nothing; there was nothing to drain";
}

TEST_F(BrokerProgram, ATokenNeedsTheSchemaAndMakesNone) {
  server().create_database("unmigrated");
  const std::string empty = server().conninfo("unmigrated");
  Program early({"token", "--database", empty});
  EXPECT_EQ(2, early.wait());
  EXPECT_NE(early.text().find("fastchat-broker migrate"), std::string::npos) << early.text();
  {
    pqxx::connection connection(empty);
    pqxx::work tx(connection);
    EXPECT_EQ(0, tx.exec("select count(*) from pg_tables where schemaname = 'public'")[0][0].as<int>());
  }
  Program migrate({"migrate", "--database", empty});
  EXPECT_EQ(0, migrate.wait());
  EXPECT_NE(migrate.text().find("the schema is at "), std::string::npos) << migrate.text();
  EXPECT_EQ(0, Program({"migrate", "--database", empty}).wait()) << "once more is fine";
  EXPECT_EQ(0, Program({"token", "--database", empty}).wait());
}

TEST_F(BrokerProgram, AHangUpReadsTheLevelOfTheLogAgain) {
  const std::string file = folder_.path + "/broker.toml";
  const auto write = [&](const std::string& text) { std::ofstream(file, std::ios::trunc) << text; };
  write("log-level = \"info\"\n");
  auto all = arguments();
  all.insert(all.end(), {"--config", file});
  Program program(all);
  ASSERT_NE(program.wait_for("clients="), "");
  write("log-level = \"error\"\n");
  program.signal(SIGHUP);
  EXPECT_EQ(program.wait_for("reloaded log_level="), "error");
  write("log-level = \n");
  program.signal(SIGHUP);
  EXPECT_NE(program.wait_for("not_reloaded error="), "");
  program.signal(SIGTERM);
  EXPECT_EQ(0, program.wait()) << "the hang-ups ended nothing";
  EXPECT_EQ(program.text().find("stopped"), std::string::npos) << "below the level now";
}

TEST_F(BrokerProgram, CheckConfigReadsAndEnds) {
  auto all = arguments();
  all.push_back("--check-config");
  EXPECT_EQ(0, Program(all).wait());
}

TEST_F(BrokerProgram, CheckConfigOpensWhatItNames) {
  const auto refused = [&](const std::string& option, const std::string& value, const std::string& says) {
    auto all = arguments();
    *(std::find(all.begin(), all.end(), option) + 1) = value;
    all.push_back("--check-config");
    Program program(all);
    EXPECT_EQ(1, program.wait()) << option << ' ' << value;
    EXPECT_NE(program.text().find(says), std::string::npos) << program.text();
    EXPECT_EQ(std::count(program.text().begin(), program.text().end(), '\n'), 1) << program.text();
  };
  refused("--clients", "nonsense", "--clients must be an endpoint");
  refused("--control", "tcp://127.0.0.1", "--control must be an endpoint");
  refused("--keys", keys_ + "/nowhere", "broker.key");
  std::ofstream(keys_ + "/realm", std::ios::trunc) << "too short";
  refused("--keys", keys_, "realm");
}

}  // namespace
}  // namespace fastchat::test
