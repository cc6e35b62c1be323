// Output of the commands: JSON lines for scripts, plain lines for people. Text reaches here sanitised.
#pragma once

#include <string>
#include <string_view>

#include "client/session/session.h"

namespace fastchat::cli {

// {"key":value,...} in the order added; strings are escaped, so that a line is one object whatever they hold.
class Json {
 public:
  Json& add(std::string_view key, std::string_view value);
  Json& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  Json& add_number(std::string_view key, int64_t value);
  Json& add_bool(std::string_view key, bool value);
  Json& add_list(std::string_view key, const std::vector<std::string>& values);
  Json& add_raw(std::string_view key, std::string_view json);  // an object or array, written already
  std::string str() const { return "{" + body_ + "}"; }

 private:
  void key(std::string_view name);
  std::string body_;
};

// Writes a line to standard output, at once. Errors: those of write_output(). Commands use Runner::print_line, which
// ends them when the line could not be written.
Result<> write_line(const std::string& line);

// One line on standard error, with the program's name before it.
void print_error(const std::string& line);

// `me`: this user. A message as `listen`, `history` and `search` print it.
// `event`: what happened, when it is not plain from the message.
std::string message_json(const client::ChatMessage& message, const std::string& me, const char* event = nullptr);
std::string message_line(const client::ChatMessage& message);

// A device, as `devices` and `login` list it.
std::string device_line(const client::DeviceInfo& device, bool json);

// A file on its way, as `files` and `status` print it.
Json transfer_json(const client::TransferInfo& transfer);
std::string transfer_line(const client::TransferInfo& transfer);

}  // namespace fastchat::cli
