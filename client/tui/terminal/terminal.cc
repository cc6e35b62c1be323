#include "client/tui/terminal/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>

#define NCURSES_WIDECHAR 1
#include <ncurses.h>

#include "client/tui/terminal/graphics.h"
#include "client/tui/terminal/graphics_reply.h"
#include "client/tui/terminal/overlay.h"
#include "client/tui/terminal/text.h"
#include "client/tui/terminal/theme.h"

// Declarations of <term.h>, whose macros take everyday names.
extern "C" {
int setupterm(const char* type, int descriptor, int* error);
int tigetflag(const char* name);
int tigetnum(const char* name);
char* tigetstr(const char* name);
}

namespace fastchat::tui {
namespace {

// Codes for sequences that xterm and similar terminals send and terminfo does not name.
enum Code : int {
  kPasteBegin = KEY_MAX + 1,
  kPasteEnd,
  kFocusInCode,
  kFocusOutCode,
  kAltUp,
  kAltDown,
  kAltLeft,
  kAltRight
};
constexpr std::pair<const char*, int> kSequences[] = {
    {"\033[200~", kPasteBegin}, {"\033[201~", kPasteEnd}, {"\033[I", kFocusInCode}, {"\033[O", kFocusOutCode},
    {"\033[1;3A", kAltUp},      {"\033[1;3B", kAltDown},  {"\033[1;3D", kAltLeft},  {"\033[1;3C", kAltRight},
    {"\033\033[A", kAltUp},     {"\033\033[B", kAltDown}, {"\033[1;5D", kAltLeft},  {"\033[1;5C", kAltRight},
};
constexpr const char* kModesOn = "\033[?2004h\033[?1004h";  // bracketed paste, focus
constexpr const char* kModesOff = "\033[?2004l\033[?1004l";
constexpr size_t kMaxPaste = 1 << 20;
constexpr int kWritePause = 1000;  // ms, for a terminal that another program made non-blocking

// One terminal for the process, set once in open().
Theme theme = Theme::kNone;
ThemeHints theme_hints;
UserLooks user_looks;
bool theme_changed_now = false;
bool pasting = false;
std::string pasted;
GraphicsHints hints;
GraphicsReply reply;
Graphics graphics;
Overlay overlay;
bool mouse_wanted = false;            // the person's setting
bool mouse_taken = false;             // the terminal reports clicks and the wheel
std::deque<Key> mouse_keys;           // that came with the one that was read
bool links_shown = false;             // the terminal is not known to print OSC 8 as text
int cell_width = 0, cell_height = 0;  // pixels, as the kernel reports them; 0: unknown

bool direct = false;  // ncurses gives the terminal a colour as red, green and blue
bool exact = false;   // the terminal takes a colour as red, green and blue

int colour_of(int colour) {
  const int16_t palette = is_exact(colour) ? nearest_palette(rgb_of(colour)) : static_cast<int16_t>(colour);
  return direct ? direct_colour(palette) : nearest_basic(palette, COLORS);
}

void paint(int front, int back, attr_t attributes) {
  int pair = 0;
  if (theme != Theme::kNone && (front >= 0 || back >= 0)) {
    pair = alloc_pair(colour_of(front), colour_of(back));
    if (pair < 0) pair = 0;
  }
  attr_set(attributes, 0, &pair);
}

void use(const Span& span) {
  if (span.painted) return paint(span.paint.front, span.paint.back, A_NORMAL);
  const Look look = user_looks.look_of(theme, span.style);
  attr_t attributes = A_NORMAL;
  if (look.bold || span.bold) attributes |= A_BOLD;
  if (span.italic) attributes |= A_ITALIC;
  if (look.dim) attributes |= A_DIM;
  if (look.reverse) attributes |= A_REVERSE;
  paint(look.front, look.back, attributes);
}

bool has_string(const char* capability) {
  const char* value = tigetstr(capability);
  return value != nullptr && value != reinterpret_cast<const char*>(-1);
}

std::string capability(const char* name, int value) {
  if (!has_string(name)) return "";
  const char* made = tparm(tigetstr(name), static_cast<long>(value), 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L);
  return made == nullptr ? "" : made;
}

// Appends a colour of a picture to the parameters of SGR. `base`: 38 for the text, 48 for the background.
void add_colour(CellColour colour, int base, std::string& out) {
  if (colour < 0) return;
  out += ";" + std::to_string(base);
  if (!is_exact(colour)) {
    out += ";5;" + std::to_string(colour);
    return;
  }
  out += ";2";
  for (const uint8_t channel : rgb_of(colour)) out += ";" + std::to_string(channel);
}

// Returns the bytes for the look that use() sets, with exact colours.
std::string look_bytes(const Span& span) {
  if (span.painted) {
    std::string out = "\033[0";
    add_colour(span.paint.front, 38, out);
    add_colour(span.paint.back, 48, out);
    return out + "m";
  }
  const Look look = user_looks.look_of(theme, span.style);
  std::string out = capability("sgr0", 0);
  if (look.bold || span.bold) out += capability("bold", 0);
  if (span.italic) out += capability("sitm", 0);
  if (look.dim) out += capability("dim", 0);
  if (look.reverse) out += capability("rev", 0);
  if (theme == Theme::kNone) return out;
  if (look.front >= 0) out += capability("setaf", colour_of(look.front));
  if (look.back >= 0) out += capability("setab", colour_of(look.back));
  return out;
}

// Returns the reason when the screen cannot be drawn on the terminal that TERM names, else nullopt.
std::optional<std::string> cannot_draw() {
  const char* term = std::getenv("TERM");
  int known = 0;
  const bool found = term != nullptr && term[0] != '\0' && setupterm(term, STDOUT_FILENO, &known) == OK;
  if (!found) return "the terminal type in TERM is not known here; try TERM=xterm";
  if (has_string("cup")) return std::nullopt;
  return std::string("a terminal of type ") + term +
         " cannot show the screen; set TERM to the type that it is, or use a command (`fastchat --help`)";
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void start_theme(const std::string& wanted) {
  theme_hints = {};
  theme_hints.wanted = wanted;
  theme_hints.colours = 0;
  if (has_colors()) {
    start_color();
    use_default_colors();
    theme_hints.colours = COLORS;
    const bool rgb = tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || has_string("RGB");
    direct = COLORS >= kDirectColours && rgb;
    exact = takes_exact_colours({rgb || tigetflag("Tc") > 0, environment("COLORTERM"), environment("TERM"),
                                 !environment("TMUX").empty(), !environment("STY").empty()});
  }
  theme_hints.no_color = !environment("NO_COLOR").empty();
  theme_hints.colorfgbg = environment("COLORFGBG");
  theme = choose_theme(theme_hints);
}

int colours() {
  const bool sixteen = theme == Theme::kSixteen || theme == Theme::kSixteenLight;
  if (exact && (theme == Theme::kDark || theme == Theme::kLight)) return kExactColours;
  return theme == Theme::kNone ? 0 : std::min(COLORS, sixteen ? 16 : 256);
}

winsize window() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  const int width = size.ws_col > 0 ? size.ws_xpixel / size.ws_col : 0;
  const int height = size.ws_row > 0 ? size.ws_ypixel / size.ws_row : 0;
  const bool known = width > 0 && height > 0 && width <= kMaxCellPixels && height <= kMaxCellPixels;
  cell_width = known ? width : 0;
  cell_height = known ? height : 0;
  return size;
}

void start_graphics(const std::string& wanted) {
  hints = {wanted, environment("TERM"), !environment("TMUX").empty(), theme != Theme::kNone};
  window();
  const std::string background = background_question(theme_hints, hints.term);
  if (!background.empty()) reply.expect_background();
  Terminal::write(background + graphics_questions(hints, cell_width > 0));
}

void take_background() {
  theme_hints.background = reply.says().background;
  const Theme chosen = choose_theme(theme_hints);
  if (chosen == theme) return;
  theme = chosen;
  theme_changed_now = true;
  Terminal::repaint();
}

// Takes one more character of the terminal's answer. Returns false when the character does not belong to the answer.
bool take_reply(int r, wint_t c) {
  const PictureMode before = Terminal::picture_form().mode;
  const bool taken = reply.take(r == KEY_CODE_YES ? 0 : static_cast<char32_t>(c));
  const PictureMode now = Terminal::picture_form().mode;
  if (now != before) Terminal::write(graphics_questions(now, true));
  if (reply.says().background != theme_hints.background) take_background();
  return taken;
}

// Every event that ncurses knows. After an event outside the mask ncurses waits for the next byte of the terminal,
// whatever nodelay() says: the screen stood still from the release of a button to the next key.
constexpr mmask_t kMouseEvents = BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON2_PRESSED | BUTTON2_RELEASED |
                                 BUTTON3_PRESSED | BUTTON3_RELEASED | BUTTON4_PRESSED | BUTTON4_RELEASED |
                                 BUTTON5_PRESSED | BUTTON5_RELEASED;

// Tells the terminal to report nothing. ncurses keeps its mask, because a report may be on its way.
void mouse_off() {
  Terminal::write(has_string("XM") ? capability("XM", 0) : "\033[?1000l");
}

void take_mouse(bool take) {
  if (!mouse_wanted || take == mouse_taken) return;
  mouse_taken = take;
  if (take) {
    mousemask(kMouseEvents, nullptr);
  } else {
    mouse_off();
  }
}

std::optional<Key> mouse_key(const MEVENT& event) {
  Key key;
  key.x = event.x;
  key.y = event.y;
  if ((event.bstate & BUTTON4_PRESSED) != 0) {
    key.kind = KeyKind::kWheelUp;
  } else if ((event.bstate & BUTTON5_PRESSED) != 0) {
    key.kind = KeyKind::kWheelDown;
  } else if ((event.bstate & BUTTON1_PRESSED) != 0) {
    key.kind = KeyKind::kClick;
  } else {
    return std::nullopt;
  }
  return key;
}

std::optional<Key> next_mouse_key() {
  if (mouse_keys.empty()) return std::nullopt;
  Key key = std::move(mouse_keys.front());
  mouse_keys.pop_front();
  return key;
}

// Takes all events that ncurses collected for one KEY_MOUSE, and returns the key of the first. ncurses gives the newest
// first, and keeps for the next KEY_MOUSE what nobody asks for.
std::optional<Key> take_mouse_keys() {
  MEVENT event{};
  while (getmouse(&event) == OK) {
    auto key = mouse_key(event);
    if (key && mouse_taken) mouse_keys.push_front(std::move(*key));
  }
  return next_mouse_key();
}

std::optional<Key> special(wint_t c) {
  static constexpr struct {
    int code;
    KeyKind kind;
    bool alt = false;
  } kKeys[] = {
      {KEY_UP, KeyKind::kUp},
      {KEY_DOWN, KeyKind::kDown},
      {KEY_LEFT, KeyKind::kLeft},
      {KEY_RIGHT, KeyKind::kRight},
      {KEY_HOME, KeyKind::kHome},
      {KEY_END, KeyKind::kEnd},
      {KEY_PPAGE, KeyKind::kPageUp},
      {KEY_NPAGE, KeyKind::kPageDown},
      {KEY_BACKSPACE, KeyKind::kBackspace},
      {KEY_DC, KeyKind::kDelete},
      {KEY_BTAB, KeyKind::kBackTab},
      {KEY_ENTER, KeyKind::kEnter},
      {kAltUp, KeyKind::kUp, true},
      {kAltDown, KeyKind::kDown, true},
      {kAltLeft, KeyKind::kLeft, true},
      {kAltRight, KeyKind::kRight, true},
      {kFocusInCode, KeyKind::kFocusIn},
      {kFocusOutCode, KeyKind::kFocusOut},
  };
  const int code = static_cast<int>(c);
  if (code == KEY_MOUSE) return take_mouse_keys();
  if (code > KEY_F0 && code <= KEY_F(12)) return Key{KeyKind::kFunction, static_cast<char32_t>(code - KEY_F0)};
  for (const auto& key : kKeys) {
    if (key.code == code) return Key{key.kind, 0, key.alt};
  }
  return std::nullopt;
}

std::optional<Key> plain(wint_t c) {
  if (c == '\r') return Key{KeyKind::kEnter};
  if (c == '\t') return Key{KeyKind::kTab};
  if (c == 27) return Key{KeyKind::kEscape};
  if (c == 127 || c == 8) return Key{KeyKind::kBackspace};
  if (c >= 1 && c <= 26) return control_key(static_cast<char32_t>('a' + c - 1));
  if (c < 32) return std::nullopt;
  return Key{KeyKind::kCharacter, static_cast<char32_t>(c)};
}

// Reads the input that follows an escape at once: a key typed with Alt, or an answer of the terminal. Returns no key
// for an answer.
std::optional<Key> after_escape() {
  wint_t c = 0;
  const int r = get_wch(&c);
  if (r == ERR) return Key{KeyKind::kEscape};
  if (r == OK && (c == '[' || c == '_' || c == ']')) {
    wint_t next = 0;
    const int after = get_wch(&next);
    if (after == OK && reply.begin(static_cast<char32_t>(c), static_cast<char32_t>(next))) return std::nullopt;
    if (after == OK) unget_wch(static_cast<wchar_t>(next));
    if (after == KEY_CODE_YES) ungetch(static_cast<int>(next));
  }
  auto key = r == KEY_CODE_YES ? special(c) : plain(c);
  if (!key || key->kind == KeyKind::kEscape) return Key{KeyKind::kEscape};
  if (key->kind != KeyKind::kClick) key->alt = true;
  if (key->kind == KeyKind::kCharacter && key->character >= 'A' && key->character <= 'Z') key->character += 'a' - 'A';
  return key;
}

// Collects a bracketed paste, over several calls when the paste comes in parts.
std::optional<Key> take_paste(int r, wint_t c) {
  if (r == KEY_CODE_YES && c == static_cast<wint_t>(kPasteEnd)) {
    pasting = false;
    Key key{KeyKind::kPaste};
    key.text = std::exchange(pasted, "");
    return key;
  }
  if (r == KEY_CODE_YES || pasted.size() > kMaxPaste) return std::nullopt;
  pasted += encode(static_cast<char32_t>(c));  // line breaks as they come; the editor makes one of CR LF
  return std::nullopt;
}

// Installs an empty handler of SIGTSTP, if there is none. ncurses then leaves the signal alone. It would ignore SIGTSTP
// during each update, and a blocked signal that waits is discarded as soon as it is ignored (POSIX, sigaction): a
// Ctrl-Z from another program during an update was lost.
void handle_stop_signal() {
  struct sigaction now {};
  if (sigaction(SIGTSTP, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) return;
  now = {};
  now.sa_handler = [](int) {};
  now.sa_flags = SA_RESTART;
  (void)sigaction(SIGTSTP, &now, nullptr);
}

}  // namespace

Result<> Terminal::open(const std::string& theme_wanted, const UserLooks& looks, const std::string& pictures,
                        bool mouse) {
  if (stdscr != nullptr) return Unit{};  // opened by an earlier App
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    return err(fastchat::Code::kLocalUsage, "the screen needs a terminal; for scripts see `fastchat --help`");
  }
  if (const auto why = cannot_draw()) return err(fastchat::Code::kLocalUsage, *why);
  handle_stop_signal();
  if (newterm(std::getenv("TERM"), stdout, stdin) == nullptr) {
    return err(fastchat::Code::kLocalUsage, "the terminal cannot be used");
  }
  set_escdelay(25);
  raw();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  for (const auto& [sequence, code] : kSequences) define_key(sequence, code);
  mouseinterval(0);
  mouse_wanted = mouse;
  take_mouse(true);
  user_looks = looks;
  start_theme(theme_wanted);
  const std::string type = environment("TERM");
  links_shown = type != "linux" && type != "dumb" && !type.starts_with("vt");
  write(kModesOn);
  start_graphics(pictures);
  return Unit{};
}

void Terminal::suspend() {
  close();
}

void Terminal::resume() {
  if (stdscr == nullptr) return;
  if (!isendwin()) reset_prog_mode();  // stopped by SIGSTOP
  repaint();
  refresh();  // also takes the terminal back after endwin(), with the mouse
  if (mouse_wanted && !mouse_taken) mouse_off();
  write(kModesOn);
  start_graphics(hints.wanted);
  resized();
}

void Terminal::close() {
  if (stdscr == nullptr || isendwin()) return;
  write(graphics.end() + kModesOff);
  endwin();
}

int Terminal::width() {
  return COLS;
}
int Terminal::height() {
  return LINES;
}

PictureForm Terminal::picture_form() {
  TerminalSays says = reply.says();
  if (cell_width > 0) {
    says.cell_width = cell_width;
    says.cell_height = cell_height;
  }
  return tui::picture_form(hints, says, colours());
}

void Terminal::resized() {
  const winsize size = window();
  if (size.ws_row > 0) resizeterm(size.ws_row, size.ws_col);
  repaint();  // a terminal may move its cells to other rows, with links and exact colours that ncurses does not know
  write(graphics_questions(picture_form().mode, cell_width > 0));
}

bool Terminal::theme_changed() {
  return std::exchange(theme_changed_now, false);
}

void Terminal::repaint() {
  clearok(curscr, TRUE);
  graphics.forget();
  overlay.forget();
}

void Terminal::write(const std::string& bytes) {
  std::fflush(stdout);
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t n = ::write(STDOUT_FILENO, bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) continue;
    pollfd ready{STDOUT_FILENO, POLLOUT, 0};
    if (n < 0 && errno == EAGAIN && poll(&ready, 1, kWritePause) == 1) continue;
    if (n <= 0) return;
    at += static_cast<size_t>(n);
  }
}

