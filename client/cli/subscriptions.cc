#include "client/cli/subscriptions.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "client/cli/output.h"
#include "client/cli/params.h"
#include "client/rpc/message.h"
#include "common/codes.h"

namespace fastchat::cli {
namespace {

using Kind = JsonValue::Kind;

constexpr size_t kPage = 64;
constexpr size_t kSlowBytes = 256 * 1024;  // waiting bytes at which a reader gets no more lines
constexpr const char* kSettingPrefix = "rpc-cursor:";

std::optional<int64_t> cursor_of(std::string_view text) {
  int64_t out = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && at == text.data() + text.size() && out >= 0 ? std::optional(out) : std::nullopt;
}

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == name.npos;
}

// Returns the position of the newest line of all conversations.
Result<int64_t> newest(client::Session& session) {
  const auto all = session.conversations();
  if (!all.ok()) return all.error();
  int64_t out = 0;
  for (const auto& conversation : *all) out = std::max(out, conversation.last_position);
  return out;
}

}  // namespace

Json connection_json(const client::ConnectionEvent& e) {
  Json json;
  json.add("state", core::name(e.state));
  if (e.code != Code::kOk) json.add("name", facts(e.code).name);
  if (!e.text.empty()) json.add("text", e.text);
  if (!e.worker.empty()) json.add("worker", e.worker);
  if (e.latency_ms >= 0) json.add_number("latency_ms", e.latency_ms);
  if (e.retry_after_ms > 0) json.add_number("retry_after_ms", e.retry_after_ms);
  return json;
}

Result<std::string> Subscriptions::subscribe(rpc::Peer& peer, const JsonValue& params) {
  if (auto r = check_params(
          params, {{"name", Kind::kText}, {"since", Kind::kText}, {"ack", Kind::kBool}, {"events", Kind::kList}});
      !r.ok()) {
    return r.error();
  }
  if (!session_.unlocked()) return err(Code::kLocalUsage, "the profile is locked");
  if (all_.size() >= kMaxSubscriptions)
    return err(Code::kThrottled, "64 subscriptions are open, and no more are taken");
  One one;
  one.number = ++next_;
  one.peer = &peer;
  if (const JsonValue* ack = params.find("ack")) one.ack = ack->truth;
  if (const JsonValue* events = params.find("events")) {
    for (const JsonValue& event : events->items) {
      if (!event.is(Kind::kText)) return err(Code::kLocalUsage, "\"events\" is a list of texts");
      one.events.insert(event.text);
    }
  }
  if (const JsonValue* name = params.find("name")) {
    if (!good_name(name->text)) return err(Code::kLocalUsage, "\"name\" has 1 to 64 of a-z, 0-9, '-', '_' and '.'");
    one.name = name->text;
  }
  if (auto r = set_cursor(one, params.find("since")); !r.ok()) return r.error();
  replace_named(one.name);
  all_.push_back(one);
  return Json().add_number("subscription", one.number).add("cursor", std::to_string(one.told)).str();
}

// Sets the cursor: to `since`, else to the line that a subscriber of this name acknowledged last, else to the newest
// line.
Result<> Subscriptions::set_cursor(One& one, const JsonValue* since) {
  const Result<int64_t> last = newest(session_);
  if (!last.ok()) return last.error();
  std::string from = since == nullptr ? "" : since->text;
  if (since == nullptr && !one.name.empty()) {
    const Result<std::string> kept = session_.setting(kSettingPrefix + one.name);
    if (!kept.ok()) return kept.error();
    from = *kept;
  }
  if (since == nullptr && from.empty()) from = std::to_string(*last);
  const std::optional<int64_t> cursor = cursor_of(from);
  if (!cursor || *cursor > *last) return err(Code::kLocalUsage, "\"since\" is no cursor of this profile");
  one.told = one.acked = *cursor;
  if (one.name.empty()) return Unit{};
  return session_.set_setting(kSettingPrefix + one.name, from);
}

// Ends the subscription of this name. A subscriber that comes again takes its place, because the old connection may be
// dead.
void Subscriptions::replace_named(const std::string& name) {
  if (name.empty()) return;
  std::erase_if(all_, [&](const One& one) {
    if (one.name != name) return false;
    one.peer->send(rpc::notification_line(
        "ended", Json().add_number("subscription", one.number).add("text", "another subscriber has this name").str()));
    return true;
  });
}

Subscriptions::One* Subscriptions::find(const rpc::Peer& peer, const JsonValue& params) {
  const JsonValue* number = params.find("subscription");
  if (number == nullptr || !number->whole()) return nullptr;
  for (One& one : all_) {
    if (one.peer == &peer && static_cast<int64_t>(one.number) == *number->whole()) return &one;
  }
  return nullptr;
}

