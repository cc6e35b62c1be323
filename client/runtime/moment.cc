#include "client/runtime/moment.h"

#include <charconv>
#include <ctime>

namespace fastchat::client {
namespace {

constexpr int64_t kSecondMs = 1000, kMinuteMs = 60 * kSecondMs, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;
constexpr int64_t kMostUnits = 1'000'000'000;
constexpr size_t kMostDecimals = 9;

// Takes a text apart from its beginning. Each function returns false, and takes nothing, when the text has no such part
// next.
class Parts {
 public:
  explicit Parts(std::string_view text) : rest_(text) {}
  bool ended() const { return rest_.empty(); }

  bool take(std::string_view one_of) {
    if (rest_.empty() || one_of.find(rest_.front()) == one_of.npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Takes a number of exactly `digits` digits, at most `most`.
  bool number(size_t digits, int most, int& out) {
    if (rest_.size() < digits) return false;
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return false;
      value = 10 * value + (c - '0');
    }
    if (value > most) return false;
    rest_.remove_prefix(digits);
    out = value;
    return true;
  }

  // Takes the decimals of a second, down to a millisecond.
  bool decimals(int& ms) {
    size_t digits = 0;
    int digit = 0, unit = 100;
    for (; number(1, 9, digit); ++digits, unit /= 10) ms += digit * unit;
    return digits > 0 && digits <= kMostDecimals;
  }

 private:
  std::string_view rest_;
};

std::optional<int64_t> read_age(std::string_view text, int64_t now_ms) {
  int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, count);
  if (failed != std::errc() || end - stop != 1 || count < 0 || count > kMostUnits) return std::nullopt;
  int64_t unit = 0;
  switch (*stop) {
    case 's':
      unit = kSecondMs;
      break;
    case 'm':
      unit = kMinuteMs;
      break;
    case 'h':
      unit = kHourMs;
      break;
    case 'd':
      unit = kDayMs;
      break;
    case 'w':
      unit = 7 * kDayMs;
      break;
    default:
      return std::nullopt;
  }
  return now_ms - count * unit;
}

bool read_day(Parts& parts, tm& day) {
  int year = 0, month = 0;
  if (!parts.number(4, 9999, year) || !parts.take("-") || !parts.number(2, 12, month) || !parts.take("-") ||
      !parts.number(2, 31, day.tm_mday)) {
    return false;
  }
  day.tm_year = year - 1900;
  day.tm_mon = month - 1;
  // timegm() turns a day that does not exist, such as the 31st of June, into another day.
  tm same = day;
  timegm(&same);
  return same.tm_mday == day.tm_mday && same.tm_mon == day.tm_mon && same.tm_year == day.tm_year;
}

// Reads the time behind a day. A leap second is the first moment of the next minute.
bool read_time(Parts& parts, tm& time, int& ms) {
  if (!parts.number(2, 23, time.tm_hour) || !parts.take(":") || !parts.number(2, 59, time.tm_min)) return false;
  if (!parts.take(":")) return true;
  if (!parts.number(2, 60, time.tm_sec)) return false;
  return !parts.take(".") || parts.decimals(ms);
}

// Reads the distance of a time from UTC: "Z", "+01:00". Returns false for any other text.
bool read_offset(Parts& parts, int64_t& offset_ms) {
  if (parts.take("Zz")) return true;
  const bool east = parts.take("+");
  int hours = 0, minutes = 0;
  if ((!east && !parts.take("-")) || !parts.number(2, 23, hours) || !parts.take(":") || !parts.number(2, 59, minutes)) {
    return false;
  }
  offset_ms = (east ? 1 : -1) * (hours * kHourMs + minutes * kMinuteMs);
  return true;
}

}  // namespace

std::optional<int64_t> read_moment(std::string_view text, int64_t now_ms) {
  if (const auto age = read_age(text, now_ms)) return age;
  Parts parts(text);
  tm time{};
  int ms = 0;
  if (!read_day(parts, time)) return std::nullopt;
  time.tm_isdst = -1;
  const bool timed = parts.take("Tt ");
  if (timed && !read_time(parts, time, ms)) return std::nullopt;
  if (parts.ended()) return static_cast<int64_t>(mktime(&time)) * kSecondMs + ms;
  int64_t offset_ms = 0;
  if (!timed || !read_offset(parts, offset_ms) || !parts.ended()) return std::nullopt;
  return static_cast<int64_t>(timegm(&time)) * kSecondMs + ms - offset_ms;
}

std::string local_time(int64_t ms) {
  const time_t seconds = static_cast<time_t>(ms / 1000);
  tm parts{};
  char text[32] = "?";
  if (localtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
  return text;
}

}  // namespace fastchat::client
