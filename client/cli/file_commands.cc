// send --file, fetch, files.
#include <map>
#include <set>

#include "client/cli/awaited.h"
#include "client/cli/commands.h"
#include "client/cli/recipient.h"

namespace fastchat::cli {
namespace {

// Seconds without any progress after which a command gives up.
constexpr double kIdleS = 60;

// Sends one file after the other, then the text when there is one.
class SendFilesCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    if (!options_.timeout_s) deadline_in(kIdleS);
    options_.send_id.empty() ? connect() : unlocked([this] { look_up_id(); });
  }

  // Names a part of this command after its --id: a file by its place in the command, the text as `send` without files
  // names it.
  std::string name_of(size_t part) const {
    if (options_.send_id.empty() || part == options_.files.size()) return options_.send_id;
    return options_.send_id + '\0' + std::to_string(part);
  }

  // Looks for the messages that were sent under this --id before. Each stands for its part of this command. When no
  // part is missing, the command needs no server to begin.
  void look_up_id() {
    size_t missing = 0;
    for (size_t part = 0; part < options_.files.size() + (options_.text ? 1 : 0); ++part) {
      const auto sent = session_->sent_as(name_of(part));
      if (!sent.ok()) return fail(sent.error());
      if (*sent && (*sent)->peer != options_.peer) {
        return finish(kExitUsage, "this --id names a message to " + (*sent)->peer.text() + ": choose another KEY");
      }
      missing += *sent ? 0 : 1;
    }
    may_begin_ = missing == 0;
    host_->start();
  }

  void on_attached() override { may_begin_ = true; }

  void on_turn() override {
    if (!may_begin_ || started_ || finishing() || !to_.known(*session_, was_live_)) return;
    if (const auto may = may_await(options_.awaited, options_.peer, session_->user()); !may.ok())
      return fail(may.error());
    started_ = true;
    for (size_t part = 0; part < options_.files.size(); ++part) {
      ++open_;
      session_->send_file(to_.name(), options_.files[part], {options_.message_id, name_of(part)},
                          guarded([this](const Result<client::SentMessage>& r) { sent(r); }));
    }
  }

  void sent(const Result<client::SentMessage>& r) {
    --open_;
    if (finishing()) return;
    host_->show_progress({});
    if (!r.ok()) return fail(r.error());
    waiting_.insert(r->row);
    const auto came = early_.extract(r->row);
    if (!came.empty()) return take_receipt(came.mapped());
    if (!options_.send_id.empty()) {
      const auto before = session_->message_info(r->id);
      if (!before.ok()) return fail(before.error());
      if (const auto receipt = receipt_of(before->message, server())) return take_receipt(*receipt);
    }
    next();
  }

  void next() {
    if (finishing() || open_ > 0) return;
    if (options_.text && !std::exchange(text_sent_, true)) {
      ++open_;
      return session_->send(to_.name(), *options_.text, {options_.message_id, options_.send_id},
                            guarded([this](const Result<client::SentMessage>& r) { sent(r); }));
    }
    if (waiting_.empty()) finish(kExitOk);
  }

  void on_transfer(const client::TransferEvent& event) override {
    if (finishing() || !event.upload || event.peer != to_.name()) return;
    if (!options_.timeout_s && event.done != done_) deadline_in(kIdleS);
    done_ = event.done;
    if (event.state == client::TransferInfo::State::kRunning || event.state == client::TransferInfo::State::kWaiting) {
      host_->show_progress({event, {}});
    }
  }

  void on_receipt(const client::ReceiptEvent& event) override {
    // A member of a group may read a message before the server answers.
    if (finishing() || event.state == client::MessageState::kSending) return;
    if (waiting_.contains(event.row)) return take_receipt(event);
    // The receipt may come before send_file() reports its message.
    if (open_ > 0) early_[event.row] = event;
  }

  void take_receipt(const client::ReceiptEvent& event) {
    if (event.state == client::MessageState::kFailed) return fail(err(event.failure, event.text));
    if (reached(options_.awaited, event)) {
      waiting_.erase(event.row);
      accepted_.erase(event.row);
      if (options_.json) print_line(accepted_json(event));
    } else {
      accepted_[event.row] = event;
    }
    // Nothing is left but what --wait waits for, so no time limit applies but --timeout.
    if (!has_unaccepted() && !waiting_.empty() && !options_.timeout_s) deadline_in(0);
    next();
  }

