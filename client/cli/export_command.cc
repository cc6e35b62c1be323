// export: writes conversations into files, one conversation after the other, a page of messages or a piece of a file in
// a turn of the loop. Of each conversation first the files of its messages, when they are wanted, then the lines, so
// that a line says where its file is. Connects only to fetch a file. A second export adds what is missing.
#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/export_file.h"
#include "client/cli/export_text.h"
#include "client/cli/known_peers.h"
#include "client/e2e/hash.h"
#include "client/e2e/sanitise.h"
#include "common/clock.h"
#include "common/try.h"

namespace fastchat::cli {
namespace {

using Form = ExportedBlocks::Form;
using Fate = ExportedBlocks::Fate;

constexpr size_t kMessagesOfTurn = 100;
constexpr double kIdleSeconds = 60;  // without progress of a file, after which the command goes on without it
constexpr int kTries = 3;            // to connect, after which the command goes on without the files

// Returns the beginning of the names of a conversation's files. No two conversations have the same.
std::string base_name(const client::PeerName& with) {
  const std::string safe = e2e::safe_file_name(with.text());
  return safe == with.text() ? safe : safe + "-" + to_hex(e2e::sha256(with.text()).substr(0, 4));
}

// The files of messages: found page by page, fetched when they are not here, copied.
struct FilesOfConversation {
  std::unique_ptr<ExportFolder> folder;  // once there is a file
  std::deque<client::ChatMessage> found;
  std::unique_ptr<FileCopy> copy;
  bool fetching = false;
};

// A conversation that is being exported.
struct OneExport {
  client::PeerName with;
  int64_t upto = 0;  // the position of the newest line when the export began
  int64_t read = 0;  // the position of the last line that was read
  ExportSource source;
  std::unique_ptr<ExportFile> jsonl, text;
  uint64_t added = 0, changed = 0, files = 0, missing = 0;
};

class ExportCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  enum class Step { kIdle, kNext, kFiles, kReadOld, kLines };

  void begin() override {
    unlocked([this] {
      const Result<> ready = prepare();
      if (!ready.ok()) return fail(ready.error());
      go(Step::kNext);
    });
  }

  Result<> prepare() {
    for (const std::string& peer : options_.peers) {
      const client::PeerName name(peer);
      const auto line = session_->history(name, 1);
      if (!line.ok()) return line.error();
      if (line->empty()) {
        const std::string hint = mistyped_peer(*session_, name);
        return err(Code::kLocalUsage, hint.empty() ? "no conversation with " + e2e::sanitise_line(peer) : hint);
      }
      waiting_.push_back(name);
    }
    if (options_.peers.empty()) {
      const auto all = session_->conversations();
      if (!all.ok()) return all.error();
      for (const client::ConversationInfo& conversation : *all) waiting_.push_back(conversation.peer);
    }
    const auto status = session_->status();
    if (!status.ok()) return status.error();
    realm_ = status->realm;
    auto folder = ExportFolder::open(options_.directory);
    if (!folder.ok()) return folder.error();
    folder_ = std::move(*folder);
    return Unit{};
  }

  // Goes on in the next turn of the loop.
  void go(Step step) {
    step_ = step;
    host_->loop().at(0, [](int64_t) {});
  }

  void on_turn() override {
    if (finishing() || !host_->takes_more()) return;
    const Result<> done = work();
    if (!done.ok()) fail(done.error());
  }

  Result<> work() {
    switch (step_) {
      case Step::kIdle:
        return Unit{};
      case Step::kNext:
        return next_conversation();
      case Step::kFiles:
        return work_on_files();
      case Step::kReadOld:
        return read_old();
      case Step::kLines:
        return write_lines();
    }
    return Unit{};
  }

  Result<> next_conversation() {
    if (waiting_.empty()) {
      end();
      return Unit{};
    }
    one_ = OneExport();
    files_ = FilesOfConversation();
    one_.with = waiting_.front();
    waiting_.pop_front();
    // One conversation named twice is exported once.
    if (!begun_.insert(one_.with.text()).second) return go(Step::kNext), Unit{};
    const auto newest = session_->history(one_.with, 1);
    if (newest.code() == Code::kUnknownGroup && options_.peers.empty()) {
      // The local store has messages of a group of which it has nothing else.
      warn("not exported: " + newest.error().text);
      return go(Step::kNext), Unit{};
    }
    if (!newest.ok()) return newest.error();
    for (const client::ChatMessage& line : *newest) one_.upto = std::max(one_.upto, line.position);
    one_.source = {session_->user(), realm_, one_.with, {}};
    const auto groups = session_->groups();
    if (!groups.ok()) return groups.error();
    for (const client::GroupInfo& group : *groups) {
      if (client::PeerName::of_group(group.name) == one_.with) one_.source.group = to_hex(group.id);
    }
    go(options_.with_files ? Step::kFiles : Step::kReadOld);
    return Unit{};
  }

