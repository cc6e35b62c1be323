#include "client/runtime/server.h"

#include <utility>

namespace fastchat::client {

void Server::on_link_up() {
  if (engine_) engine_->on_link_up(turn_.now_ms());
}

void Server::on_link_down(core::LinkLoss loss) {
  if (engine_) engine_->on_link_down(turn_.now_ms(), loss);
}

void Server::on_link_frame(ByteView frame) {
  if (engine_) engine_->on_frame(turn_.now_ms(), frame);
}

// Returns false when there is no connection. The answer is then kLocalUnreachable, in the next turn.
bool Server::may_ask(const Answer& answer) {
  if (!ended()) return true;
  turn_.before_commit([answer] { answer(err(Code::kLocalUnreachable, "not connected")); });
  return false;
}

void Server::ask(v1::ClientFrame&& frame, Answer answer, int64_t timeout_ms) {
  if (!may_ask(answer)) return;
  asked_[engine_->request(turn_.now_ms(), std::move(frame), timeout_ms)] = std::move(answer);
  turn_.wake();
}

void Server::ask(uint64_t request, Bytes&& frame, Answer answer, int64_t timeout_ms) {
  if (!may_ask(answer)) return;
  engine_->request(turn_.now_ms(), request, std::move(frame), timeout_ms);
  asked_[request] = std::move(answer);
  turn_.wake();
}

void Server::ask_for_parts(std::vector<Bytes> hashes, Answer answer) {
  asked_[core::Link::kPartsId] = std::move(answer);
  engine_->get_parts(turn_.now_ms(), std::move(hashes));
}

void Server::reply(uint64_t request, const Result<v1::ServerFrame*>& answer) {
  auto it = asked_.find(request);
  if (it == asked_.end()) return;
  const Answer call = std::move(it->second);
  asked_.erase(it);
  // Answers about file chunks write nothing in this turn.
  const bool of_chunk = answer.ok() && ((*answer)->has_chunk() || (*answer)->has_chunk_stored());
  if (!of_chunk && (answer.ok() || answer.code() != Code::kInternal)) turn_.begin();
  call(answer);
}

}  // namespace fastchat::client
