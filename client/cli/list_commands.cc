// conversations, contacts: list the people and groups of this profile. Neither connects.
#include <algorithm>

#include "client/cli/commands.h"
#include "client/session/people.h"

namespace fastchat::cli {
namespace {

constexpr const char* kGap = "  ";

std::string padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

class ListCommand : public Runner {
 public:
  using Runner::Runner;

 private:
  void begin() override {
    unlocked([this] { options_.command == Command::kContacts ? contacts() : conversations(); });
  }

  void conversations() {
    const auto all = session_->conversations();
    if (!all.ok()) return fail(all.error());
    size_t width = 0;
    for (const client::ConversationInfo& c : *all) width = std::max(width, c.peer.text().size());
    for (const client::ConversationInfo& c : *all) {
      Json json;
      json.add("with", c.peer.text()).add_number("last_ms", c.last_ms).add_number("unread", c.unseen);
      json.add_bool("mentioned", c.mentioned).add_bool("wrote", c.wrote);
      json.add("cursor", std::to_string(c.last_position));
      const std::string named = c.mentioned ? ", you are mentioned" : "";
      const std::string unread = c.unseen == 0 ? "" : kGap + std::to_string(c.unseen) + " unread" + named;
      const std::string line = padded(c.peer.text(), width) + kGap + local_time(c.last_ms) + unread;
      if (!print_line(options_.json ? json.str() : line)) return;
    }
    finish(kExitOk);
  }

  void contacts() {
    const auto status = session_->status();
    if (!status.ok()) return fail(status.error());
    size_t width = 0, trust_width = 0;
    for (const client::ContactInfo& c : status->contacts) {
      width = std::max(width, c.user.size());
      trust_width = std::max(trust_width, std::string(trust_word(c.trust)).size());
    }
    for (const client::ContactInfo& c : status->contacts) {
      Json json;
      json.add("user", c.user).add("fingerprint", c.fingerprint).add("trust", trust_word(c.trust));
      json.add_bool("changed", c.changed).add_number("since_ms", c.since_ms);
      json.add("standing", standing_word(c.standing));
      const bool stranger = c.standing == 0 && session_->people().strangers() != client::Strangers::kTake;
      const std::string line = padded(c.user, width) + kGap + padded(trust_word(c.trust), trust_width) +
                               (c.since_ms == 0 ? "" : kGap + ("since " + local_time(c.since_ms))) +
                               (c.standing == 2 ? kGap + std::string("blocked") : "") +
                               (stranger ? kGap + std::string("not accepted") : "") +
                               (c.changed ? kGap + ("the key changed: fastchat verify " + c.user) : "");
      if (!print_line(options_.json ? json.str() : line)) return;
    }
    finish(kExitOk);
  }
};

}  // namespace

std::unique_ptr<Runner> make_list(const Options& o) {
  return std::make_unique<ListCommand>(o);
}

}  // namespace fastchat::cli
