// Settings that are kept sealed in the profile under a name: "draft:bob", "mute:bob", "dnd".
#pragma once

#include <string>

namespace fastchat::tui {

class ProfileSettings {
 public:
  virtual ~ProfileSettings() = default;
  virtual std::string get(const std::string& name) = 0;  // empty: there is none
  // Stores a setting. An empty text removes the setting. The status line shows an error.
  virtual void set(const std::string& name, const std::string& text) = 0;
};

}  // namespace fastchat::tui
