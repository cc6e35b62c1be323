#include "client/tui/tui.h"

#include <utility>

#include "client/tui/app.h"
#include "client/tui/terminal/terminal.h"

namespace fastchat::tui {

Result<> run_tui(client::SessionOptions options, const Settings& settings, const client::StartServing& serve) {
  options.typing = settings.typing;
  GoOn from;
  for (;;) {
    App app(options, settings, std::move(from));
    auto ended = app.run(serve);
    if (!ended) {
      Terminal::close();
      return ended.error();
    }
    if (!*ended) return Unit{};
    from = std::move(**ended);
    if (from.entry) options.invite = from.entry->invite;
  }
}

}  // namespace fastchat::tui
