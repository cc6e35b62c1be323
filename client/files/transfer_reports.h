// Reports the progress of transfers to the listener. Lives on the session's thread. The listener receives every report
// in the turn after the one that made it.
#pragma once

#include <string>

#include "client/files/transfer_item.h"
#include "client/messages/timeline.h"
#include "client/runtime/listener.h"
#include "client/runtime/turn.h"

namespace fastchat::client {

class TransferReports {
 public:
  TransferReports(Turn& turn, const Timeline& timeline, Listener& listener)
      : turn_(turn), timeline_(timeline), listener_(listener) {}

  // Returns the transfer as people see it now.
  TransferInfo info(const TransferItem& item) const;
  // Reports the transfer in this state. `path` replaces the path of info(), unless it is empty.
  void tell(TransferItem& item, TransferInfo::State state, const std::string& text = {}, const std::string& path = {});
  // Reports the end of a transfer by an error.
  void tell_failed(TransferItem& item, const Error& error);
  // Reports the progress of a running transfer, at most every 100 ms.
  void progress(TransferItem& item);

 private:
  Turn& turn_;
  const Timeline& timeline_;
  Listener& listener_;
};

}  // namespace fastchat::client
