// Texts that are written but not in the outbox yet, because a first message waits for the recipient's key. A setting of
// the profile stores the texts, so that they outlive the program. The next start puts the texts back into the input
// line. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/runtime/peer_name.h"

namespace fastchat::tui {

class UnsentBook {
 public:
  using Text = std::pair<client::PeerName, std::string>;  // recipient, text

  // Adds a text. Returns a number for done().
  uint64_t add(client::PeerName to, std::string text);
  void done(uint64_t number) { texts_.erase(number); }
  bool empty() const { return texts_.empty(); }

  // Returns all texts as one setting of the profile; empty for none.
  std::string setting() const;
  // Returns setting() when it differs from the one returned before.
  std::optional<std::string> changed_setting();
  // Parses a setting. Returns no texts for a malformed setting.
  static std::vector<Text> texts_of(std::string_view setting);

 private:
  uint64_t next_ = 0;
  std::map<uint64_t, Text> texts_;  // in the order they were written
  std::string kept_;
};

}  // namespace fastchat::tui
