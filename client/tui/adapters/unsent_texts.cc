#include "client/tui/adapters/unsent_texts.h"

#include "client/session/draft_home.h"

namespace fastchat::tui {
namespace {

std::string draft_of(const client::PeerName& to) {
  return "draft:" + to.text();
}

std::string before(const std::string& text, const std::string& written) {
  return written.empty() ? text : text + "\n" + written;
}

}  // namespace

void UnsentTexts::give_back(const client::PeerName& to, const std::string& text) {
  const std::string draft = draft_of(client::draft_home(to, session_));
  const Result<std::string> written = session_.setting(draft);
  if (written.ok()) (void)session_.set_setting(draft, before(text, *written));
}

Result<> UnsentTexts::keep() {
  if (!session_.unlocked()) return Unit{};
  const auto setting = book_.changed_setting();
  return setting ? session_.set_setting(setting_, *setting) : Result<>(Unit{});
}

void restore_unsent(const char* setting, client::Session& session, ProfileSettings& settings, Screen& screen) {
  const auto texts = UnsentBook::texts_of(settings.get(setting));
  for (auto it = texts.rbegin(); it != texts.rend(); ++it) {
    const std::string draft = draft_of(client::draft_home(it->first, session));
    settings.set(draft, before(it->second, settings.get(draft)));
  }
  if (texts.empty()) return;
  settings.set(setting, "");
  const client::PeerName& to = texts.back().first;
  screen.toast("A message to " + to.text() + " was not sent: /msg " + client::draft_home(to, session).text() +
                   " opens it as a draft.",
               Style::kWarn);
}

}  // namespace fastchat::tui
