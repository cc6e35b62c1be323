// Moments as people type and read them: a day, a time, or an age. The only reader of such texts; searches and the
// command line use it. Pure but for the time zone of the process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fastchat::client {

// Reads a moment and returns it in Unix ms; nullopt for any other text, and for a day or a time that does not exist.
//   2026-11-30                  the first moment of a day of the local time zone
//   2026-11-30T06:00[:07[.5]]   a local time; a blank may stand for the T
//   2026-11-30T06:00:07Z        RFC 3339; +01:00 may stand for the Z
//   30s 10m 2h 3d 1w            so long before `now_ms`
std::optional<int64_t> read_moment(std::string_view text, int64_t now_ms);

// Returns a moment (Unix ms) as "2026-11-30 06:00" in the local time zone.
std::string local_time(int64_t ms);

}  // namespace fastchat::client
