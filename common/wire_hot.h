// Readers of the traffic messages. Only wire.cc uses them. The readers return false to refuse the frame. Pure.
#pragma once

#include "common/wire.h"

namespace fastchat::wire {

bool read_upstream(ByteView in, UpstreamView* out);
bool read_downstream(ByteView in, DownstreamView* out);
bool read_bus_traffic(ByteView in, BusTrafficView* out);

}  // namespace fastchat::wire
