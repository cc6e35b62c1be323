// The screen's configuration file. A value outside its choices is refused; an error is one line without control
// characters, since it is printed on the person's terminal.
#include "client/tui/settings.h"

#include <algorithm>
#include <optional>
#include <string>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/scratch.h"

FC_FUZZ(settings) {
  const MemoryFile file(input);
  const auto got = tui::load_settings(file.path(), [](const std::string&) { return std::nullopt; });
  if (!got.ok()) {
    FC_CHECK(got.error().code == Code::kLocalUsage && !got.error().text.empty());
    FC_CHECK(harmless(got.error().text));
    return;
  }
  const auto one_of = [](const std::string& value, std::initializer_list<const char*> choices) {
    return std::any_of(choices.begin(), choices.end(), [&](const char* c) { return value == c; });
  };
  FC_CHECK(one_of(got->theme, {"auto", "dark", "light", "16", "none"}));
  FC_CHECK(one_of(got->pictures, {"auto", "kitty", "sixel", "blocks"}));
  FC_CHECK(one_of(got->notify.desktop, {"auto", "osc9", "osc777", "none"}));
}