void Terminal::show(const Frame& frame) {
  if (isendwin()) return;  // refresh() would take the terminal back
  take_mouse(frame.mouse);
  erase();
  for (int y = 0; y < LINES && static_cast<size_t>(y) < frame.rows.size(); ++y) {
    ::move(y, 0);
    int room = COLS;
    for (const Span& span : frame.rows[static_cast<size_t>(y)]) {
      if (room <= 0) break;
      use(span);
      std::string text = clip(span.text, room);
      std::replace(text.begin(), text.end(), '\t', ' ');  // ncurses would move to a tab stop of the whole screen
      addnstr(text.c_str(), static_cast<int>(text.size()));
      room -= width_of(text);
    }
  }
  attr_set(A_NORMAL, 0, nullptr);
  curs_set(frame.cursor_row >= 0 ? 1 : 0);
  if (frame.cursor_row >= 0) ::move(frame.cursor_row, frame.cursor_column);
  idcok(stdscr, graphics.shows() ? FALSE : TRUE);  // a terminal may move graphics along with characters
  const Graphics::Step step = graphics.show(frame);
  overlay.forget(step.redraw);
  const bool exact_shown = colours() == kExactColours;
  const Overlay::Step over = overlay.show(frame, COLS, {links_shown, exact_shown}, look_bytes);
  for (const int y : step.redraw) wredrawln(stdscr, y, 1);
  for (const int y : over.redraw) wredrawln(stdscr, y, 1);
  // A terminal that knows this mode shows the nearest colours and the exact ones as one change.
  const bool together = exact_shown && !over.bytes.empty();
  if (together) write("\033[?2026h");
  refresh();
  write(step.bytes + over.bytes + (together ? "\033[?2026l" : ""));
}

std::optional<Key> Terminal::read() {
  for (;;) {
    if (auto key = next_mouse_key()) return key;
    wint_t c = 0;
    const int r = get_wch(&c);
    if (r == ERR) return std::nullopt;
    if (reply.collecting() && take_reply(r, c)) continue;
    if (pasting) {
      if (auto key = take_paste(r, c)) return key;
    } else if (r == KEY_CODE_YES && c == static_cast<wint_t>(kPasteBegin)) {
      pasting = true;
    } else if (const auto key = r != KEY_CODE_YES && c == 27 ? after_escape()
                                : r == KEY_CODE_YES          ? special(c)
                                                             : plain(c)) {
      return key;
    }
  }
}

}  // namespace fastchat::tui
