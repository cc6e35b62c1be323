#include "client/session/shared_drafts.h"

#include <algorithm>

namespace fastchat::client {
namespace {

constexpr const char* kDraft = "draft:";
constexpr const char* kAside = "aside:";

// Remembers a text. Forgets another text when there are too many.
void remember(std::map<std::string, std::string>& texts, const std::string& name, const std::string& text) {
  if (texts.size() >= kMaxSharedDrafts && !texts.contains(name)) texts.erase(texts.begin());
  texts[name] = text;
}

}  // namespace

Result<std::string> SharedDrafts::get(uint64_t window, const std::string& name) {
  Result<std::string> text = get_(name);
  if (text.ok() && name.starts_with(kDraft)) remember(windows_[window].known, name, *text);
  return text;
}

Result<> SharedDrafts::set(uint64_t window, const std::string& name, const std::string& text) {
  if (!name.starts_with(kDraft)) return set_(name, text);
  Window& mine = windows_[window];
  const Result<std::string> kept = get_(name);
  const auto known = mine.known.find(name);
  if (kept.ok() && !kept->empty() && *kept != text) {
    if (known != mine.known.end() && known->second == *kept) {
      // The person saw the text of the other window in this window, so the text belongs to this window now.
      for (auto& [number, other] : windows_) {
        const auto written = other.written.find(name);
        if (number != window && written != other.written.end() && written->second == *kept) {
          other.written.erase(written);
        }
      }
    } else if (!shown_elsewhere(window, name, *kept)) {
      put_aside(name, *kept);
    }
  }
  const Result<> done = set_(name, text);
  if (!done.ok()) return done;
  remember(mine.known, name, text);
  remember(mine.written, name, text);
  return done;
}

void SharedDrafts::saw(uint64_t window, const std::string& name, const std::string& text) {
  if (name.starts_with(kDraft)) remember(windows_[window].known, name, text);
}

void SharedDrafts::leave(uint64_t window) {
  const auto node = windows_.extract(window);
  if (node.empty()) return;
  for (const auto& [name, text] : node.mapped().written) {
    const Result<std::string> kept = get_(name);
    if (text.empty() || !kept.ok() || *kept == text) continue;
    if (kept->empty()) {
      (void)set_(name, text);
    } else {
      put_aside(name, text);
    }
  }
}

bool SharedDrafts::shown_elsewhere(uint64_t window, const std::string& name, const std::string& text) const {
  return std::any_of(windows_.begin(), windows_.end(), [&](const auto& other) {
    const auto written = other.second.written.find(name);
    return other.first != window && written != other.second.written.end() && written->second == text;
  });
}

void SharedDrafts::put_aside(const std::string& name, const std::string& text) {
  const std::string aside = kAside + name.substr(std::string(kDraft).size());
  const Result<std::string> before = get_(aside);
  if (!before.ok() || before->find(text) != std::string::npos) return;
  (void)set_(aside, text + (before->empty() ? "" : "\n" + *before));
}

}  // namespace fastchat::client
