// group: create, add, remove, rename, handover, leave, delete; list and info. A change ends when the server made the
// change and accepted the keys of the new epoch for every member.
#include "client/cli/commands.h"

namespace fastchat::cli {
namespace {

class GroupCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    connect();
    if (!options_.timeout_s) deadline_in(kChangeTimeoutS);
  }

  // `list` and `info` print the groups known on this device when it stays offline.
  void on_offline(const client::ConnectionEvent& event) override {
    if (!only_reads() || event.retry_after_ms == 0 || ++tries_ < 2) return Runner::on_offline(event);
    host_->stay_offline();
    print_groups();
  }

  // Notes that the queue is empty, so that the groups are as new as the server's.
  void on_live() override { live_ = true; }

  void on_turn() override {
    if (done_ && session_->unaccepted() == 0) return finish(kExitOk);
    if (!live_ || asked_) return;
    // Waits until the session took in the changes made while this device was away.
    if (session_->groups_busy()) return;
    asked_ = true;
    if (only_reads()) return print_groups();
    act();
  }

  bool only_reads() const { return options_.group_verb == GroupVerb::kList || options_.group_verb == GroupVerb::kInfo; }

  void act() {
    const auto done = guarded([this](const Result<>& r) {
      if (r.ok()) {
        done_ = true;
      } else if (r.code() == Code::kNameTaken) {
        finish(kExitUsage, "another group has this name: choose another name", Code::kNameTaken);
      } else if (r.code() == Code::kThrottled) {
        finish(kExitThrottled, r.error().text);  // the text has the time of the next try
      } else {
        fail(r.error());
      }
    });
    client::GroupEdit edit;
    switch (options_.group_verb) {
      case GroupVerb::kCreate:
        return session_->create_group(options_.group, options_.users, done);
      case GroupVerb::kLeave:
        return session_->leave_group(options_.group, done);
      case GroupVerb::kDelete:
        return session_->delete_group(options_.group, done);
      case GroupVerb::kAdd:
        edit.add = options_.users;
        break;
      case GroupVerb::kRemove:
        edit.remove = options_.users;
        break;
      case GroupVerb::kRename:
        edit.rename = options_.new_name;
        break;
      case GroupVerb::kHandOver:
        edit.hand_over_to = options_.new_admin;
        break;
      default:
        return;
    }
    session_->change_group(options_.group, edit, done);
  }

  void print_groups() {
    Result<std::vector<client::GroupInfo>> all = session_->groups();
    if (!all.ok()) return fail(all.error());
    bool found = false;
    for (const client::GroupInfo& g : *all) {
      const bool wanted = options_.group_verb == GroupVerb::kList ? g.member : g.name == options_.group;
      if (!wanted) continue;
      found = true;
      print(g);
    }
    if (!found && options_.group_verb == GroupVerb::kInfo) {
      return finish(kExitUsage, "no such group: #" + options_.group, Code::kUnknownGroup);
    }
    finish(kExitOk);
  }

  void print(const client::GroupInfo& g) {
    if (options_.json) {
      print_line(Json()
                     .add("name", g.name)
                     .add("id", to_hex(g.id))
                     .add_number("epoch", g.epoch)
                     .add("admin", g.admin)
                     .add_list("members", g.members)
                     .add_bool("member", g.member)
                     .add_bool("admin_is_me", g.admin_is_me)
                     .add_bool("readable", g.readable)
                     .add_bool("deleted", g.deleted)
                     .str());
      return;
    }
    const std::string count = std::to_string(g.members.size()) + (g.members.size() == 1 ? " member" : " members");
    const char* membership = g.deleted ? ", deleted" : !g.member ? ", you are not a member" : "";
    print_line(client::PeerName::of_group(g.name).text() + "  " + count + ", admin " + g.admin + membership +
               (g.member && !g.readable ? ", its key has not arrived yet" : ""));
    if (options_.group_verb != GroupVerb::kInfo) return;
    for (const std::string& user : g.members) print_line("  " + user + (user == g.admin ? " (admin)" : ""));
  }

  void on_timeout() override {
    const bool kept = asked_ && !only_reads() && options_.group_verb != GroupVerb::kLeave &&
                      options_.group_verb != GroupVerb::kDelete;
    finish(kExitTimeout, kept ? "timed out: the change is stored and made with the next command" : "timed out");
  }

  bool live_ = false, asked_ = false, done_ = false;
  int tries_ = 0;
};

}  // namespace

std::unique_ptr<Runner> make_group(const Options& o) {
  return std::make_unique<GroupCommand>(o);
}

}  // namespace fastchat::cli
