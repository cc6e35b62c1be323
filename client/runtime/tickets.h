// The tickets of the owners of callbacks. A session may call back after the owner is gone: a command that ended, a
// window that was closed. Lives on the session's thread, longer than every callback.
#pragma once

#include <cstdint>
#include <set>
#include <utility>

namespace fastchat::client {

class Tickets {
 public:
  uint64_t take() { return *held_.insert(held_.end(), ++last_); }
  void give_back(uint64_t ticket) { held_.erase(ticket); }
  bool holds(uint64_t ticket) const { return held_.contains(ticket); }

  // Returns a callback that does nothing after the ticket was given back.
  template <class Call>
  auto guarded(uint64_t ticket, Call call) {
    return [this, ticket, call = std::move(call)](auto&&... values) {
      if (holds(ticket)) call(std::forward<decltype(values)>(values)...);
    };
  }

 private:
  std::set<uint64_t> held_;
  uint64_t last_ = 0;
};

// A ticket that is given back by the destructor.
class Ticket {
 public:
  explicit Ticket(Tickets& tickets) : tickets_(tickets), number_(tickets.take()) {}
  ~Ticket() { tickets_.give_back(number_); }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  template <class Call>
  auto guarded(Call call) const {
    return tickets_.guarded(number_, std::move(call));
  }
  // Returns a function that tells whether the owner exists. The function outlives the owner.
  auto alive() const {
    return [tickets = &tickets_, number = number_] { return tickets->holds(number); };
  }

 private:
  Tickets& tickets_;
  const uint64_t number_;
};

}  // namespace fastchat::client
