// Requests about the files of messages: uploads and downloads.
#pragma once

#include <string>
#include <vector>

#include "client/session/session.h"

namespace fastchat::tui {

class Files {
 public:
  virtual ~Files() = default;
  // `reply_to`: id of the message that the file answers, or empty.
  virtual void send(const client::PeerName& to, const std::string& path, const std::string& reply_to) = 0;
  // Saves the file of the message with this id in a folder; empty: the download folder.
  virtual void save(const std::string& id, const std::string& folder) = 0;
  // Fetches the file of the message with this id. The answer is FileFetched.
  virtual void show(const std::string& id) = 0;
  virtual std::vector<client::TransferInfo> transfers() = 0;
  virtual void cancel(const std::string& transfer) = 0;
};

}  // namespace fastchat::tui
