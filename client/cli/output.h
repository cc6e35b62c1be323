// Output of the commands: JSON lines for scripts, plain lines for people. Text reaches here sanitised.
#pragma once

#include <string>

#include "client/session/session.h"
#include "common/json.h"

namespace fastchat::cli {

// Writes a line to standard output, at once. Errors: those of write_output(). Commands use Runner::print_line, which
// ends them when the line could not be written.
Result<> write_line(const std::string& line);

// One line on standard error, with the program's name before it.
void print_error(const std::string& line);
// The error that a command ends with. With `json` an object, {"event":"error","status":...,"code":...,"text":...};
// `code` is the name of common/codes.h; an error of kOk has none.
void print_error(const Error& error, int status, bool json);
// A line on standard error beside a command's work. With `json` an object, {"event":"warning","text":...}.
void print_warning(const std::string& line, bool json);

// The word for what a message is: "message", "sent", "hole", "notice", "device", "unreadable", "waiting".
const char* event_of(const client::ChatMessage& message);

// `me`: this user. A message as `listen`, `history` and `search` print it.
// `event`: what happened, when it is not plain from the message.
std::string message_json(const client::ChatMessage& message, const std::string& me, const char* event = nullptr);
std::string message_line(const client::ChatMessage& message);

// "first contact", "accepted" or "verified", of content.proto's Trust.
const char* trust_word(int trust);

// A device, as `devices` and `login` list it.
std::string device_line(const client::DeviceInfo& device, bool json);

// A file on its way, as `files` and `status` print it.
Json transfer_json(const client::TransferInfo& transfer);
std::string transfer_line(const client::TransferInfo& transfer);

}  // namespace fastchat::cli
