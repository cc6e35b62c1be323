// How a request of a page ended, told on the status line.
#pragma once

#include <string>
#include <utility>

#include "client/session/session.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

// The value, or an empty one after its error was shown.
template <class T>
T value_or_toast(Result<T> result, Screen& screen) {
  if (result.ok()) return std::move(*result);
  screen.toast(result.error().text, Style::kBad);
  return T();
}

// Shows how a request ended; nothing when it went well and `good` is empty. `screen` outlives it.
inline client::Session::Done toasts(Screen& screen, std::string good) {
  return [&screen, good = std::move(good)](const Result<>& r) {
    if (!r.ok()) return screen.toast(r.error().text, Style::kBad);
    if (!good.empty()) screen.toast(good, Style::kGood);
  };
}

}  // namespace fastchat::tui
