// Small sealed things of a profile: drafts, what is muted.
#include "client/e2e/seal.h"
#include "client/runtime_body.h"
#include "client/runtime_impl.h"

namespace fastchat::client {
namespace {

Error locked() {
  return err(Code::kLocalUsage, "the profile is locked");
}

}  // namespace

Result<std::string> Session::note(const std::string& name) {
  if (!unlocked()) return locked();
  auto box = impl_->store_->note(name);
  if (!box.ok()) return box.error();
  if (!*box) return std::string();
  Result<e2e::Secret> text = e2e::open_local(impl_->account_.secrets().local_key, note_place(name), **box);
  if (!text.ok()) return text.error();
  return std::string(text->view());
}

Result<> Session::set_note(const std::string& name, const std::string& text) {
  if (!unlocked()) return locked();
  const Bytes box =
      text.empty() ? Bytes() : e2e::seal_local(impl_->account_.secrets().local_key, note_place(name), text);
  if (auto r = impl_->store_->begin(); !r.ok()) return r;
  if (auto r = impl_->store_->put_note(name, box); !r.ok()) return r;
  impl_->poke();
  return Unit{};
}

}  // namespace fastchat::client
