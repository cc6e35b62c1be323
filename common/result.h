// Result<T>: a value or an Error. Failures of peer input and of the environment (disk, network, database) are Results;
// bugs abort (check.h). An Error is a code that travels on the wire (proto ErrorCode) and one line for a person.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/check.h"

namespace fastchat {

// The values are the wire's (proto/client.proto, ErrorCode): one list, one meaning, checked by a static_assert in
// common/wire.cc. kLocal* codes never travel.
enum class Code : int {
  kOk = 0,
  kMalformed = 1,
  kUnsupportedVersion = 2,
  kNotLoggedIn = 3,
  kBadCredentials = 4,
  kNameTaken = 5,
  kNameNotAllowed = 6,
  kWeakPassword = 7,
  kUnknownUser = 8,
  kTooLarge = 9,
  kRecipientFull = 10,
  kBusy = 11,
  kThrottled = 12,
  kRegistrationClosed = 13,
  kBadInvite = 14,
  kNoWorker = 15,
  kSuperseded = 16,
  kConflict = 17,
  kUnknownDevice = 18,
  kShuttingDown = 19,
  kWrongRealm = 20,
  kInternal = 21,
  kNotAllowed = 22,
  kUnknownGroup = 23,
  kStaleEpoch = 24,
  kGroupFull = 25,
  kUnknownFile = 26,
  kStorageFull = 27,
  kTooManyGroups = 28,
  kTooManyDevices = 29,
  kDeviceEnded = 30,
  kPasswordNeeded = 31,
  kShareFull = 32,
  kOwnsGroups = 33,
  kRefused = 34,
  kNotAcceptedYet = 35,
  kMissingPart = 36,
  // Client side only.
  kLocalUnreachable = 100,   // no server answers at the address
  kLocalUntrustedKey = 101,  // the server's key, or a contact's, is not the trusted one
  kLocalTimeout = 102,       // the time of --timeout, or of the command, is up
  kLocalDisk = 103,          // the disk or the profile cannot be read or written
  kLocalProfileInUse = 104,  // another process holds the profile
  kLocalUsage = 105,         // the person can correct it: arguments, settings, a locked profile
  kLocalCrypto = 106,        // sealed data or a signature does not open with the trusted key
};

struct Error {
  Code code = Code::kInternal;
  std::string text;
};

struct Unit {};

template <class T = Unit>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : v_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return v_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & {
    FC_CHECK(ok());
    return std::get<0>(v_);
  }
  const T& value() const& {
    FC_CHECK(ok());
    return std::get<0>(v_);
  }
  T&& value() && {
    FC_CHECK(ok());
    return std::get<0>(std::move(v_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const {
    FC_CHECK(!ok());
    return std::get<1>(v_);
  }
  Code code() const { return ok() ? Code::kOk : error().code; }

 private:
  std::variant<T, Error> v_;
};

inline Error err(Code code, std::string text) {
  return Error{code, std::move(text)};
}

}  // namespace fastchat
