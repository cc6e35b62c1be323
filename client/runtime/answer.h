// Questions to the server, as those who ask see them.
#pragma once

#include <functional>

#include "common/result.h"
#include "proto/client.pb.h"

namespace fastchat::client {

// The frame lives as long as the call. kLocalUnreachable: there is no session, or its link broke meanwhile;
// kLocalTimeout: nothing came in time; otherwise the server's refusal.
using Answer = std::function<void(const Result<v1::ServerFrame*>&)>;
using Ask = std::function<void(v1::ClientFrame&&, Answer)>;

}  // namespace fastchat::client
