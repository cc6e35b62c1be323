#include "client/tui/adapters/unsent_texts.h"

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
  const Result<std::string> written = session_.setting(draft_of(to));
  if (written.ok()) (void)session_.set_setting(draft_of(to), before(text, *written));
}

Result<> UnsentTexts::keep() {
  if (!session_.unlocked()) return Unit{};
  const auto setting = book_.changed_setting();
  return setting ? session_.set_setting(setting_, *setting) : Result<>(Unit{});
}

void restore_unsent(const char* setting, ProfileSettings& settings, Screen& screen) {
  const auto texts = UnsentBook::texts_of(settings.get(setting));
  for (auto it = texts.rbegin(); it != texts.rend(); ++it) {
    settings.set(draft_of(it->first), before(it->second, settings.get(draft_of(it->first))));
  }
  if (texts.empty()) return;
  settings.set(setting, "");
  const std::string to = texts.back().first.text();
  screen.toast("A message to " + to + " was not sent: /msg " + to + " opens it as a draft.", Style::kWarn);
}

}  // namespace fastchat::tui
