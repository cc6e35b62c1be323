#include "client/cli/lookups.h"

#include <vector>

#include "client/cli/output.h"
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

Answer conversations(client::Session& session, const JsonValue& params) {
  if (auto r = check_params(params, {}); !r.ok()) return r.error();
  const auto all = session.conversations();
  if (!all.ok()) return all.error();
  std::string out;
  for (const auto& c : *all) {
    Json json;
    json.add("with", c.peer.text()).add_number("last_ms", c.last_ms).add_number("unread", c.unseen);
    out += (out.empty() ? "" : ",") + json.add("cursor", std::to_string(c.last_position)).str();
  }
  return "[" + out + "]";
}

Answer contacts(client::Session& session, const JsonValue& params) {
  if (auto r = check_params(params, {}); !r.ok()) return r.error();
  std::string out;
  const auto status = session.status();
  if (!status.ok()) return status.error();
  for (const client::ContactInfo& c : status->contacts) {
    Json json;
    json.add("user", c.user).add("fingerprint", c.fingerprint).add("trust", trust_word(c.trust));
    json.add_bool("changed", c.changed).add_number("since_ms", c.since_ms);
    out += (out.empty() ? "" : ",") + json.str();
  }
  return "[" + out + "]";
}

// Marks a conversation as read. With "receipts" false, sends no receipts.
Answer mark(client::Session& session, const JsonValue& params) {
  if (auto r = check_params(params, {{"to", Kind::kText}, {"receipts", Kind::kBool}}); !r.ok()) return r.error();
  const JsonValue* to = params.find("to");
  if (to == nullptr) return err(Code::kLocalUsage, "\"to\" is missing");
  if (!session.unlocked()) return err(Code::kLocalUsage, "the profile is locked");
  const JsonValue* receipts = params.find("receipts");
  if (receipts == nullptr || receipts->truth) {
    session.mark_peer_read(client::PeerName(to->text));
  } else {
    session.mark_peer_seen(client::PeerName(to->text));
  }
  return std::string("null");
}

}  // namespace

std::optional<Answer> look_up(client::Session& session, const std::string& method, const JsonValue& params) {
  if (method == "version") return version(session, params);
  if (method == "connection") return connection(session, params);
  if (method == "conversations") return conversations(session, params);
  if (method == "contacts") return contacts(session, params);
  if (method == "mark") return mark(session, params);
  return std::nullopt;
}

}  // namespace fastchat::cli