  bool has_unaccepted() const {
    return !finishing() &&
           (!started_ || open_ > 0 || (options_.text && !text_sent_) || accepted_.size() < waiting_.size());
  }

  // Ends the command, with a line for each message that is accepted and not yet where --wait waits for it to be.
  void give_up(int status, const std::string& why) {
    for (const auto& [row, event] : accepted_) {
      if (options_.json) print_line(accepted_json(event));
    }
    if (has_unaccepted() || accepted_.empty()) {
      const std::string others = accepted_.empty() ? "the files" : "the other files";
      return finish(status, why + ": the server keeps the sent parts; send " + others + " again to continue");
    }
    finish(status, why + ": " + not_reached(options_.awaited, accepted_.begin()->second));
  }

  void on_timeout() override { give_up(kExitTimeout, "timed out"); }
  void on_interrupt() override { give_up(kExitUnexpected, "interrupted"); }

  Recipient to_{options_.peer};
  bool may_begin_ = false, started_ = false, text_sent_ = false;
  size_t open_ = 0;
  uint64_t done_ = 0;
  std::set<int64_t> waiting_;                         // rows of messages that are not where they should be yet
  std::map<int64_t, client::ReceiptEvent> accepted_;  // of them, by row: those that the server has
  std::map<int64_t, client::ReceiptEvent> early_;     // by row: of messages that may be this command's
};

class FetchCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    unlocked([this] {
      session_->fetch_file(
          options_.message, options_.directory, guarded([this](const Result<std::string>& path) {
            if (finishing()) return;
            host_->show_progress({});
            if (!path.ok()) return fail(path.error());
            if (options_.json) {
              print_line(Json().add("event", "saved").add("id", options_.message).add("path", *path).str());
            } else {
              print_line(*path);
            }
            finish(kExitOk);
          }));
      if (!finishing()) host_->start();
    });
    if (!options_.timeout_s) deadline_in(kIdleS);
  }

  void on_transfer(const client::TransferEvent& event) override {
    if (finishing() || event.id != options_.message) return;
    if (!options_.timeout_s && event.done != done_) deadline_in(kIdleS);
    done_ = event.done;
    if (event.state == client::TransferInfo::State::kRunning || event.state == client::TransferInfo::State::kWaiting) {
      host_->show_progress({event, {}});
    }
  }

  void on_timeout() override {
    finish(kExitTimeout, "timed out: the fetched part stays; fetch the file again to continue");
  }
  void on_interrupt() override {
    finish(kExitUnexpected, "interrupted: the fetched part stays; fetch the file again to continue");
  }

  uint64_t done_ = 0;
};

// Lists the files that are on their way to and from this device, or cancels one of these transfers.
class FilesCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    unlocked([this] {
      Result<std::vector<client::TransferInfo>> all = session_->transfers();
      if (!all.ok()) return fail(all.error());
      if (!options_.message.empty()) return cancel(*all);
      for (const client::TransferInfo& t : *all) {
        if (!print_line(options_.json ? transfer_json(t).str() : t.id + "  " + transfer_line(t))) break;
      }
      finish(kExitOk);
    });
  }

  void cancel(const std::vector<client::TransferInfo>& all) {
    const auto named = [this](const client::TransferInfo& t) { return t.id == options_.message; };
    if (std::none_of(all.begin(), all.end(), named)) {
      return finish(kExitUsage, "no transfer has this id: `fastchat files` lists the transfers");
    }
    session_->cancel_transfer(options_.message);
  }

  void on_transfer(const client::TransferEvent& event) override {
    if (event.id == options_.message && event.state == client::TransferInfo::State::kFailed) finish(kExitOk);
  }
};

}  // namespace

std::unique_ptr<Runner> make_send_files(const Options& o) {
  return std::make_unique<SendFilesCommand>(o);
}
std::unique_ptr<Runner> make_fetch(const Options& o) {
  return std::make_unique<FetchCommand>(o);
}
std::unique_ptr<Runner> make_files(const Options& o) {
  return std::make_unique<FilesCommand>(o);
}

}  // namespace fastchat::cli
