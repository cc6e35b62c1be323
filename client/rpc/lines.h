// Cuts the bytes of a stream into lines, and queues lines for a slow reader. Pure. The caller bounds both (too_long(),
// size()).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fastchat::rpc {

// Cuts the bytes that were read into lines. Holds the bytes that were added and not taken. The caller takes all
// complete lines before it adds more bytes.
class LineBuffer {
 public:
  explicit LineBuffer(size_t max_line) : max_line_(max_line) {}

  void add(std::string_view bytes) { bytes_.append(bytes); }

  // Returns the next line, without its line feed and without a carriage return before the line feed; nullopt while the
  // line is not complete.
  std::optional<std::string> next() {
    const size_t end = bytes_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = bytes_.size();
      return std::nullopt;
    }
    std::string line = bytes_.substr(0, end);
    bytes_.erase(0, end + 1);
    searched_ = 0;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
  }

  // Returns true when the first line, complete or not, has more bytes than allowed.
  bool too_long() const {
    const size_t end = bytes_.find('\n', searched_);
    return (end == std::string::npos ? bytes_.size() : end) > max_line_;
  }
  bool empty() const { return bytes_.empty(); }
  size_t max_line() const { return max_line_; }

 private:
  const size_t max_line_;
  std::string bytes_;
  size_t searched_ = 0;  // no line feed before this offset
};

// Lines that wait for their reader.
class LineQueue {
 public:
  void add(std::string_view line) {
    bytes_.append(line);
    bytes_.push_back('\n');
  }
  std::string_view waiting() const { return std::string_view(bytes_).substr(taken_); }
  size_t size() const { return bytes_.size() - taken_; }
  void taken(size_t bytes) {
    taken_ += bytes;
    // Moves the rest rarely: at least as many bytes were taken as are moved.
    if (taken_ * 2 < bytes_.size()) return;
    inside_ = taken_ > 0 ? bytes_[taken_ - 1] != '\n' : inside_;
    bytes_.erase(0, taken_);
    taken_ = 0;
  }
  void clear() {
    bytes_.clear();
    taken_ = 0;
    inside_ = false;
  }
  // Drops all lines of which no byte was taken.
  void drop_rest() {
    const bool inside = taken_ > 0 ? bytes_[taken_ - 1] != '\n' : inside_;
    const size_t end = inside ? bytes_.find('\n', taken_) : std::string::npos;
    bytes_.resize(inside && end != std::string::npos ? end + 1 : taken_);
  }

 private:
  std::string bytes_;
  size_t taken_ = 0;
  bool inside_ = false;  // the first byte continues a line that began before it
};

}  // namespace fastchat::rpc
