#include "tests/sim/disk_steps.h"

#include <dlfcn.h>
#include <sys/types.h>
#include <unistd.h>

#include <utility>

namespace fastchat::sim {
namespace {

DiskDeath* watched = nullptr;

// Calls the death. Does not count the steps that the death itself makes.
void die() {
  DiskDeath* const death = std::exchange(watched, nullptr);
  death->happens();
  watched = death;
}

template <class Call>
auto step(DiskDeath::Step kind, const Call& call) {
  const bool now = watched != nullptr && watched->step == kind && watched->left > 0 && --watched->left == 0;
  if (now && watched->before) die();
  const auto result = call();
  if (now && !watched->before) die();
  return result;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

DiskWatch::DiskWatch(DiskDeath& death) {
  watched = &death;
}

DiskWatch::~DiskWatch() {
  watched = nullptr;
}

}  // namespace fastchat::sim

// The linker takes these functions in place of the C library's, also for the libraries.
extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
  static auto* const real = fastchat::sim::next<ssize_t(int, const void*, size_t)>("write");
  return fastchat::sim::step(fastchat::sim::DiskDeath::Step::kWrite, [&] { return real(file, bytes, size); });
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  static auto* const real = fastchat::sim::next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return fastchat::sim::step(fastchat::sim::DiskDeath::Step::kWrite, [&] { return real(file, bytes, size, at); });
}

int fdatasync(int file) {
  static auto* const real = fastchat::sim::next<int(int)>("fdatasync");
  return fastchat::sim::step(fastchat::sim::DiskDeath::Step::kSync, [&] { return real(file); });
}

int fsync(int file) {
  static auto* const real = fastchat::sim::next<int(int)>("fsync");
  return fastchat::sim::step(fastchat::sim::DiskDeath::Step::kSync, [&] { return real(file); });
}

}  // extern "C"
