#include "client/tui/pages/local_file_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "client/e2e/sanitise.h"
#include "client/files/file_io.h"
#include "client/tui/picture/decode.h"

namespace fastchat::tui {
namespace {

constexpr size_t kMaxText = 1 << 20;
// One byte of this many may be invalid UTF-8: old texts contain some.
constexpr size_t kBytesToOneWrong = 8;

// Returns true when the bytes are a text. `text`: the result of sanitising `bytes`.
bool is_text(ByteView bytes, ByteView text) {
  if (bytes.find('\0') != bytes.npos) return false;
  constexpr ByteView kReplaced = "\xEF\xBF\xBD";
  size_t wrong = 0;
  for (size_t at = text.find(kReplaced); at != text.npos; at = text.find(kReplaced, at + kReplaced.size())) ++wrong;
  return wrong * kBytesToOneWrong <= bytes.size();
}

}  // namespace

Result<LocalFile> read_local_file(const std::string& path) {
  const Result<int> file = client::open_regular(path);
  if (!file.ok()) return file.error();
  std::string bytes(kMaxText + 1, '\0');
  size_t got = 0;
  ssize_t n = 1;
  while (got < bytes.size() && n != 0) {
    n = read(*file, bytes.data() + got, bytes.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    got += static_cast<size_t>(n);
  }
  const int error = errno;
  close(*file);
  if (n < 0) {
    return err(Code::kLocalUsage, "cannot read " + e2e::sanitise_line(path) + ": " + std::strerror(error));
  }
  LocalFile out;
  out.more = got > kMaxText;
  bytes.resize(std::min(got, kMaxText));
  if (looks_like_picture(bytes)) {
    out.kind = LocalFile::Kind::kPicture;
    return out;
  }
  out.text = e2e::sanitise(bytes);
  if (is_text(bytes, out.text)) return out;
  return LocalFile{LocalFile::Kind::kOther, "", false};
}

LocalFileReader::~LocalFileReader() {
  if (!thread_) return;
  mine_->unlisten(loop_);
  thread_.reset();
}

void LocalFileReader::read(const std::string& path) {
  if (!thread_) start();
  mine_->post(std::make_unique<std::string>(path));
}

void LocalFileReader::start() {
  auto [mine, theirs] = make_mailbox<Answer, std::string>(context_);
  mine_ = std::make_unique<Mine>(std::move(mine));
  mine_->listen(loop_, [this] {
    const std::unique_ptr<Answer> answer = mine_->receive();
    if (answer) done_(answer->path, answer->file);
    return answer != nullptr;
  });
  thread_ = std::make_unique<LoopThread>(context_, "look", [end = std::move(theirs)](Loop& loop) mutable {
    end.listen(loop, [&] {
      const std::unique_ptr<std::string> path = end.receive();
      if (path) end.post(std::make_unique<Answer>(Answer{*path, read_local_file(*path)}));
      return path != nullptr;
    });
    loop.run();
    end.unlisten(loop);
  });
}

}  // namespace fastchat::tui
