#include "client/tui/terminal/graphics_reply.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

namespace fastchat::tui {
namespace {

constexpr const char* kCellQuestion = "\033[16t";
constexpr const char* kSixelQuestions = "\033[?1;1;0S\033[?2;1;0S";
constexpr int kMaxNumber = 100'000;

bool is_parameter(char32_t c) {
  return c >= 0x20 && c <= 0x3F;
}

// Parses "62;4;22". Returns no numbers when the text contains anything else.
std::vector<int> numbers_of(std::string_view text) {
  std::vector<int> out(1);
  for (const char c : text) {
    if (c == ';') {
      out.push_back(0);
    } else if (c < '0' || c > '9' || out.back() > kMaxNumber) {
      return {};
    } else {
      out.back() = out.back() * 10 + (c - '0');
    }
  }
  return out;
}

bool has_graphics(const GraphicsHints& hints) {
  return hints.colours && hints.wanted != "blocks" && hints.term != "linux" && hints.term != "dumb";
}

bool in_multiplexer(const GraphicsHints& hints) {
  return hints.tmux || hints.term.starts_with("tmux") || hints.term.starts_with("screen");
}

}  // namespace

bool GraphicsReply::begin(char32_t first, char32_t second) {
  const bool control = first == U'[' && second >= U'0' && second <= U'?';
  const bool string = first == U'_' && second == U'G';
  colour_ = first == U']' && second == U'1' && std::exchange(background_asked_, false);
  if (!control && !string && !colour_) return false;
  state_ = control ? State::kControl : State::kString;
  text_.clear();
  taken_ = 0;
  return take(second);
}

bool GraphicsReply::take(char32_t c) {
  if (c == 7 && colour_ && state_ == State::kString) {  // BEL, with which xterm also ends a string
    end_string();
    return true;
  }
  if (++taken_ > kMax || (c < 0x20 && c != 27) || c == 0x7F || (c == 27 && state_ != State::kString)) {
    state_ = State::kNone;
    return false;
  }
  if (state_ == State::kStringEnd) {
    const bool whole = c == U'\\';
    if (whole) end_string();
    state_ = State::kNone;
    if (!whole) return false;
  } else if (c == 27) {
    state_ = State::kStringEnd;
  } else if (state_ == State::kControl && !is_parameter(c)) {
    state_ = State::kNone;
    on_control(c);
  } else if (text_.size() < kMaxKept) {
    text_ += c < 0x7F ? static_cast<char>(c) : '?';
  }
  return true;
}

void GraphicsReply::on_control(char32_t last) {
  if (text_.size() == kMaxKept) return;
  const bool question = text_.starts_with('?');
  const auto numbers = numbers_of(std::string_view(text_).substr(question ? 1 : 0));
  const auto is_pixels = [](int n) { return n > 0 && n <= kMaxNumber; };
  if (question && last == U'c') {
    // The first number names the kind of terminal.
    says_.sixel = numbers.size() > 1 && std::find(numbers.begin() + 1, numbers.end(), 4) != numbers.end();
  } else if (!question && last == U't' && numbers.size() == 3 && numbers[0] == 6) {
    const auto fits = [](int n) { return n > 0 && n <= kMaxCellPixels; };
    if (!fits(numbers[1]) || !fits(numbers[2])) return;
    says_.cell_height = numbers[1];
    says_.cell_width = numbers[2];
  } else if (question && last == U'S' && numbers.size() >= 3 && numbers[1] == 0) {
    if (numbers[0] == 1 && is_pixels(numbers[2])) says_.colours = numbers[2];
    if (numbers[0] != 2 || numbers.size() != 4 || !is_pixels(numbers[2]) || !is_pixels(numbers[3])) return;
    says_.max_width = numbers[2];
    says_.max_height = numbers[3];
  }
}

void GraphicsReply::end_string() {
  state_ = State::kNone;
  if (colour_) {
    on_colour();
  } else {
    on_string();
  }
}

// Parses "11;rgb:ffff/ffff/ffff", with one to four hex digits a channel, or "11;rgba:ffff/ffff/ffff/ffff".
void GraphicsReply::on_colour() {
  std::string_view rest = text_;
  if (!rest.starts_with("11;rgb")) return;
  rest.remove_prefix(rest.starts_with("11;rgba:") ? 8 : std::min<size_t>(7, rest.size()));
  uint8_t channels[3] = {};
  for (uint8_t& channel : channels) {
    const size_t digits = std::min(rest.find('/'), rest.size());
    unsigned value = 0;
    const auto end = rest.data() + digits;
    const auto [at, error] = std::from_chars(rest.data(), end, value, 16);
    if (digits < 1 || digits > 4 || error != std::errc() || at != end) return;
    channel = static_cast<uint8_t>(value * 255 / ((1U << (4 * digits)) - 1));
    rest.remove_prefix(std::min(digits + 1, rest.size()));
  }
  says_.background = Rgb{channels[0], channels[1], channels[2]};
}

void GraphicsReply::on_string() {
  if (text_ == "Gi=31;OK") says_.kitty = true;
}

std::string background_question(const ThemeHints& theme, const std::string& term) {
  const bool matters = choose_theme(theme) != Theme::kNone && (theme.wanted == "auto" || theme.wanted == "16");
  return matters && term != "linux" && term != "dumb" ? "\033]11;?\033\\" : "";
}

std::string graphics_questions(const GraphicsHints& hints, bool cell_known) {
  if (!has_graphics(hints)) return "";
  if (hints.wanted == "kitty") return graphics_questions(PictureMode::kKitty, cell_known);
  if (hints.wanted == "sixel") return graphics_questions(PictureMode::kSixel, cell_known);
  // tmux would take the first question for a title.
  const std::string kitty = in_multiplexer(hints) ? "" : "\033_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\033\\";
  return kitty + (cell_known ? "" : kCellQuestion) + "\033[c";
}

std::string graphics_questions(PictureMode mode, bool cell_known) {
  if (mode == PictureMode::kBlocks) return "";
  return std::string(cell_known ? "" : kCellQuestion) + (mode == PictureMode::kSixel ? kSixelQuestions : "");
}

PictureForm picture_form(const GraphicsHints& hints, const TerminalSays& says, int colours) {
  PictureForm out;
  out.colours = colours;
  if (!has_graphics(hints)) return out;
  const bool cell_known = says.cell_width > 0 && says.cell_height >= kSixelRows;
  const bool asked = hints.wanted == "auto";
  if (asked ? says.kitty : hints.wanted == "kitty") {
    out.mode = PictureMode::kKitty;
  } else if (asked ? says.sixel && cell_known : hints.wanted == "sixel") {
    out.mode = PictureMode::kSixel;
    out.colours = says.colours > 1 ? std::min(says.colours, kMaxSixelColours) : kMaxSixelColours;
  } else {
    return out;
  }
  if (cell_known) {
    out.cell_width = says.cell_width;
    out.cell_height = says.cell_height;
  }
  if (out.mode == PictureMode::kSixel && says.max_width > 0 && says.max_height > 0) {
    out.max_columns = std::clamp(says.max_width / out.cell_width, 1, kMaxPictureColumns);
    out.max_rows = std::clamp(says.max_height / out.cell_height, 1, kMaxPictureRows);
  }
  return out;
}

}  // namespace fastchat::tui
