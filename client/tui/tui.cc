#include "client/tui/tui.h"

#include <optional>
#include <utility>

#include "client/tui/app.h"
#include "client/tui/terminal/terminal.h"

namespace fastchat::tui {

Result<> run_tui(client::SessionOptions options, const Settings& settings, const client::StartServing& serve) {
  options.typing = settings.typing;
  std::optional<Entry> entry;
  for (;;) {
    App app(options, settings, std::move(entry));
    auto ended = app.run(serve);
    if (!ended) {
      Terminal::close();
      return ended.error();
    }
    if (!*ended) return Unit{};
    options.invite = (*ended)->invite;
    entry = std::move(*ended);
  }
}

}  // namespace fastchat::tui
