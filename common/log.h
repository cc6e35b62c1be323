// The log: one line per event in logfmt on stderr, through spdlog (only log.cc includes it). Safe on every thread. When
// systemd connects stderr to the journal, the lines carry their priority (journalctl -p warning) and omit time, level
// and program, which the journal has in fields of its own. Values are cleaned of control and bidirectional characters
// and cut at 512 bytes. Never pass a body, key or password.
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

// Parses "debug", "info", "warn", "error" or "off".
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

// Sets level and program. Call once, at the start of main and before other threads. Warnings and errors before that are
// written under "fastchat".
void init(Level level, std::string_view program);
// Applies the configured level again, or logs why it could not be read. Call later, from any thread.
void reload(const Result<std::string>& level);
bool enabled(Level level);

// Returns true when `fd` is the journal stream that systemd named in the variable JOURNAL_STREAM (nullptr: not set).
bool is_journal(int fd, const char* journal_stream);

void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warn(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

// Returns the line without time, level and program: event key=value... The functions above write it. Pure.
std::string format(std::string_view event, Fields fields);

}  // namespace fastchat::log
