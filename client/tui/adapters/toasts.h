// Shows on the status line how a request of a page ended.
#pragma once

#include <string>
#include <utility>

#include "client/session/session.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

// Returns the value. On an error, shows the error and returns an empty value.
template <class T>
T value_or_toast(Result<T> result, Screen& screen) {
  if (result.ok()) return std::move(*result);
  screen.toast(result.error().text, Style::kBad);
  return T();
}

// Returns a Done that shows an error, or `good` after success unless `good` is empty. `screen` outlives the Done.
inline client::Session::Done toasts(Screen& screen, std::string good) {
  return [&screen, good = std::move(good)](const Result<>& r) {
    if (!r.ok()) return screen.toast(r.error().text, Style::kBad);
    if (!good.empty()) screen.toast(good, Style::kGood);
  };
}

}  // namespace fastchat::tui
