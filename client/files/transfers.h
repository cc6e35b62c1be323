// The transfers under way, up and down, as a session uses them. Restores the transfers of the last run, and moves one
// upload and one download in each turn. Owns the file worker, whose answers come on the session's thread, where this
// class lives.
#pragma once

#include <string>
#include <vector>

#include "client/files/downloads.h"
#include "client/files/uploads.h"

namespace fastchat::client {

class Transfers final : public TurnPart {
 public:
  Transfers(Machine& machine, Turn& turn, Server& server, store::FileTable& table, const Account& account,
            FileRecords& records, Timeline& timeline, Sender& sender, Outbox& outbox, Listener& listener);

  // The errors of send(), fetch() and cancel() are those of Session.
  void send(const PeerName& to, const std::string& path, const SendOptions& options, Outbox::Done done,
            Uploads::Kept kept = {});
  void fetch(const std::string& message_id, const std::string& directory, Downloads::Fetched done);
  void cancel(const std::string& id);
  // Returns the transfers in the order in which they began.
  Result<std::vector<TransferInfo>> list();

  // Restores the transfers that the last run left under way, once the profile is unlocked.
  Result<> restore();
  // Returns true when the server has answered every report.
  bool settled() const { return releases_.settled(); }

  void work() override;
  int64_t next_wake() const override;

 private:
  void on_answer(FileAnswer& answer);

  Turn& turn_;
  Server& server_;
  const Account& account_;
  FileWorker worker_;
  FileReleases releases_;
  TransferReports reports_;
  Uploads uploads_;
  Downloads downloads_;
  bool restored_ = false;
};

}  // namespace fastchat::client
