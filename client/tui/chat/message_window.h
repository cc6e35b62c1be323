// The part of a conversation that is in memory, in display order, with flags for more messages on disk before and
// behind it. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "client/session/session.h"

namespace fastchat::tui {

class MessageWindow {
 public:
  static constexpr size_t kMax = 3000;  // messages in memory

  // Replaces the messages. `whole`: nothing older is on disk. `latest`: nothing newer is on disk.
  void show(std::vector<client::ChatMessage> messages, bool whole, bool latest);
  void add(const client::ChatMessage& message);
  // Counts a new message that is on disk and not in memory.
  void count_new();
  // Returns true when the line at this position is in memory; false for 0.
  bool has(int64_t position) const;
  void add_older(std::vector<client::ChatMessage> messages);  // empty: there is nothing older
  void add_newer(std::vector<client::ChatMessage> messages);  // empty: there is nothing newer
  void drop_oldest();
  void drop_newest();

  void on_receipt(const client::ReceiptEvent& event);
  void on_changed(const client::ChatMessage& message);
  // Records that the file of a message is on this disk now.
  void set_file(const std::string& id, const std::string& path);

  // The place of the first message in memory among all messages of the conversation. show() forgets the place.
  void set_place(client::PlaceInfo place) { place_ = place; }
  const std::optional<client::PlaceInfo>& place() const { return place_; }

  const std::deque<client::ChatMessage>& all() const { return messages_; }
  bool full() const { return messages_.size() > kMax; }
  bool whole() const { return whole_; }
  bool has_latest() const { return latest_; }
  int64_t oldest() const { return messages_.empty() ? 0 : messages_.front().position; }  // positions
  int64_t newest() const { return messages_.empty() ? 0 : messages_.back().position; }

 private:
  std::deque<client::ChatMessage> messages_;
  bool whole_ = true, latest_ = true;
  std::optional<client::PlaceInfo> place_;
};

}  // namespace fastchat::tui
