// Small sealed things of a profile: drafts, what is muted.
#include "client/runtime_body.h"
#include "client/runtime_impl.h"

namespace fastchat::client {
namespace {

Error locked() {
  return err(Code::kLocalUsage, "the profile is locked");
}

}  // namespace

// Keeps things of a conversation under the name that the store has for the conversation.
std::string Session::Impl::note_name(const std::string& name) const {
  const size_t at = name.find(":#");
  if (at == std::string::npos) return name;
  const std::string stored = stored_peer(name.substr(at + 1));
  return stored.empty() ? name : name.substr(0, at + 1) + stored;
}

Result<std::string> Session::note(const std::string& shown) {
  if (!unlocked()) return locked();
  const std::string name = impl_->note_name(shown);
  Result<std::string> text = impl_->read_note(name);
  // Before, it was kept under the shown name.
  return text.ok() && text->empty() && name != shown ? impl_->read_note(shown) : text;
}

Result<std::string> Session::Impl::read_note(const std::string& name) const {
  auto box = store_->note(name);
  if (!box.ok()) return box.error();
  if (!*box) return std::string();
  Result<e2e::Secret> text = account_.box().open(LocalPlace::note(name), **box);
  if (!text.ok()) return text.error();
  return std::string(text->view());
}

Result<> Session::set_note(const std::string& shown, const std::string& text) {
  if (!unlocked()) return locked();
  const std::string name = impl_->note_name(shown);
  const Bytes box = text.empty() ? Bytes() : impl_->account_.box().seal(LocalPlace::note(name), text);
  if (auto r = impl_->store_->begin(); !r.ok()) return r;
  if (auto r = impl_->store_->put_note(name, box); !r.ok()) return r;
  if (name != shown) {
    if (auto r = impl_->store_->put_note(shown, {}); !r.ok()) return r;
  }
  impl_->turn_.poke();
  return Unit{};
}

}  // namespace fastchat::client
