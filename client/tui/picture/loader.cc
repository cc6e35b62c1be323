#include "client/tui/picture/loader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "client/e2e/sanitise.h"
#include "common/clock.h"
#include "common/spawn.h"

namespace fastchat::tui {
namespace {

constexpr int64_t kLongest = 10'000'000;  // us
constexpr size_t kMaxOutput = 12 << 20;   // bytes: base64 of 2 million pixels of 4 bytes, if zlib makes them no smaller
constexpr const char* kSelf = "/proc/self/exe";

Error on_disk(const std::string& path) {
  return err(Code::kLocalDisk, path + ": " + std::strerror(errno));
}

}  // namespace

PictureLoader::~PictureLoader() {
  loop_.cancel(timer_);
  if (pipe_ >= 0) {
    loop_.remove_fd(pipe_);
    close(pipe_);
  }
  if (child_ != 0) {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
}

void PictureLoader::draw(const std::string& path, int columns, int rows, const PictureForm& form, Done done) {
  const int max_columns = std::min(form.max_columns, kMaxPictureColumns);
  const int max_rows = std::min(form.max_rows, kMaxPictureRows);
  const PictureJob picture{form, std::clamp(columns, 1, max_columns), std::clamp(rows, 1, max_rows)};
  jobs_.push_back({path, picture, std::move(done)});
  if (jobs_.size() == 1) loop_.at(0, [this](int64_t) { next(); });
}

void PictureLoader::next() {
  if (jobs_.empty() || child_ != 0) return;
  if (auto started = start(jobs_.front()); !started.ok()) end(started.error());
}

Result<> PictureLoader::start(const Job& job) {
  const int file = open(job.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return on_disk(job.path);
  struct stat info {};
  const bool regular = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
  int ends[2] = {-1, -1};
  if (!regular || pipe2(ends, O_CLOEXEC) != 0) {
    close(file);
    return err(Code::kLocalDisk, job.path + " is not a file");
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  std::vector<std::string> words = to_words(job.picture);
  words.insert(words.begin(), {"fastchat", kDrawPicture});
  // The child gets no environment, above all not FASTCHAT_PASSWORD.
  const Result<pid_t> pid =
      spawn({.program = kSelf, .arguments = words, .in = file, .out = ends[1], .with_environment = false});
  close(file);
  close(ends[1]);
  if (!pid.ok()) {
    close(ends[0]);
    return err(Code::kLocalDisk, "cannot start the process that draws pictures: " + pid.error().text);
  }
  child_ = *pid;
  pipe_ = ends[0];
  output_.clear();
  loop_.add_fd(pipe_, POLLIN, [this](short) { read_some(); });
  timer_ = loop_.at(Clock::monotonic_us() + kLongest, [this](int64_t) { kill(child_, SIGKILL); });
  return Unit{};
}

void PictureLoader::read_some() {
  char buffer[65536];
  const ssize_t n = read(pipe_, buffer, sizeof buffer);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0) {
    output_.append(buffer, static_cast<size_t>(n));
    if (output_.size() > kMaxOutput) kill(child_, SIGKILL);
    return;
  }
  loop_.cancel(timer_);
  loop_.remove_fd(pipe_);
  close(std::exchange(pipe_, -1));
  int status = 0;
  waitpid(std::exchange(child_, 0), &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return end(parse());
  const bool told = WIFEXITED(status) && !output_.empty() && output_.size() < 200;
  const bool large = WIFEXITED(status) && WEXITSTATUS(status) == kPictureTooLarge;
  end(err(large ? Code::kTooLarge : Code::kMalformed,
          told ? e2e::sanitise_line(output_) : "the picture took too much memory or time to draw"));
}

Result<Picture> PictureLoader::parse() {
  const PictureJob& job = jobs_.front().picture;
  if (job.form.mode == PictureMode::kBlocks) {
    auto cells = parse_cells(output_);
    if (!cells.ok()) return cells.error();
    return Picture(std::move(*cells));
  }
  auto graphic = parse_graphic(output_, job.form, job.columns, job.rows);
  if (!graphic.ok()) return graphic.error();
  graphic->id = ++last_id_;
  return Picture(std::move(*graphic));
}

void PictureLoader::end(const Result<Picture>& result) {
  const Job job = std::move(jobs_.front());
  jobs_.pop_front();
  if (!jobs_.empty()) loop_.at(0, [this](int64_t) { next(); });
  job.done(result);
}

}  // namespace fastchat::tui
