#include "client/cli/output.h"

#include <cstdio>
#include <utility>

#include "client/cli/progress.h"
#include "client/e2e/sanitise.h"
#include "client/messages/action.h"
#include "common/codes.h"
#include "common/standard_streams.h"

namespace fastchat::cli {

const char* event_of(const client::ChatMessage& m) {
  switch (m.kind) {
    case client::MessageKind::kHole:
      return "hole";
    case client::MessageKind::kNotice:
      return m.device.empty() ? "notice" : "device";
    case client::MessageKind::kUnreadable:
      return "unreadable";
    case client::MessageKind::kWaiting:
      return "waiting";
    default:
      return m.mine ? "sent" : "message";
  }
}

const char* trust_word(int trust) {
  return trust == 3 ? "verified" : trust == 2 ? "accepted" : trust < 0 ? "key not known" : "first contact";
}

const char* standing_word(int standing) {
  return standing == 2 ? "blocked" : standing == 1 ? "accepted" : "none";
}

Result<> write_line(const std::string& line) {
  return write_output(line + "\n");
}

void print_error(const std::string& line) {
  std::fprintf(stderr, "fastchat: %s\n", line.c_str());
}

std::string error_line(const Error& error, int status, bool json) {
  if (!json) return "fastchat: " + error.text;
  Json out;
  out.add("event", "error").add_number("status", status);
  if (error.code != Code::kOk) out.add("code", facts(error.code).name);
  out.add("text", error.text);
  return e2e::escape_hidden(out.str());
}

void print_error(const Error& error, int status, bool json) {
  std::fprintf(stderr, "%s\n", error_line(error, status, json).c_str());
}

std::string warning_line(const std::string& line, bool json) {
  if (!json) return "fastchat: " + line;
  return e2e::escape_hidden(Json().add("event", "warning").add("text", line).str());
}

void print_warning(const std::string& line, bool json) {
  std::fprintf(stderr, "%s\n", warning_line(line, json).c_str());
}

std::string message_json(const client::ChatMessage& m, const std::string& me, const char* event) {
  Json json;
  const bool in_group = m.peer.is_group();
  json.add("event", event != nullptr ? event : event_of(m))
      .add("id", m.id)
      .add("from", m.from)
      .add("to", m.mine || in_group ? m.peer.text() : me);
  json.add("kind", client::name(m.kind)).add("text", client::exact_text(m)).add_number("sent_ms", m.sent_ms);
  if (client::is_action(m)) json.add_bool("action", true);
  if (!m.mentioned.empty()) json.add_bool("mention", true);
  if (m.file) {
    json.add("name", m.file->name).add_number("size", m.file->size);
    json.add("media_type", m.file->media_type).add("file_state", client::name(m.file->state));
    if (!m.file->path.empty()) json.add("path", m.file->path);
  }
  if (m.poll) {
    std::vector<Json> list;
    for (const client::PollOption& option : m.poll->options) {
      list.push_back(std::move(Json().add("text", option.text).add_list("votes", option.voters)));
    }
    json.add("question", m.poll->question).add_list("options", list);
  }
  if (m.mine) json.add("state", client::name(m.state));
  if (m.mine && in_group) {
    json.add_number("members", m.members).add_number("delivered", m.delivered).add_number("read", m.read);
  }
  if (!m.reply_to.empty()) json.add("reply_to", m.reply_to);
  if (m.edited) json.add_bool("edited", true);
  if (m.deleted) json.add_bool("deleted", true);
  if (!m.reactions.empty()) {
    std::vector<Json> list;
    for (const client::Reaction& r : m.reactions)
      list.push_back(std::move(Json().add("from", r.from).add("emoji", r.as_sent.empty() ? r.emoji : r.as_sent)));
    json.add_list("reactions", list);
  }
  if (!m.device.empty()) json.add("device", m.device);
  if (m.late) json.add_bool("late", true);
  if (m.first_contact) json.add_bool("first_contact", true);
  if (m.request) json.add_bool("request", true);
  if (m.hidden) json.add_bool("hidden", true);
  return json.str();
}

std::string message_line(const client::ChatMessage& m) {
  std::string text = client::shown_text(m);
  for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 5) text.replace(at, 1, "\n    ");
  std::string line = local_time(m.sent_ms) + "  ";
  const bool in_group = m.peer.is_group();
  if (m.kind == client::MessageKind::kHole) return line + "-- " + text + " (from " + m.from + ")";
  if (m.kind == client::MessageKind::kNotice || m.kind == client::MessageKind::kWaiting) {
    return line + "-- " + (in_group ? m.peer.text() + ": " : "") + text;
  }
  line += m.mine || in_group ? m.from + " > " + m.peer.text() : m.from;
  if (m.deleted) text = "(deleted)";
  if (m.edited) line += " (edited)";
  if (m.late) line += " (late)";
  if (m.first_contact) line += " (first contact)";
  if (m.request) line += " (request)";
  if (m.mine && m.state == client::MessageState::kFailed) line += " (not sent)";
  if (m.poll) text = "[poll " + m.id + "] " + text;
  if (m.kind == client::MessageKind::kFile) text = "[file " + m.id + "] " + text;
  for (const client::Reaction& r : m.reactions) text += " [" + r.from + " " + r.emoji + "]";
  return line + ": " + text;
}

std::string other_devices_have(uint64_t count) {
  return std::to_string(count) + (count == 1 ? " other device has" : " other devices have");
}

std::string device_line(const client::DeviceInfo& d, bool json) {
  if (json) {
    return Json()
        .add("id", d.id)
        .add("name", d.name)
        .add("address", d.address)
        .add_number("created_ms", d.created_ms)
        .add_number("last_login_ms", d.last_login_ms)
        .add_bool("online", d.online)
        .add_bool("this", d.this_one)
        .str();
  }
  return d.id + "  " + (d.online ? "online   " : "offline  ") + d.name + (d.this_one ? " (this device)" : "") +
         (d.address.empty() ? "" : ", from " + d.address) + ", since " + local_time(d.created_ms);
}

Json transfer_json(const client::TransferInfo& t) {
  Json json;
  json.add("id", t.id).add("direction", t.upload ? "up" : "down").add("peer", t.peer.text()).add("name", t.name);
  json.add_number("done", t.done).add_number("size", t.size);
  json.add("state", client::name(t.state));
  if (t.per_second != 0) json.add_number("per_second", t.per_second);
  if (t.seconds_left >= 0) json.add_number("seconds_left", t.seconds_left);
  if (!t.path.empty()) json.add("path", t.path);
  return json;
}

// Formats a transfer as a line. The bytes of an upload that the server has are known only while the upload goes on.
std::string transfer_line(const client::TransferInfo& t) {
  const std::string here = t.done == 0 ? "" : human_bytes(t.done) + " of ";
  return (t.upload ? "to " : "from ") + t.peer.text() + "  " + t.name + " (" + here + human_bytes(t.size) + ")";
}

}  // namespace fastchat::cli
