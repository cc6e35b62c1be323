// Output of the commands: JSON lines for scripts, plain lines for people. Text reaches here sanitised.
#pragma once

#include <functional>
#include <string>

#include "client/runtime/moment.h"
#include "client/session/session.h"
#include "common/json.h"

namespace fastchat::cli {

// Writes a line to standard output, at once. Errors: those of write_output(). Commands use Runner::print_line, which
// ends the command when the line cannot be written.
Result<> write_line(const std::string& line);

// Returns the text of a line as a QR code, rows that end in line feeds; empty when nobody watches standard output, or
// the code does not fit.
using DrawCode = std::function<std::string(const std::string& line)>;

// Prints one line on standard error, with the program's name before it.
void print_error(const std::string& line);
// Prints the error that a command ends with. With `json` an object,
// {"event":"error","status":...,"code":...,"text":...}. `code` is the name in common/codes.h; an error of kOk has no
// `code`.
void print_error(const Error& error, int status, bool json);
// Returns the line of print_error(), without its line feed.
std::string error_line(const Error& error, int status, bool json);
// Returns the line of print_warning(), without its line feed.
std::string warning_line(const std::string& line, bool json);
// Prints a line on standard error beside the result of a command. With `json` an object,
// {"event":"warning","text":...}.
void print_warning(const std::string& line, bool json);

using client::local_time;

// Returns the word for the kind of a message: "message", "sent", "hole", "notice", "device", "unreadable", "waiting".
const char* event_of(const client::ChatMessage& message);

// Return a message as `listen`, `history` and `search` print it. `me`: this user. `event`: the word for the event, when
// the message itself does not show it.
std::string message_json(const client::ChatMessage& message, const std::string& me, const char* event = nullptr);
std::string message_line(const client::ChatMessage& message);

// Returns "first contact", "accepted" or "verified" for a value of content.proto's Trust; "key not known" for -1.
const char* trust_word(int trust);
// Returns "none", "accepted" or "blocked" for a value of content.proto's ContactStanding.
const char* standing_word(int standing);

// Returns a device as `devices` and `login` list it.
std::string device_line(const client::DeviceInfo& device, bool json);
// Returns "1 other device has" or "2 other devices have", for a line about devices that log in again.
std::string other_devices_have(uint64_t count);

// Return a transfer as `files` and `status` print it.
Json transfer_json(const client::TransferInfo& transfer);
std::string transfer_line(const client::TransferInfo& transfer);

}  // namespace fastchat::cli
