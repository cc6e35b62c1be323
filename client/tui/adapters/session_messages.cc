#include "client/tui/adapters/session_messages.h"

#include <string_view>

#include "client/session/draft_home.h"
#include "client/tui/adapters/toasts.h"

namespace fastchat::tui {
namespace {

constexpr std::string_view kReply = "/reply ";

}  // namespace

SessionMessages::Sent SessionMessages::waits(const client::PeerName& to, const std::string& typed,
                                             const std::string& answers) {
  return [&unsent = unsent_, &session = session_, alive = ticket_.alive(), number = unsent_.add(to, typed),
          hear = hear_, to, typed, answers](const Result<client::SentMessage>& r) {
    unsent.done(number);
    if (r.ok()) return;
    if (!alive()) return unsent.give_back(to, typed);
    const client::PeerName home = client::draft_home(to, session);
    if (home == to) return hear(SendFailed{to, typed, answers, r.error()});
    const std::string text = answers.empty() ? typed : typed.substr(kReply.size());
    hear(SendFailed{home, text, "", err(r.code(), r.error().text + "; your text is a draft: /msg " + home.text())});
  };
}

void SessionMessages::put(const Written& written) {
  const client::PeerName& to = written.to;
  if (written.poll) {
    return session_.send_poll(to, written.text, {}, written.name, waits(to, "/poll " + written.text, ""));
  }
  // Adds a slash, so that a text that comes back unsent is not taken for a command.
  const bool slash = written.text.starts_with('/');
  const std::string typed = std::string(!written.answers.empty() ? kReply : slash ? "/" : "") + written.text;
  session_.send(to, written.text, {written.answers, written.name}, waits(to, typed, written.answers));
}

client::Session::Done SessionMessages::told(std::string good) {
  return ticket_.guarded(toasts(screen_, std::move(good)));
}

void SessionMessages::edit(const std::string& id, const std::string& text) {
  session_.edit(id, text, told(""));
}

void SessionMessages::erase(const std::string& id) {
  session_.erase(id, told(""));
}

void SessionMessages::react(const std::string& id, const std::string& emoji) {
  session_.react(id, emoji, told(""));
}

void SessionMessages::vote(const std::string& id, uint32_t choice) {
  session_.vote(id, choice, told(choice == 0 ? "Your vote is removed." : ""));
}

void SessionMessages::typing(const client::PeerName& to) {
  if (typing_) session_.typing(to);
}

}  // namespace fastchat::tui
