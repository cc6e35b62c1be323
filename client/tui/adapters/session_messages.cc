#include "client/tui/adapters/session_messages.h"

#include "client/tui/adapters/toasts.h"

namespace fastchat::tui {
namespace {

constexpr const char* kUnsent = "unsent";  // name of a setting

}  // namespace

SessionMessages::Sent SessionMessages::waits(const client::PeerName& to, const std::string& typed,
                                             const std::string& answers) {
  return [this, to, typed, answers, number = unsent_.add(to, typed)](const Result<client::SentMessage>& r) {
    unsent_.done(number);
    if (!r.ok()) hear_(SendFailed{to, typed, answers, r.error()});
  };
}

void SessionMessages::send(const client::PeerName& to, const std::string& text) {
  // Adds a slash, so that a text that comes back unsent is not taken for a command.
  session_.send(to, text, {}, waits(to, text.starts_with('/') ? "/" + text : text));
}

void SessionMessages::reply(const client::PeerName& to, const std::string& text, const std::string& id) {
  session_.send(to, text, client::SendOptions{id}, waits(to, "/reply " + text, id));
}

void SessionMessages::send_poll(const client::PeerName& to, const std::string& line) {
  session_.send_poll(to, line, {}, "", waits(to, "/poll " + line));
}

void SessionMessages::edit(const std::string& id, const std::string& text) {
  session_.edit(id, text, toasts(screen_, ""));
}

void SessionMessages::erase(const std::string& id) {
  session_.erase(id, toasts(screen_, ""));
}

void SessionMessages::react(const std::string& id, const std::string& emoji) {
  session_.react(id, emoji, toasts(screen_, ""));
}

void SessionMessages::vote(const std::string& id, uint32_t choice) {
  session_.vote(id, choice, toasts(screen_, choice == 0 ? "Your vote is removed." : ""));
}

void SessionMessages::keep_unsent() {
  if (!session_.unlocked()) return;
  if (const auto setting = unsent_.changed_setting()) settings_.set(kUnsent, *setting);
}

void SessionMessages::restore_unsent() {
  const auto texts = UnsentBook::texts_of(settings_.get(kUnsent));
  for (auto it = texts.rbegin(); it != texts.rend(); ++it) {
    const std::string draft = "draft:" + it->first.text(), written = settings_.get(draft);
    settings_.set(draft, written.empty() ? it->second : it->second + "\n" + written);
  }
  if (texts.empty()) return;
  settings_.set(kUnsent, "");
  screen_.toast("A message to " + texts.back().first.text() + " was not sent: /msg " + texts.back().first.text() +
                    " opens it as a draft.",
                Style::kWarn);
}

}  // namespace fastchat::tui
