// The hints about the keys on the last row of each page. A hint is parts with ", " between them, the most useful first,
// the way back last. A narrow screen shows a hint on two rows, or leaves out whole parts (hint_rows in page.h).
#pragma once

namespace fastchat::tui::hint {

inline constexpr const char* kSearch = "Enter searches and opens, Up Down, Esc back";
inline constexpr const char* kPeople = "Type a name, Up Down, Enter opens, Esc back";
inline constexpr const char* kListOfLine = "-- NORMAL --  j k g G, Enter, i, Esc back";
inline constexpr const char* kTransfers = "Up Down, C cancels, Enter opens, Esc back";
inline constexpr const char* kDevices = "N names it, R removes it, Esc back";
inline constexpr const char* kReplace = "Up Down choose, Enter removes, Esc back";
inline constexpr const char* kMenu = "Up, Down, Enter, the letter or the mouse";
inline constexpr const char* kForm = "Tab next field, Enter go on, Esc back";
inline constexpr const char* kUnlock = "Enter go on, Esc quit";
inline constexpr const char* kGivesUp = "Esc gives up";
inline constexpr const char* kPager = "PgUp and PgDn scroll, Esc back";
inline constexpr const char* kKeyChanged = "A accept new key, K keep known, Esc back";
inline constexpr const char* kNotCompared = "M mark as verified, Esc back";
inline constexpr const char* kCard = "C copies the line, Esc back";
inline constexpr const char* kBack = "Esc back";
inline constexpr const char* kMember = "L leave, Esc back";
inline constexpr const char* kAdmin = "A add, R remove, N name, H hand over, D delete, L leave, Esc back";
inline constexpr const char* kRequests = "A accept, D decline, B block, Enter, Esc";

inline constexpr const char* kAll[] = {kSearch,      kPeople, kListOfLine, kTransfers, kDevices, kReplace,
                                       kMenu,        kForm,   kUnlock,     kGivesUp,   kPager,   kKeyChanged,
                                       kNotCompared, kCard,   kBack,       kMember,    kAdmin,   kRequests};

}  // namespace fastchat::tui::hint
