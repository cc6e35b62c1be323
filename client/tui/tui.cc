#include "client/tui/tui.h"

#include "client/tui/app.h"

namespace fastchat::tui {

Result<> run_tui(client::SessionOptions options) {
  return App(std::move(options)).run();
}

}  // namespace fastchat::tui
