#include "broker/core/store.h"

#include <utility>

namespace fastchat::broker {
namespace {

using Body = decltype(StoreReply::body);

template <class T>
Body lift(Result<T> result) {
  if (!result.ok()) return result.error();
  return StoreAnswer(std::move(result).value());
}

struct Run {
  Store& store;
  Body operator()(const NewUser& user) const { return lift(store.sign_up(user)); }
  Body operator()(const FindLogin& find) const { return lift(store.login_row(find.user, find.device)); }
  Body operator()(const LogInDevice& device) const { return lift(store.log_in_device(device)); }
  Body operator()(const AdoptQueue& adopt) const { return lift(store.adopt_queue(adopt.uid, adopt.did)); }
  Body operator()(const NewPassword& change) const { return lift(store.change_password(change)); }
  Body operator()(const ReadParts& asked) const { return lift(store.read_parts(asked)); }
  Body operator()(const DeleteUser& user) const { return lift(store.delete_user(user)); }
};

}  // namespace

Result<uint64_t> Store::catch_up_log(const std::function<void(const LogSlice&)>& each) {
  uint64_t added = 0;
  for (LogSlice at{0, 0, true}; at.more;) {
    auto slice = catch_up_slice(at.after);
    if (!slice) return slice.error();
    at = *slice;
    added += at.added;
    each(at);
  }
  return added;
}

StoreReply execute(Store& store, const StoreRequest& request) {
  return StoreReply{request.id, std::visit(Run{store}, request.body)};
}

}  // namespace fastchat::broker
