// Readers of the traffic messages, used by wire.cc alone. False means: refuse the frame. Pure.
#pragma once

#include "common/wire.h"

namespace fastchat::wire {

bool read_upstream(ByteView in, UpstreamView* out);
bool read_downstream(ByteView in, DownstreamView* out);
bool read_bus_traffic(ByteView in, BusTrafficView* out);

}  // namespace fastchat::wire
