#include "client/groups/settings.h"

#include "client/runtime/peer_name.h"
#include "client/store/conversation_id.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

Error locked() {
  return err(Code::kLocalUsage, "the profile is locked");
}

}  // namespace

std::string Settings::stored_name(const std::string& name) const {
  const size_t at = name.find(':');
  const PeerName peer(at == std::string::npos ? std::string() : name.substr(at + 1));
  if (!peer.is_group()) return name;
  const Bytes group = groups_.find_name(peer.group());
  return group.empty() ? name : name.substr(0, at + 1) + store::ConversationId::group(group).stored();
}

Result<std::string> Settings::read(const std::string& stored) const {
  auto box = settings_.find(stored);
  if (!box.ok()) return box.error();
  if (!*box) return std::string();
  Result<e2e::Secret> text = account_.box().open(LocalPlace::setting(stored), **box);
  if (!text.ok()) return text.error();
  return std::string(text->view());
}

Result<std::string> Settings::get(const std::string& name) const {
  if (!account_.unlocked()) return locked();
  const std::string stored = stored_name(name);
  Result<std::string> text = read(stored);
  // Earlier versions stored the setting under the shown name.
  return text.ok() && text->empty() && stored != name ? read(name) : text;
}

Result<> Settings::put(const std::string& name, const std::string& text) {
  if (!account_.unlocked()) return locked();
  const std::string stored = stored_name(name);
  const Bytes box = text.empty() ? Bytes() : account_.box().seal(LocalPlace::setting(stored), text);
  FC_TRY(turn_.try_begin());
  FC_TRY(settings_.put(stored, box));
  if (stored != name) {
    FC_TRY(settings_.put(name, {}));
  }
  turn_.wake();
  return Unit{};
}

Result<bool> Settings::has(const std::string& name) const {
  auto box = settings_.find(stored_name(name));
  if (!box.ok()) return box.error();
  return box->has_value();
}

}  // namespace fastchat::client
