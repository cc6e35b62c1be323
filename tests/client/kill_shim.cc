// Ends a client at its n-th step on the disk. Tests preload this library; no program contains it. A step is a write, a
// sync, a rename, a removal or a change of length below KILL_FOLDER. The client ends before it makes step KILL_AT (0:
// never). Argon2id is made cheap, alike for every run, so that a test can log in hundreds of times.
#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr int kKilled = 99;

bool below(const char* path) {
  const char* folder = std::getenv("KILL_FOLDER");
  return folder != nullptr && std::strncmp(path, folder, std::strlen(folder)) == 0;
}

void step() {
  static long steps = 0;
  const char* at = std::getenv("KILL_AT");
  if (at != nullptr && ++steps == std::atol(at)) _exit(kKilled);
}

void step_of(int fd) {
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t n = readlink(link.c_str(), path, sizeof path - 1);
  if (n <= 0) return;
  path[n] = '\0';
  if (below(path)) step();
}

template <class F>
F* real(F*, const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* p, size_t n) {
  static auto* next = real(write, "write");
  step_of(fd);
  return next(fd, p, n);
}

ssize_t pwrite64(int fd, const void* p, size_t n, off64_t at) {
  static auto* next = real(pwrite64, "pwrite64");
  step_of(fd);
  return next(fd, p, n, at);
}

ssize_t pwrite(int fd, const void* p, size_t n, off_t at) {
  return pwrite64(fd, p, n, at);
}

int fsync(int fd) {
  static auto* next = real(fsync, "fsync");
  step_of(fd);
  return next(fd);
}

int fdatasync(int fd) {
  static auto* next = real(fdatasync, "fdatasync");
  step_of(fd);
  return next(fd);
}

int ftruncate64(int fd, off64_t n) noexcept {
  static auto* next = real(ftruncate64, "ftruncate64");
  step_of(fd);
  return next(fd, n);
}

int ftruncate(int fd, off_t n) noexcept {
  return ftruncate64(fd, n);
}

int unlink(const char* path) noexcept {
  static auto* next = real(unlink, "unlink");
  if (below(path)) step();
  return next(path);
}

int rename(const char* from, const char* to) noexcept {
  static auto* next = real(rename, "rename");
  if (below(to)) step();
  return next(from, to);
}

int crypto_pwhash(unsigned char* out, unsigned long long out_size, const char* password, unsigned long long size,
                  const unsigned char* salt, unsigned long long passes, size_t /*memory*/, int algorithm) {
  constexpr size_t kLittle = 8192;
  static auto* next = real(crypto_pwhash, "crypto_pwhash");
  return next(out, out_size, password, size, salt, passes, kLittle, algorithm);
}

}  // extern "C"
