// Removing a device, for both servers: the broker replaces one, the worker removes one on its user's request. Used
// inside a transaction on a pg::Session.
#pragma once

#include <cstdint>

#include "common/bytes.h"
#include "common/pg/session.h"
#include "common/result.h"

namespace fastchat::pg {

// The device row, its queue and receipts go. What the user's last device had queued becomes the mailbox's; what was
// queued for this device alone, another's, who knows whether it has it already. The id is marked as ended. kOk also for
// a device that ended before (the first answer got lost); kUnknownDevice. *did: what the device was to the servers.
// Locks the user's row first, as every login with the password does: a login under way ends before or finds the mark.
PgResult<Code> end_device(Session& session, int64_t uid, ByteView device, int64_t* did);

// The same without a mark, for a device whose row the transaction has locked.
PgResult<> drop_device(Session& session, int64_t did);

}  // namespace fastchat::pg
