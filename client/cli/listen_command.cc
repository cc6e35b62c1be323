// listen: prints the unseen messages, then the messages that arrive. The command marks a message as seen once the line
// is written. So only one run prints a message, unless that run was killed between the two steps. The unseen messages
// are printed a page at a time, once the disk has room for the page's marks. The marks are committed before the next
// page.
#include <deque>
#include <utility>
#include <vector>

#include "client/cli/commands.h"

namespace fastchat::cli {
namespace {

constexpr size_t kPage = 200;
constexpr size_t kMaxBehind = 1000;  // lines that wait for a slow reader; more are printed, up to the output's bound

class ListenCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    unlocked([this] {
      catching_up_ = true;
      print_page();
    });
  }

  // Prints the next page: the turn before committed the marks of the page before.
  void on_turn() override {
    if (catching_up_ && (host_->takes_more() || came_.size() > kMaxBehind)) print_page();
    while (!catching_up_ && !came_.empty() && !finishing() && host_->takes_more()) print_first();
  }

  void print_page() {
    Result<std::vector<client::ChatMessage>> page = session_->unseen(printed_upto_, kPage);
    if (!page.ok()) return fail(page.error());
    if (page->empty()) {
      catching_up_ = false;
      return print_rest();
    }
    if (const Result<> room = session_->try_seen(*page); !room.ok()) return fail(room.error());
    for (const client::ChatMessage& message : *page) {
      // The next turn goes on behind printed_upto_.
      if (!host_->takes_more() && came_.size() <= kMaxBehind) return;
      print(message);
      if (finishing()) return;
      printed_upto_ = message.position;
    }
  }

  void on_message(const client::ChatMessage& message) override {
    // Prints no message that this device sends. Prints messages that another device of this user sent.
    if (finishing() || message.ref != 0) return;
    // A shared session is live meanwhile, and a screen beside this command may mark new messages as seen.
    came(message, false);
  }

  // Prints a line now, or once the reader took the lines before.
  void came(const client::ChatMessage& message, bool changed) {
    came_.push_back({message, changed});
    while (!catching_up_ && !came_.empty() && !finishing() && (host_->takes_more() || came_.size() > kMaxBehind)) {
      print_first();
    }
  }

  void print_first() {
    const Came first = std::move(came_.front());
    came_.pop_front();
    first.changed ? print_changed(first.message) : print(first.message);
  }

  void print_rest() {
    std::erase_if(came_, [this](const Came& came) {
      return !came.changed && !came.message.mine && came.message.position <= printed_upto_;
    });
    if (!finishing()) host_->start();
  }

  // Leaves out notices about the account: each comes as a line of its own conversation, too.
  void on_notice(const client::Notice& notice) override {
    // The marks of the last lines may be lost.
    if (notice.kind == client::Notice::Kind::kDisk && finishing()) return spoil(notice.text);
    // The message of a stranger is printed itself.
    if (notice.kind == client::Notice::Kind::kRequest && !notice.peer.is_group()) return;
    if (notice.kind != client::Notice::Kind::kAccount) Runner::on_notice(notice);
  }

  // Prints a message that was edited, deleted or reacted to, as it is now.
  void on_changed(const client::ChatMessage& message) override {
    if (!finishing()) came(message, true);
  }

  void print_changed(const client::ChatMessage& message) {
    print_line(options_.json ? message_json(message, session_->user(), "changed") : message_line(message));
  }

  void print(const client::ChatMessage& message) {
    const std::string line = options_.json ? message_json(message, session_->user()) : message_line(message);
    if (!print_line(line)) return;
    host_->mark_seen_once_written(message);
    if (options_.save_files && message.file && !message.mine) save(message);
    const bool counts = !message.mine && client::is_content(message.kind);
    if (counts) ++printed_;
    end_when_done();
  }

  void save(const client::ChatMessage& message) {
    ++saving_;
    session_->fetch_file(
        message.id, options_.directory, guarded([this, id = message.id](const Result<std::string>& path) {
          --saving_;
          if (finishing()) return;
          if (!path.ok()) {
            warn("a file was not saved: " + explain(path.error(), server()));
          } else {
            const std::string plain = "saved " + *path;
            print_line(options_.json ? Json().add("event", "saved").add("id", id).add("path", *path).str() : plain);
          }
          end_when_done();
        }));
  }

  void end_when_done() {
    if (options_.count != 0 && printed_ >= options_.count && saving_ == 0) finish(kExitOk);
  }

  void on_timeout() override {
    if (options_.count == 0) return finish(kExitOk);
    finish(kExitTimeout,
           "timed out: " + std::to_string(printed_) + " of " + std::to_string(options_.count) + " messages arrived");
  }
  void on_interrupt() override { finish(kExitOk); }

  struct Came {
    client::ChatMessage message;
    bool changed = false;
  };
  std::deque<Came> came_;     // lines that are not printed yet
  bool catching_up_ = false;  // the messages from before the command are being printed
  int64_t printed_upto_ = 0;  // a position
  uint64_t printed_ = 0;
  size_t saving_ = 0;
};

}  // namespace

std::unique_ptr<Runner> make_listen(const Options& o) {
  return std::make_unique<ListenCommand>(o);
}

}  // namespace fastchat::cli
