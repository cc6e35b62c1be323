// The profile as the screen uses it: open in this process (HeldProfile), or open in a holder beside which this screen
// is a window (AttachedProfile). Lives on the loop's thread.
#pragma once

#include <string>
#include <vector>

#include "client/tui/adapters/disk_files.h"
#include "client/tui/pages/event.h"
#include "client/tui/ports/ports.h"
#include "client/tui/window/window_link.h"

namespace fastchat::tui {

class ProfileAccess {
 public:
  virtual ~ProfileAccess() = default;
  virtual Ports ports() = 0;
  virtual DiskFiles& local_files() = 0;
  virtual bool is_holder() const = 0;
  virtual std::string user() const = 0;  // empty without an account
  // Returns true when the account was deleted, as far as this program knows.
  virtual bool account_deleted() const { return false; }

  // Returns the page to begin with. Connects an unlocked profile.
  virtual PageName begin() = 0;
  // Tells the first page of the connection, and serves the profile to other programs. Call once that page is open.
  virtual void begun() = 0;
  // Makes the changes that an earlier holder has not confirmed.
  virtual void make(const std::vector<OwedCall>& calls) = 0;
  // Makes drafts of the texts that an earlier run could not send. Call before a main page is made.
  virtual void restore_texts() {}
  // Confirms that this text of a SendFailed is in a draft, which was kept.
  virtual void took_back(const SendFailed& /*failed*/) {}
  // Keeps texts that are not in the outbox yet.
  virtual void keep_texts() {}

  // Reports that the person types, or turned to this screen.
  virtual void used() = 0;
  // Returns true when this screen notifies the person of messages: of several windows, the one used last does.
  virtual bool in_front() const = 0;

  // Begins a graceful end. Let the loop turn until ended() or for two seconds, then call close().
  virtual void end() = 0;
  virtual bool ended() const = 0;
  // Ends the connection. Returns a line when changes may be missing, else an empty text.
  virtual std::string close() = 0;
};

}  // namespace fastchat::tui
