// Implements Files over a session.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "client/runtime/tickets.h"
#include "client/session/session.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/files.h"
#include "client/tui/ports/screen.h"

namespace fastchat::tui {

// A file that a person sends.
struct FileToSend {
  client::PeerName to;
  std::string path;
  std::string answers{};  // id of the message that it answers
  std::string name{};     // as in client::SendOptions; may be empty
};

class SessionFiles : public Files {
 public:
  SessionFiles(client::Session& session, Screen& screen, const client::Ticket& ticket, EventHandler hear)
      : session_(session), screen_(screen), ticket_(ticket), hear_(std::move(hear)) {}

  void send(const client::PeerName& to, const std::string& path, const std::string& reply_to) override {
    put({to, path, reply_to}, [] {});
  }
  // Sends a file. Calls `settled` when the upload is on disk, and when it ended or its failure is shown.
  void put(const FileToSend& file, const std::function<void()>& settled);
  void save(const std::string& id, const std::string& folder) override;
  void show(const std::string& id) override;
  std::vector<client::TransferInfo> transfers() override;
  void cancel(const std::string& transfer) override { session_.cancel_transfer(transfer); }

 private:
  client::Session& session_;
  Screen& screen_;
  const client::Ticket& ticket_;
  EventHandler hear_;
};

}  // namespace fastchat::tui
