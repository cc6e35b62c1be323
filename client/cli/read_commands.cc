// search, status, quarantine: print data that is on disk. Only `status --ping` connects.
#include <optional>
#include <vector>

#include "client/cli/commands.h"

namespace fastchat::cli {
namespace {

constexpr double kPingSeconds = 30;

class ReadCommand : public Runner {
 public:
  using Runner::Runner;
  // Prints the status, after the first answer to a ping.
  void on_latency(const client::ConnectionEvent& event) override {
    if (!finishing() && options_.ping) status(&event);
  }

 private:
  void begin() override {
    switch (options_.command) {
      case Command::kStatus:
        if (!options_.ping) return status(nullptr);
        if (!options_.timeout_s) deadline_in(kPingSeconds);
        return connect();
      case Command::kQuarantine:
        return unlocked([this] { quarantine(); });
      default:
        return unlocked([this] { messages(session_->search(options_.words, options_.limit.value_or(kUsualLimit))); });
    }
  }

  void messages(const Result<std::vector<client::ChatMessage>>& found) {
    if (!found.ok()) return fail(found.error());
    found_ = *found;
    on_turn();
  }

  // Prints as many messages as the reader takes in a turn.
  void on_turn() override {
    if (!found_) return;
    while (printed_ < found_->size() && host_->takes_more()) {
      const client::ChatMessage& m = (*found_)[printed_++];
      if (!print_line(options_.json ? message_json(m, session_->user()) : message_line(m))) return;
    }
    if (printed_ == found_->size()) finish(kExitOk);
  }

  void quarantine() {
    Result<std::vector<store::QuarantineEntry>> rows = session_->quarantine();
    if (!rows.ok()) return fail(rows.error());
    for (const store::QuarantineEntry& q : *rows) {
      Json json;
      json.add_number("received_ms", q.received_ms)
          .add("from", q.from)
          .add("reason", q.word.empty() ? "other" : q.word)
          .add("text", q.reason)
          .add("hash", to_hex(q.hash));
      const std::string who = q.from.empty() ? "somebody" : q.from;
      if (!print_line(options_.json ? json.str() : "from " + who + ": " + q.reason)) break;
    }
    finish(kExitOk);
  }

  static std::vector<Json> devices_json(const std::vector<client::DeviceInfo>& devices) {
    std::vector<Json> out(devices.size());
    for (size_t i = 0; i < out.size(); ++i) {
      const client::DeviceInfo& d = devices[i];
      out[i].add("id", d.id).add("name", d.name).add("address", d.address);
      out[i].add_number("created_ms", d.created_ms).add_bool("this", d.this_one);
    }
    return out;
  }

  void status(const client::ConnectionEvent* live) {
    Result<client::StatusInfo> r = session_->status();
    if (!r.ok()) return fail(r.error());
    const client::StatusInfo& s = *r;
    if (!s.has_profile) return finish(kExitUsage, "no account in " + options_.data_dir + ": check --data-dir");
    // A locked profile lists no files.
    Result<std::vector<client::TransferInfo>> transfers = session_->transfers();
    if (!transfers.ok()) return fail(transfers.error());
    Result<std::vector<client::DeviceInfo>> devices = session_->known_devices();
    if (!devices.ok()) return fail(devices.error());
    std::string servers;
    for (const std::string& endpoint : s.endpoints) servers += (servers.empty() ? "" : " ") + endpoint;
    if (options_.json) {
      std::vector<Json> files;
      for (const auto& t : *transfers) files.push_back(transfer_json(t));
      Json json;
      json.add("user", s.user)
          .add("device", s.device)
          .add("fingerprint", s.fingerprint)
          .add("realm", s.realm)
          .add("servers", servers)
          .add_bool("remembered", s.remembered)
          .add_number("outbox", s.outbox)
          .add_number("unaccepted", s.unaccepted)
          .add_number("unread", s.unseen)
          .add_number("quarantined", s.quarantined)
          .add_number("contacts", s.contacts.size())
          .add_list("transfers", files)
          .add_list("devices", devices_json(*devices));
      if (live != nullptr) json.add("worker", live->worker).add_number("latency_ms", live->latency_ms);
      print_line(json.str());
      return finish(kExitOk);
    }
    print_line("user         " + s.user +
               (s.remembered ? "" : " (logged out or not remembered: commands ask for the password)"));
    print_line("server       " + servers);
    if (live != nullptr) print_line("connection   " + client::describe_live(*live));
    print_line("fingerprint  " + s.fingerprint);
    print_line("device       " + s.device);
    for (const client::DeviceInfo& d : *devices) {
      if (!d.this_one)
        print_line("other device " + d.id + "  " + d.name + (d.address.empty() ? "" : ", from " + d.address));
    }
    print_line("unread       " + std::to_string(s.unseen));
    print_line("outbox       " + std::to_string(s.outbox) + " not delivered, " + std::to_string(s.unaccepted) +
               " of them not accepted");
    for (const auto& t : *transfers) print_line("transfer     " + transfer_line(t));
    print_line("quarantined  " + std::to_string(s.quarantined) + (s.quarantined == 0 ? "" : " (fastchat quarantine)"));
    finish(kExitOk);
  }

  std::optional<std::vector<client::ChatMessage>> found_;
  size_t printed_ = 0;
};

}  // namespace

std::unique_ptr<Runner> make_read(const Options& o) {
  return std::make_unique<ReadCommand>(o);
}

}  // namespace fastchat::cli
