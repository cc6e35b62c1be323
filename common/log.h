// The log: one line per event in logfmt on stderr, through spdlog (included in log.cc alone). Safe on every thread.
// The lines go to the journal with their priority when systemd connects stderr to it (journalctl -p warning), without
// time, level and program, which the journal has in fields of its own. Values are cleaned of control and bidirectional
// characters and cut at 512 bytes. Never pass a body, key or password.
//
//   log::init(log::Level::kInfo, "worker");
//   log::info("session_up", {{"user", name}, {"did", did}});
//   -> 2026-01-31T12:00:00.123Z info worker session_up user=alice did=17
#pragma once

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace fastchat::log {

enum class Level { kDebug, kInfo, kWarn, kError, kOff };

// "debug", "info", "warn", "error" or "off".
std::optional<Level> parse_level(std::string_view name);

// A value's text, made from a string, a number or a bool.
struct Value {
  std::string text;

  Value(std::string_view s) : text(s) {}         // NOLINT(google-explicit-constructor)
  Value(const std::string& s) : text(s) {}       // NOLINT(google-explicit-constructor)
  Value(const char* s) : text(s) {}              // NOLINT(google-explicit-constructor)
  Value(bool b) : text(b ? "true" : "false") {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
  Value(T n) : text(std::to_string(n)) {}  // NOLINT(google-explicit-constructor)
  template <std::floating_point T>
  Value(T n) : text(std::to_string(n)) {}  // NOLINT(google-explicit-constructor)
};

struct Field {
  std::string_view key;
  Value value;
};
using Fields = std::initializer_list<Field>;

// Once, at the start of main and before other threads. Until then warnings and errors are written under "fastchat".
void init(Level level, std::string_view program);
// Later, from any thread: takes the level that the configuration names now, or says why it could not be read.
void reload(const Result<std::string>& level);
bool enabled(Level level);

// Whether `fd` is the stream to the journal that systemd named in the variable JOURNAL_STREAM (nullptr: not set).
bool is_journal(int fd, const char* journal_stream);

void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warn(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

// The line without time, level and program: event key=value...; what the functions above write. Pure.
std::string format(std::string_view event, Fields fields);

}  // namespace fastchat::log
