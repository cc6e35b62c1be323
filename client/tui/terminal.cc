#include "client/tui/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <clocale>
#include <cstdio>
#include <cstdlib>

#define NCURSES_WIDECHAR 1
#include <ncurses.h>

namespace fastchat::tui {
namespace {

bool colours = false;  // set once in open(); the terminal is one for the process

enum Pair : short { kGoodPair = 1, kWarnPair, kBadPair, kMinePair };

attr_t attributes(Style style) {
  switch (style) {
    case Style::kPlain:
      return A_NORMAL;
    case Style::kBold:
      return A_BOLD;
    case Style::kDim:
      return A_DIM;
    case Style::kReverse:
      return A_REVERSE;
    case Style::kGood:
      return colours ? COLOR_PAIR(kGoodPair) : A_NORMAL;
    case Style::kWarn:
      return colours ? COLOR_PAIR(kWarnPair) : A_NORMAL;
    case Style::kBad:
      return (colours ? COLOR_PAIR(kBadPair) : A_NORMAL) | A_BOLD;
    case Style::kMine:
      return colours ? COLOR_PAIR(kMinePair) : A_NORMAL;
  }
  return A_NORMAL;
}

void start_colours() {
  const char* no_color = std::getenv("NO_COLOR");
  if ((no_color != nullptr && *no_color != '\0') || !has_colors()) return;
  start_color();
  use_default_colors();
  init_pair(kGoodPair, COLOR_GREEN, -1);
  init_pair(kWarnPair, COLOR_YELLOW, -1);
  init_pair(kBadPair, COLOR_RED, -1);
  init_pair(kMinePair, COLOR_CYAN, -1);
  colours = true;
}

std::optional<Key> special(wint_t c) {
  switch (c) {
    case KEY_UP:
      return Key{KeyKind::kUp};
    case KEY_DOWN:
      return Key{KeyKind::kDown};
    case KEY_LEFT:
      return Key{KeyKind::kLeft};
    case KEY_RIGHT:
      return Key{KeyKind::kRight};
    case KEY_HOME:
      return Key{KeyKind::kHome};
    case KEY_END:
      return Key{KeyKind::kEnd};
    case KEY_PPAGE:
      return Key{KeyKind::kPageUp};
    case KEY_NPAGE:
      return Key{KeyKind::kPageDown};
    case KEY_BACKSPACE:
      return Key{KeyKind::kBackspace};
    case KEY_DC:
      return Key{KeyKind::kDelete};
    case KEY_BTAB:
      return Key{KeyKind::kBackTab};
    case KEY_ENTER:
      return Key{KeyKind::kEnter};
    default:
      return std::nullopt;
  }
}

std::optional<Key> plain(wint_t c) {
  if (c == '\r' || c == '\n') return Key{KeyKind::kEnter};
  if (c == '\t') return Key{KeyKind::kTab};
  if (c == 27) return Key{KeyKind::kEscape};
  if (c == 127 || c == 8) return Key{KeyKind::kBackspace};
  if (c >= 1 && c <= 26) return Key{KeyKind::kControl, static_cast<char32_t>('a' + c - 1)};
  if (c < 32) return std::nullopt;
  return Key{KeyKind::kCharacter, static_cast<char32_t>(c)};
}

}  // namespace

Result<> Terminal::open() {
  if (stdscr != nullptr) return Unit{};  // by an earlier App
  std::setlocale(LC_ALL, "");
  // The C locale counts every byte of a character as a column; C.UTF-8 is on every Debian.
  if (MB_CUR_MAX < 4) std::setlocale(LC_CTYPE, "C.UTF-8");
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    return err(Code::kLocalUsage, "the screen needs a terminal; for scripts see `fastchat --help`");
  }
  const char* term = std::getenv("TERM");
  if (newterm(term, stdout, stdin) == nullptr) {
    return err(Code::kLocalUsage, "the terminal type in TERM is not known here; try TERM=xterm");
  }
  set_escdelay(25);
  raw();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  start_colours();
  return Unit{};
}

void Terminal::close() {
  if (stdscr != nullptr) endwin();
}

int Terminal::width() {
  return COLS;
}
int Terminal::height() {
  return LINES;
}

void Terminal::resized() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) resizeterm(size.ws_row, size.ws_col);
}

void Terminal::repaint() {
  clearok(curscr, TRUE);
}

void Terminal::show(const Frame& frame) {
  erase();
  for (int y = 0; y < LINES && static_cast<size_t>(y) < frame.rows.size(); ++y) {
    ::move(y, 0);
    for (const Span& span : frame.rows[static_cast<size_t>(y)]) {
      const attr_t attrs = attributes(span.style);
      attron(attrs);
      addnstr(span.text.c_str(), static_cast<int>(span.text.size()));
      attroff(attrs);
    }
  }
  curs_set(frame.cursor_row >= 0 ? 1 : 0);
  if (frame.cursor_row >= 0) ::move(frame.cursor_row, frame.cursor_column);
  refresh();
}

std::optional<Key> Terminal::read() {
  for (;;) {
    wint_t c = 0;
    const int r = get_wch(&c);
    if (r == ERR) return std::nullopt;
    const auto key = r == KEY_CODE_YES ? special(c) : plain(c);
    if (key) return key;
  }
}

}  // namespace fastchat::tui
