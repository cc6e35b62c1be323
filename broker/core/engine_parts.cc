// Parts of the vault, for a device that logs in: it has the keys that its user knows before its messages come
// (PROTOCOL.md section 3).
#include <utility>

#include "broker/core/answers.h"
#include "broker/core/engine.h"

namespace fastchat::broker {

void Engine::read_parts(Link& link, const v1::ClientFrame& in) {
  const auto& hashes = in.get_vault_parts().hashes();
  const auto count = static_cast<size_t>(hashes.size());
  if (link.version < 5 || link.owner == 0 || count > link.parts_left) {
    ports_.event(Event::kRefused, link.address);
    return answer_error(link.rid, in.request(), Code::kNotAllowed, "this login may ask for no further parts");
  }
  if (ports_.unsent(link.rid) > kMaxUnsent) {
    ports_.event(Event::kRefused, link.address);
    return answer_error(link.rid, in.request(), Code::kBusy, "earlier answers are still on their way", kBusyRetryMs);
  }
  link.parts_left -= count;
  link.state = LinkState::kReading;
  link.request = in.request();
  Pending pending;
  pending.asked = Asked::kParts;
  pending.client = {link.rid, link.serial};
  pending.who.name = link.user;
  ask_store(link.user, kShare, std::move(pending), ReadParts{link.owner, {hashes.begin(), hashes.end()}});
}

void Engine::on_parts(Link* link, StoreBody&& body) {
  if (!body.ok()) return refuse(link, Code::kBusy, kBusyText, kBusyRetryMs);
  auto& read = std::get<PartsRead>(*body);
  v1::ServerFrame out;
  out.mutable_vault_parts()->set_looked(static_cast<uint32_t>(read.looked));
  for (Bytes& part : read.parts) out.mutable_vault_parts()->add_parts(std::move(part));
  answer(link, LinkState::kAssigned, std::move(out));
}

}  // namespace fastchat::broker
