#include "client/tui/picture_child.h"

#include <sys/resource.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "client/tui/picture_cells.h"
#include "client/tui/picture_decode.h"
#include "client/tui/picture_draw.h"

namespace fastchat::tui {
namespace {

[[maybe_unused]] constexpr rlim_t kMemory =
    768 << 20;                  // address space: libraries, the file, 24 million pixels, chafa's copy of them
constexpr rlim_t kSeconds = 5;  // of the processor

void limit(int what, rlim_t most) {
  const rlimit limits{most, most};
  if (setrlimit(static_cast<__rlimit_resource>(what), &limits) != 0) _exit(3);
}

bool read_all(std::string& out) {
  char buffer[65536];
  for (;;) {
    const ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0) return false;
    if (n == 0) return true;
    out.append(buffer, static_cast<size_t>(n));
    if (out.size() > kMostPictureBytes) return false;
  }
}

}  // namespace

int run_picture_child(int argc, char** argv) {
  if (argc != 5) return 1;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they reserve terabytes
  limit(RLIMIT_AS, kMemory);
#endif
  limit(RLIMIT_CPU, kSeconds);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CORE, 0);
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::string file;
  if (!read_all(file)) return 1;
  const auto pixels = decode_picture(file);
  if (!pixels.ok()) {
    std::puts(pixels.error().text.c_str());
    return 1;
  }
  const std::string cells =
      encode_cells(draw_picture(*pixels, std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4])));
  return std::fwrite(cells.data(), 1, cells.size(), stdout) == cells.size() && std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace fastchat::tui