Result<std::string> Subscriptions::unsubscribe(rpc::Peer& peer, const JsonValue& params) {
  if (auto r = check_params(params, {{"subscription", Kind::kNumber}}); !r.ok()) return r.error();
  const One* one = find(peer, params);
  if (one == nullptr) return err(Code::kLocalUsage, "no such subscription");
  all_.remove_if([&](const One& x) { return &x == one; });
  return std::string("null");
}

Result<std::string> Subscriptions::acknowledge(rpc::Peer& peer, const JsonValue& params) {
  if (auto r = check_params(params, {{"subscription", Kind::kNumber}, {"cursor", Kind::kText}}); !r.ok()) {
    return r.error();
  }
  One* one = find(peer, params);
  const JsonValue* text = params.find("cursor");
  const int64_t cursor = text == nullptr ? -1 : cursor_of(text->text).value_or(-1);
  if (one == nullptr) return err(Code::kLocalUsage, "no such subscription");
  if (cursor < 0 || cursor > one->told) return err(Code::kLocalUsage, "\"cursor\" is none that was told");
  while (!one->unacked.empty() && one->unacked.front() <= cursor) one->unacked.pop_front();
  one->behind = true;
  if (one->name.empty() || cursor <= one->acked) return std::string("null");
  one->acked = cursor;
  if (auto r = session_.set_setting(kSettingPrefix + one->name, std::to_string(cursor)); !r.ok()) return r.error();
  return std::string("null");
}

void Subscriptions::gone(const rpc::Peer& peer) {
  std::erase_if(all_, [&](const One& one) { return one.peer == &peer; });
}

void Subscriptions::behind() {
  for (One& one : all_) one.behind = true;
}

void Subscriptions::turn() {
  for (One& one : all_) {
    if (std::exchange(one.fresh, false)) continue;
    if (one.behind && one.peer->waiting() < kSlowBytes && one.unacked.size() < kMaxUnacknowledged) tell_lines(one);
  }
}

void Subscriptions::tell_lines(One& one) {
  const auto page = session_.history_after({}, kPage, one.told);
  // The disk may answer later, so the next event reads again.
  one.behind = page.ok() && page->size() == kPage;
  if (!page.ok()) return;
  for (const client::ChatMessage& message : *page) {
    if (one.unacked.size() >= kMaxUnacknowledged) {
      one.behind = true;
      return;
    }
    one.told = message.position;
    if (!one.events.empty() && !one.events.contains(event_of(message))) continue;
    if (one.ack) one.unacked.push_back(message.position);
    tell(one, message_json(message, session_.user()), std::to_string(message.position));
  }
  if (!one.behind) return;
  loop_.cancel(timer_);
  timer_ = loop_.at(0, [](int64_t) {});  // another turn, for the next page
}

void Subscriptions::tell(const One& one, const std::string& event, const std::string& cursor) {
  std::string params = "{\"subscription\":" + std::to_string(one.number);
  if (!cursor.empty()) params += ",\"cursor\":\"" + cursor + "\"";
  one.peer->send(rpc::notification_line("event", params + ",\"event\":" + event + "}"));
}

void Subscriptions::tell_all(const char* kind, const std::string& event) {
  for (const One& one : all_) {
    if (!one.fresh && (one.events.empty() || one.events.contains(kind))) tell(one, event);
  }
}

void Subscriptions::on_changed(const client::ChatMessage& message) {
  tell_all("changed", message_json(message, session_.user(), "changed"));
}

void Subscriptions::on_receipt(const client::ReceiptEvent& e) {
  Json json;
  json.add("event", "receipt").add("id", e.id).add("to", e.peer.text()).add("state", client::name(e.state));
  if (e.members != 0) {
    json.add_number("members", e.members).add_number("delivered", e.delivered).add_number("read", e.read);
  }
  if (!e.text.empty()) json.add("error", e.text);
  tell_all("receipt", json.str());
}

void Subscriptions::on_group(const std::string& name) {
  tell_all("group", Json().add("event", "group").add("name", name).str());
}

void Subscriptions::on_connection(const client::ConnectionEvent& event) {
  tell_all("connection", Json().add("event", "connection").add("connection", connection_json(event)).str());
}

void Subscriptions::on_notice(const client::Notice& notice) {
  tell_all("warning", Json().add("event", "warning").add("from", notice.peer.text()).add("text", notice.text).str());
}

void Subscriptions::on_typing(const client::PeerName& peer, const std::vector<std::string>& who) {
  tell_all("typing", Json().add("event", "typing").add("in", peer.text()).add_list("who", who).str());
}

void Subscriptions::on_transfer(const client::TransferEvent& event) {
  tell_all("transfer", Json().add("event", "transfer").add("transfer", transfer_json(event)).str());
}

}  // namespace fastchat::cli
