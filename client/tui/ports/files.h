// Files of messages, on their way up and down.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"

namespace fastchat::tui {

class Files {
 public:
  virtual ~Files() = default;
  // `reply_to`: id of the message that it answers, or empty.
  virtual void send(const std::string& to, const std::string& path, const std::string& reply_to) = 0;
  // Of the message with this id: keeps the file in a folder (empty: the downloads), or fetches it (FileFetched).
  virtual void save(const std::string& id, const std::string& folder) = 0;
  virtual void show(const std::string& id) = 0;
  virtual std::vector<client::TransferInfo> transfers() = 0;
  virtual void cancel(const std::string& transfer) = 0;
};

}  // namespace fastchat::tui
