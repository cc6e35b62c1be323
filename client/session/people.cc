#include "client/session/people.h"

namespace fastchat::client {

void People::verify(const std::string& user, std::function<void(const Result<VerifyInfo>&)> done) {
  contacts_.verify(user, std::move(done));
  turn_.wake();
}

Result<> People::judge_key(const std::string& user, bool accept) {
  return accept ? contacts_.accept(user) : contacts_.keep(user);
}

void People::accept(const PeerName& peer, Done done) {
  requests_.accept(peer, std::move(done));
  turn_.wake();
}

void People::decline(const PeerName& peer, Done done) {
  requests_.decline(peer, std::move(done));
  turn_.wake();
}

void People::block(const std::string& user, Done done) {
  requests_.block(user, std::move(done));
  turn_.wake();
}

void People::unblock(const std::string& user, Done done) {
  requests_.unblock(user, std::move(done));
  turn_.wake();
}

void People::make_card(Cards::Made done) {
  cards_.make(std::move(done));
  turn_.wake();
}

void People::use_card(const std::string& line, Cards::Used done) {
  cards_.use(line, std::move(done));
  turn_.wake();
}

Strangers People::strangers() const {
  const StandingBook& book = standings_.book();
  return book.strangers_row().wanted + book.strangers_row().server == 0 ? Strangers::kUndecided : book.strangers();
}

}  // namespace fastchat::client
