// Sizes and limits of suites 1 and 2 (docs/e2e.md). Compiled in: nothing here can be configured or negotiated.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastchat::e2e {

inline constexpr uint32_t kSuite = 1;
inline constexpr uint32_t kSuite2 = 2;  // of direct messages only

inline constexpr size_t kHash = 32;   // SHA-256; fingerprints, envelope and state hashes
inline constexpr size_t kKey = 32;    // every symmetric key
inline constexpr size_t kPoint = 32;  // X25519: a secret, a public point, what two share
inline constexpr size_t kRealm = 16;
inline constexpr size_t kStream = 16;
inline constexpr size_t kNonce = 16;  // of a group
inline constexpr size_t kFileId = 16;
inline constexpr size_t kCardToken = 16;
inline constexpr int kRsaBits = 3072;
inline constexpr size_t kRsa = 384;    // a wrap, a signature
inline constexpr size_t kWrap2 = 497;  // a wrap of suite 2: of the RSA key, then a sealed key
inline constexpr size_t kSpki = 422;   // DER of a 3072-bit RSA key with e = 65537; no other size is possible
inline constexpr size_t kMaxPkcs8 = 2048;

inline constexpr size_t kMaxEnvelope = 24 * 1024;
inline constexpr size_t kMaxHeader = 512;
inline constexpr size_t kMaxSignal = 4 * 1024;
inline constexpr int64_t kSignalLife = 30'000;  // ms before and after its time in which a signal is accepted
inline constexpr size_t kMaxText = 16 * 1024;
inline constexpr size_t kMaxContent = kMaxText + 256;
inline constexpr size_t kMaxEmoji = 64;  // the longest emoji that Unicode recommends has 35 bytes
inline constexpr size_t kMaxPollQuestion = 1024;
inline constexpr size_t kMinPollOptions = 2, kMaxPollOptions = 10;
inline constexpr size_t kMaxPollOption = 256;
inline constexpr size_t kPad = 256;
inline constexpr size_t kMaxReceiptEntries = 100;
inline constexpr size_t kMaxFileName = 255;
inline constexpr size_t kMaxMediaType = 127;

inline constexpr size_t kMaxIdentityBlob = 64 * 1024;
inline constexpr size_t kMaxIdentityKeys = 16;
inline constexpr int kMaxVaultCards = 256;           // of them at most 16 are open, unless the server lies
inline constexpr size_t kMaxVault = 896 * 1024;      // sealed; with the largest blob it fits one frame
inline constexpr size_t kMaxVaultPart = 256 * 1024;  // sealed
inline constexpr int kMaxVaultParts = 4096;          // named by one head
inline constexpr size_t kMaxGroupMembers = 1024;
inline constexpr size_t kMaxGroupName = 64;
inline constexpr size_t kMaxGroupState = 128 * 1024;  // signed
inline constexpr uint64_t kEpochsKept = 16;           // epochs before the current one whose messages are still read

inline constexpr size_t kMaxPrekey = 1024;
inline constexpr int64_t kPrekeyLife = int64_t{7} * 24 * 3600 * 1000;      // ms until its owner makes the next one
inline constexpr int64_t kMaxPrekeyLife = int64_t{30} * 24 * 3600 * 1000;  // that a reader takes

inline constexpr size_t kFileChunk = 256 * 1024;  // plaintext of every chunk but the last
inline constexpr uint64_t kMaxFileSize = uint64_t{1} << 40;

// Sequence numbers, epochs, counters and versions fit SQLite's and PostgreSQL's signed 64 bits.
inline constexpr uint64_t kMaxCount = INT64_MAX;
// Returns true for a valid epoch, number in a stream or other value that counts from 1.
constexpr bool count_ok(uint64_t n) {
  return n >= 1 && n <= kMaxCount;
}
// Milliseconds of the year 10000: later times cannot be shown.
inline constexpr int64_t kMaxTimeMs = 253402300800000;

}  // namespace fastchat::e2e
