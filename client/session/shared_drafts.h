// The drafts of an open profile while several windows write them. The profile keeps the text of the window that wrote
// last. A text that a window overwrote without showing it is not lost: the window of that text still shows the text,
// and once that window is gone the text is put aside (the setting "aside:PEER"). Lives on the session's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "common/result.h"

namespace fastchat::client {

inline constexpr size_t kMaxSharedDrafts = 256;  // remembered drafts of a window

class SharedDrafts {
 public:
  using Get = std::function<Result<std::string>(const std::string& name)>;
  using Set = std::function<Result<>(const std::string& name, const std::string& text)>;
  // `get` and `set`: read and write a setting of the profile.
  SharedDrafts(Get get, Set set) : get_(std::move(get)), set_(std::move(set)) {}

  // Reads and writes a setting for a window. Settings that are no drafts pass through.
  Result<std::string> get(uint64_t window, const std::string& name);
  Result<> set(uint64_t window, const std::string& name, const std::string& text);
  // Notes the text that a window showed last under this name.
  void saw(uint64_t window, const std::string& name, const std::string& text);
  // Forgets a window that closes. Keeps its texts.
  void leave(uint64_t window);

 private:
  struct Window {
    std::map<std::string, std::string> known;    // drafts as the window read or wrote them
    std::map<std::string, std::string> written;  // drafts of the window that no other window took over
  };
  // Returns true when another window shows the text.
  bool shown_elsewhere(uint64_t window, const std::string& name, const std::string& text) const;
  void put_aside(const std::string& name, const std::string& text);

  const Get get_;
  const Set set_;
  std::map<uint64_t, Window> windows_;
};

}  // namespace fastchat::client
