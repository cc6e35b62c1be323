// The content of exported files: what begins a file, a message as a block of text for people, and the blocks that a
// file holds already. A block of a file of JSON lines is a line. Pure but for the time zone of the process.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/runtime/listener.h"
#include "common/result.h"

namespace fastchat::cli {

// A conversation as the first line of its files names it. A second export goes on only with files of the same one.
struct ExportSource {
  std::string user, realm;
  client::PeerName with;
  std::string group;  // the group's id, 64 hex digits; empty for a person

  // Return the beginning of the first line of a file, which is the same in every export.
  std::string jsonl_identity() const;
  std::string text_identity() const;
};

// Return the lines that begin each export in a file: version and time (Unix ms).
std::string jsonl_heading(const ExportSource& source, const std::string& version, int64_t now_ms);
std::string text_heading(const ExportSource& source, const std::string& version, int64_t now_ms, bool first);

// Returns the name that the file of a message gets in an export: the beginning of the message's id and the safe name.
std::string exported_name(const client::ChatMessage& message);

// Returns a message as a block of lines, without a line feed at its end. `answered`: the message that it answers, when
// that is here.
std::string text_block(const client::ChatMessage& message, const client::ChatMessage* answered);

// The blocks that a file holds. The owner adds the old content of the file, then asks for each block whether the file
// holds it. Holds 32 bytes for a block.
class ExportedBlocks {
 public:
  enum class Form { kJsonl, kText };
  // kChanged: the file holds the message as it was before. Blocks of text have no id, so they are new or there.
  enum class Fate { kThere, kChanged, kNew };
  ExportedBlocks(Form form, std::string identity) : form_(form), identity_(std::move(identity)) {}

  // Takes a piece of the old content. Fails with kLocalUsage for content that this conversation's export did not write.
  Result<> add(std::string_view piece);
  // Ends the old content. Fails as add() does.
  Result<> end_of_old();
  Fate take(std::string_view block);

 private:
  using Key = std::array<uint64_t, 2>;
  struct Keys {
    Key content{};
    std::optional<Key> id;
  };
  static Key key_of(std::string_view bytes);
  std::optional<Keys> keys_of(std::string_view block) const;
  Result<> add_line(std::string_view line);
  Result<> end_block();

  const Form form_;
  const std::string identity_;
  std::string partial_, block_;
  bool begun_ = false;                           // the first line was read
  std::vector<std::pair<Key, Key>> named_;       // id and content; of an id the last one counts
  std::vector<std::pair<Key, uint32_t>> plain_;  // content of blocks without an id, and how many are not taken
};

}  // namespace fastchat::cli