  // Returns the next messages, at most kMessagesOfTurn; none behind the newest one of the beginning.
  Result<std::vector<client::ChatMessage>> next_page() {
    auto page = session_->history_after(one_.with, kMessagesOfTurn, one_.read);
    if (!page.ok()) return page;
    while (!page->empty() && page->back().position > one_.upto) page->pop_back();
    if (!page->empty()) one_.read = page->back().position;
    return page;
  }

  // ---- files

  Result<> work_on_files() {
    if (files_.fetching) return Unit{};
    if (files_.copy) return copy_some();
    if (!files_.found.empty()) return next_file();
    auto page = next_page();
    if (!page.ok()) return page.error();
    for (client::ChatMessage& message : *page) {
      if (message.file && !message.deleted) files_.found.push_back(std::move(message));
    }
    if (page->empty()) one_.read = 0;
    go(page->empty() ? Step::kReadOld : Step::kFiles);
    return Unit{};
  }

  Result<> next_file() {
    if (!files_.folder) {
      auto folder = ExportFolder::open(options_.directory + "/" + base_name(one_.with) + ".files");
      if (!folder.ok()) return folder.error();
      files_.folder = std::move(*folder);
    }
    const client::ChatMessage& message = files_.found.front();
    if (files_.folder->has(exported_name(message))) return file_done(), Unit{};
    if (message.file->state == client::FileView::State::kGone) {
      miss("the server does not have it any more");
      return Unit{};
    }
    if (message.file->state != client::FileView::State::kHere) {
      if (no_fetching_) {
        miss("");
        return Unit{};
      }
      if (!std::exchange(connects_, true)) host_->start();
    }
    files_.fetching = true;
    if (!options_.timeout_s) deadline_in(kIdleSeconds);
    const uint64_t number = ++fetch_;
    session_->fetch_file(message.id, "", guarded([this, number](const Result<std::string>& path) {
                           if (number == fetch_ && files_.fetching && !finishing()) fetched(path);
                         }));
    return Unit{};
  }

  void fetched(const Result<std::string>& path) {
    files_.fetching = false;
    host_->show_progress({});
    if (!options_.timeout_s) deadline_in(0);
    if (path.code() == Code::kLocalDisk) return fail(path.error());
    if (!path.ok()) return miss(explain(path.error(), server()));
    const client::ChatMessage& message = files_.found.front();
    auto copy = FileCopy::open(*path, *files_.folder, exported_name(message), message.file->size);
    if (!copy.ok()) return miss(copy.error().text);
    files_.copy = std::move(*copy);
    go(Step::kFiles);
  }

  Result<> copy_some() {
    const Result<bool> whole = files_.copy->step();
    if (!whole.ok()) return whole.error();
    if (!*whole) return go(Step::kFiles), Unit{};
    ++one_.files;
    file_done();
    return Unit{};
  }

  void file_done() {
    files_.copy.reset();
    files_.found.pop_front();
    go(Step::kFiles);
  }

  // Goes on without a file. `why`: a line about it, or empty.
  void miss(const std::string& why) {
    if (!why.empty()) warn("not exported: " + exported_name(files_.found.front()) + ": " + why);
    ++one_.missing;
    ++missing_;
    file_done();
  }

  // Goes on without the files that are not here.
  void stop_fetching(const std::string& why) {
    if (!std::exchange(no_fetching_, true)) warn("files that are not on this device are left out: " + why);
    ++fetch_;
    if (std::exchange(files_.fetching, false)) miss("");
  }

  void on_transfer(const client::TransferEvent& event) override {
    if (finishing() || !files_.fetching || event.id != files_.found.front().id) return;
    if (!options_.timeout_s) deadline_in(kIdleSeconds);
    using State = client::TransferInfo::State;
    if (event.state == State::kRunning || event.state == State::kWaiting) host_->show_progress({event, {}});
  }

  void on_attached() override { tries_ = 0; }

  void on_offline(const client::ConnectionEvent& event) override {
    const Error why = err(event.code, event.text);
    if (no_fetching_ || options_.timeout_s || event.retry_after_ms == 0 || ++tries_ < kTries) return;
    stop_fetching(explain(why, server()));
  }

  void on_timeout() override {
    if (options_.timeout_s) return finish(kExitTimeout, "timed out: export again to go on" + offline_reason());
    stop_fetching("no progress within a minute");
  }
  void on_interrupt() override { finish(kExitUnexpected, "interrupted: export again to go on"); }

  // ---- lines

