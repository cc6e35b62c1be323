#include "common/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#include "common/bytes.h"

namespace fastchat::log {
namespace {

constexpr size_t kMaxValue = 512;
constexpr std::string_view kPlain = "-_.:/+@,;*#%[]()";

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

void set_up(spdlog::logger& logger, Level level, std::string_view program) {
  logger.set_level(to_spdlog(level));
  logger.flush_on(spdlog::level::debug);
  auto formatter = std::make_unique<spdlog::pattern_formatter>(
      "%Y-%m-%dT%H:%M:%S.%eZ %l " + std::string(program) + " %v", spdlog::pattern_time_type::utc);
  logger.set_formatter(std::move(formatter));
}

spdlog::logger& logger() {
  static spdlog::logger instance = [] {
    spdlog::logger made("fastchat", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    set_up(made, Level::kWarn, "fastchat");
    return made;
  }();
  return instance;
}

void write(Level level, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
  logger().log(to_spdlog(level), spdlog::string_view_t(format(event, fields)));
}

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kPlain.find(c) != kPlain.npos;
}

// Returns true for C1 controls, direction marks, embeddings, overrides and isolates, and the two line separators.
bool is_hidden(uint32_t cp) {
  return (cp >= 0x80 && cp <= 0x9F) || cp == 0x061C || (cp >= 0x200B && cp <= 0x200F) ||
         (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2060 && cp <= 0x206F) || cp == 0xFEFF;
}

void put_escaped(std::string& out, std::string_view bytes) {
  for (char c : bytes) out += "\\x" + to_hex({&c, 1});
}

// Returns the UTF-8 sequence of a letter beyond ASCII at the start of `s`, or its first byte alone.
std::string_view sequence(std::string_view s) {
  for (size_t n = 2; n <= 4 && n <= s.size() && static_cast<uint8_t>(s[0]) >= 0x80; ++n) {
    if (valid_utf8(s.substr(0, n))) return s.substr(0, n);
  }
  return s.substr(0, 1);
}

uint32_t code_point(std::string_view sequence) {
  uint32_t cp = static_cast<uint8_t>(sequence[0]) & (0xFFu >> (sequence.size() + 1));
  for (char c : sequence.substr(1)) cp = cp << 6 | (static_cast<uint8_t>(c) & 0x3Fu);
  return cp;
}

void put_value(std::string& out, std::string_view value) {
  const bool cut = value.size() > kMaxValue;
  if (cut) value = value.substr(0, kMaxValue);
  bool quote = value.empty();
  for (char c : value) quote = quote || !is_plain(c);
  if (quote) out.push_back('"');
  while (!value.empty()) {
    const char c = value[0];
    std::string_view piece = value.substr(0, 1);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c >= 0x20 && c < 0x7F) {
      out.push_back(c);
    } else {
      piece = sequence(value);
      if (piece.size() == 1 || is_hidden(code_point(piece))) {
        put_escaped(out, piece);
      } else {
        out += piece;
      }
    }
    value.remove_prefix(piece.size());
  }
  if (quote) out.push_back('"');
  if (cut) out += "...";
}

}  // namespace

std::optional<Level> parse_level(std::string_view name) {
  if (name == "debug") return Level::kDebug;
  if (name == "info") return Level::kInfo;
  if (name == "warn") return Level::kWarn;
  if (name == "error") return Level::kError;
  if (name == "off") return Level::kOff;
  return std::nullopt;
}

bool is_journal(int fd, const char* journal_stream) {
  struct stat s {};
  if (journal_stream == nullptr || fstat(fd, &s) != 0) return false;
  return std::to_string(s.st_dev) + ":" + std::to_string(s.st_ino) == journal_stream;
}

void init(Level level, std::string_view program) {
  if (is_journal(STDERR_FILENO, std::getenv("JOURNAL_STREAM"))) {
    logger().sinks() = {std::make_shared<spdlog::sinks::systemd_sink_mt>("fastchat-" + std::string(program))};
  }
  set_up(logger(), level, program);
}

void reload(const Result<std::string>& level) {
  if (!level.ok()) return error("not_reloaded", {{"error", level.error().text}});
  const auto parsed = parse_level(*level);
  if (!parsed) return error("not_reloaded", {{"error", "no such level: " + *level}});
  logger().set_level(spdlog::level::info);
  info("reloaded", {{"log_level", *level}, {"hint", "the rest of the configuration needs a restart"}});
  logger().set_level(to_spdlog(*parsed));
}

bool enabled(Level level) {
  return logger().should_log(to_spdlog(level));
}

void debug(std::string_view event, Fields fields) {
  write(Level::kDebug, event, fields);
}
void info(std::string_view event, Fields fields) {
  write(Level::kInfo, event, fields);
}
void warn(std::string_view event, Fields fields) {
  write(Level::kWarn, event, fields);
}
void error(std::string_view event, Fields fields) {
  write(Level::kError, event, fields);
}

std::string format(std::string_view event, Fields fields) {
  std::string out(event);
  for (const Field& field : fields) {
    out.push_back(' ');
    out += field.key;
    out.push_back('=');
    put_value(out, field.value.text);
  }
  return out;
}

}  // namespace fastchat::log
