// Callbacks for the server's answers to requests.
#pragma once

#include <functional>

#include "common/result.h"
#include "proto/client.pb.h"

namespace fastchat::client {

// Receives the answer to a request. The frame lives as long as the call. Fails with kLocalUnreachable when there is no
// session or its link broke meanwhile. Fails with kLocalTimeout when no answer came in time. Otherwise an error is the
// server's refusal.
using Answer = std::function<void(const Result<v1::ServerFrame*>&)>;
using Ask = std::function<void(v1::ClientFrame&&, Answer)>;

}  // namespace fastchat::client