  Result<> read_old() {
    if (!one_.jsonl && !one_.text) {
      const std::string base = base_name(one_.with);
      if (options_.format != ExportFormat::kText) {
        one_.jsonl =
            std::make_unique<ExportFile>(*folder_, base + ".jsonl", Form::kJsonl, one_.source.jsonl_identity());
        FC_TRY(one_.jsonl->open());
      }
      if (options_.format != ExportFormat::kJsonl) {
        one_.text = std::make_unique<ExportFile>(*folder_, base + ".txt", Form::kText, one_.source.text_identity());
        FC_TRY(one_.text->open());
      }
      reading_ = {one_.jsonl.get(), one_.text.get()};
      std::erase(reading_, nullptr);
    }
    const Result<bool> all = reading_.front()->read_some();
    if (!all.ok()) return all.error();
    if (*all) reading_.erase(reading_.begin());
    go(reading_.empty() ? Step::kLines : Step::kReadOld);
    return Unit{};
  }

  Result<> write_lines() {
    const auto page = next_page();
    if (!page.ok()) return page.error();
    for (const client::ChatMessage& message : *page) FC_TRY(write(message));
    if (!page->empty()) return go(Step::kLines), Unit{};
    for (ExportFile* file : {one_.jsonl.get(), one_.text.get()}) {
      if (file != nullptr) FC_TRY(file->finish());
    }
    report();
    go(Step::kNext);
    return Unit{};
  }

  // Adds a message to the files that do not hold it as it is now.
  Result<> write(const client::ChatMessage& message) {
    Fate fate = Fate::kThere;
    if (one_.jsonl) {
      const auto line = [&](const char* event) {
        return e2e::escape_hidden(message_json(message, session_->user(), event));
      };
      const std::string now = line(nullptr);
      fate = one_.jsonl->take(now);
      if (fate != Fate::kThere) {
        FC_TRY(one_.jsonl->add(fate == Fate::kChanged ? line("changed") : now,
                               jsonl_heading(one_.source, FASTCHAT_VERSION, Clock::wall_ms())));
      }
    }
    if (one_.text) {
      std::optional<client::ChatMessage> answered;
      if (!message.reply_to.empty()) {
        if (auto info = session_->message_info(message.reply_to); info.ok()) answered = std::move(info->message);
      }
      const std::string block = text_block(message, answered ? &*answered : nullptr);
      const Fate of_text = one_.text->take(block);
      if (of_text != Fate::kThere) {
        const bool first = one_.text->is_first();
        FC_TRY(one_.text->add(block, text_heading(one_.source, FASTCHAT_VERSION, Clock::wall_ms(), first)));
      }
      if (!one_.jsonl) fate = of_text;
    }
    one_.added += fate == Fate::kNew ? 1 : 0;
    one_.changed += fate == Fate::kChanged ? 1 : 0;
    return Unit{};
  }

  void report() {
    if (options_.json) {
      Json json;
      json.add("event", "exported").add("with", one_.with.text());
      json.add_number("added", one_.added).add_number("changed", one_.changed);
      json.add_number("files", one_.files).add_number("missing_files", one_.missing);
      print_line(json.str());
      return;
    }
    std::string counts;
    const auto add = [&](uint64_t count, const std::string& what) {
      if (count != 0) counts += (counts.empty() ? "" : ", ") + std::to_string(count) + " " + what;
    };
    add(one_.added, "added");
    add(one_.changed, "changed");
    add(one_.files, one_.files == 1 ? "file" : "files");
    add(one_.missing, one_.missing == 1 ? "missing file" : "missing files");
    print_line(one_.with.text() + ": " + (counts.empty() ? "nothing new" : counts));
  }

  void end() {
    if (missing_ == 0) return finish(kExitOk);
    finish(no_fetching_ ? kExitServer : kExitUsage,
           "exported, but for " + std::to_string(missing_) + (missing_ == 1 ? " file" : " files") +
               (no_fetching_ ? ": export again to add the rest" : ""),
           no_fetching_ ? Code::kLocalUnreachable : Code::kUnknownFile);
  }

  std::unique_ptr<ExportFolder> folder_;
  std::string realm_;
  std::deque<client::PeerName> waiting_;
  std::set<std::string> begun_;  // names of conversations
  Step step_ = Step::kIdle;
  OneExport one_;
  FilesOfConversation files_;
  std::vector<ExportFile*> reading_;  // of one_, whose old content is not read yet
  uint64_t fetch_ = 0;                // number of the last fetch; an answer to an earlier one comes too late
  uint64_t missing_ = 0;
  int tries_ = 0;
  bool connects_ = false, no_fetching_ = false;
};

}  // namespace

std::unique_ptr<Runner> make_export(const Options& o) {
  return std::make_unique<ExportCommand>(o);
}

}  // namespace fastchat::cli
