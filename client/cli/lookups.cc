#include "client/cli/lookups.h"

#include "client/cli/params.h"
#include "client/cli/subscriptions.h"

namespace fastchat::cli {
namespace {

using Kind = JsonValue::Kind;
using Answer = Result<std::string>;

Answer version(client::Session&, const JsonValue& params) {
  if (auto r = check_params(params, {}); !r.ok()) return r.error();
  return Json().add("version", FASTCHAT_VERSION).str();
}

Answer connection(client::Session& session, const JsonValue& params) {
  if (auto r = check_params(params, {}); !r.ok()) return r.error();
  return connection_json(session.connection()).str();
}

// Marks a conversation as read. With "receipts" false, sends no receipts.
Answer mark(client::Session& session, const JsonValue& params) {
  if (auto r = check_params(params, {{"to", Kind::kText}, {"receipts", Kind::kBool}}); !r.ok()) return r.error();
  const JsonValue* to = params.find("to");
  if (to == nullptr) return err(Code::kLocalUsage, "\"to\" is missing");
  if (!session.unlocked()) return err(Code::kLocalUsage, "the profile is locked");
  const JsonValue* receipts = params.find("receipts");
  session.mark_peer_read(client::PeerName(to->text), receipts == nullptr || receipts->truth);
  return std::string("null");
}

}  // namespace

std::optional<Answer> look_up(client::Session& session, const std::string& method, const JsonValue& params) {
  if (method == "version") return version(session, params);
  if (method == "connection") return connection(session, params);
  if (method == "mark") return mark(session, params);
  return std::nullopt;
}

}  // namespace fastchat::cli
