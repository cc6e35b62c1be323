// Unicode's normal forms, by utf8proc, which is included in normal_form.cc alone. One accented letter can be typed as
// one code point or as two; in a normal form it is always the same bytes. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "client/e2e/secret.h"

namespace fastchat::e2e {

enum class NormalForm { kComposed, kDecomposed };  // NFC, NFD

// nullopt when `text` is not UTF-8. The result may be a few times as long as `text`; no copy of it is left in memory.
std::optional<Secret> normalise(std::string_view text, NormalForm form);

}  // namespace fastchat::e2e
