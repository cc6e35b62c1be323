// Asks for heads of the log of keys; the oracle judges the answers.
#include "tests/sim/client_node.h"

namespace fastchat::sim {

void ClientNode::read_log() {
  post(life(), Source::kOwn, [this] {
    if (ended_) return;
    v1::ClientFrame f;
    const uint64_t size = oracle_.key_log.size_of(device_);
    f.mutable_get_log_head()->add_from(size);
    const uint64_t request = engine_->request(ms(), std::move(f));
    asked_.insert(request);
    asked_log_[request] = size;
  });
}

void ClientNode::took_log(uint64_t request, const v1::ServerFrame& answer) {
  const auto asked = asked_log_.extract(request);
  if (asked && answer.has_log_growth()) oracle_.key_log.seen(device_, asked.mapped(), answer.log_growth());
}

}  // namespace fastchat::sim
