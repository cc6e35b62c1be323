// Secrets leave no bytes in memory that is freed. The test sees each array at the moment of its release.
// Each wipe was left out once, and its test failed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "client/e2e/prekey.h"
#include "client/e2e/secret.h"
#include "tests/e2e/people.h"

namespace {

constexpr size_t kWatched = 32;
const void* watched_array = nullptr;
char at_release[kWatched];
bool was_released = false;

}  // namespace

void* operator new[](size_t n) {
  if (void* p = std::malloc(n > 0 ? n : 1)) return p;
  throw std::bad_alloc();
}
void operator delete[](void* p) noexcept {
  if (p != nullptr && p == watched_array) {
    std::memcpy(at_release, p, kWatched);
    was_released = true;
    watched_array = nullptr;
  }
  std::free(p);
}
void operator delete[](void* p, size_t /*size*/) noexcept {
  operator delete[](p);
}

namespace fastchat::tests {
namespace {

using namespace e2e;

// Expects that the array of 32 bytes behind `secret` is all zero when `release` lets it go.
template <class Release>
void expect_zero_at_release(Secret& secret, Release release) {
  ASSERT_EQ(secret.size(), kWatched);
  ASSERT_NE(secret.view(), ByteView(Bytes(kWatched, '\0')));
  std::memset(at_release, 'x', kWatched);
  was_released = false;
  watched_array = secret.data();
  release();
  ASSERT_TRUE(was_released);
  EXPECT_EQ(ByteView(at_release, kWatched), Bytes(kWatched, '\0'));
}

TEST(Erasure, ASecretIsZeroWhenItsMemoryIsFreed) {
  auto* destroyed = new Secret(Secret::copy_of(Bytes(kWatched, 'k')));
  expect_zero_at_release(*destroyed, [&] { delete destroyed; });
  Secret replaced = Secret::copy_of(Bytes(kWatched, 'k'));
  expect_zero_at_release(replaced, [&] { replaced = Secret(1); });
  EXPECT_EQ(replaced.size(), 1u);
}

TEST(Erasure, TheTailThatIsCutOffIsZero) {
  Secret secret = Secret::copy_of(Bytes(kWatched, 'k'));
  const char* bytes = secret.data();
  secret.truncate(4);
  EXPECT_EQ(ByteView(bytes, kWatched), Bytes(4, 'k') + Bytes(kWatched - 4, '\0'));
}

TEST(Erasure, APrekeysSecretIsZeroWhenThePairGoes) {
  auto* pair = new PrekeyPair(make_prekey(bob(), 7, kNowMs).value());
  expect_zero_at_release(pair->secret, [&] { delete pair; });
}

}  // namespace
}  // namespace fastchat::tests
