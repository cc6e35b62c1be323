// Removes a device, for both servers: the broker replaces one, the worker removes one on its user's request. Used
// inside a transaction on a pg::Session.
#pragma once

#include <cstdint>

#include "common/bytes.h"
#include "common/pg/session.h"
#include "common/result.h"

namespace fastchat::pg {

// Removes the device row, its queue and its receipts. The queue of the user's last device moves to the mailbox.
// Messages that were queued for this device alone move to another device, which can tell whether it has them already.
// Marks the id as ended. Returns kOk also for a device that ended before (the first answer got lost), and
// kUnknownDevice for an unknown device. *did: the device's number in the servers. Locks the user's row first, as every
// login with the password does. So a login under way ends before, or finds the mark.
PgResult<Code> end_device(Session& session, int64_t uid, ByteView device, int64_t* did);

// Does the same without a mark, for a device whose row the transaction has locked.
PgResult<> drop_device(Session& session, int64_t did);

}  // namespace fastchat::pg
