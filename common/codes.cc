#include "common/codes.h"

#include <algorithm>
#include <iterator>

#include "common/wire.h"

namespace fastchat {
namespace {

constexpr bool kAgain = true, kEndsLink = true, kFinal = true;

constexpr CodeFacts kCodes[] = {
    {Code::kOk, "OK", !kAgain, !kEndsLink, !kFinal, Exit::kOk},
    {Code::kMalformed, "MALFORMED", !kAgain, kEndsLink, !kFinal, Exit::kServer},
    {Code::kUnsupportedVersion, "UNSUPPORTED_VERSION", !kAgain, kEndsLink, kFinal, Exit::kServer},
    {Code::kNotLoggedIn, "NOT_LOGGED_IN", !kAgain, kEndsLink, !kFinal, Exit::kServer},
    {Code::kBadCredentials, "BAD_CREDENTIALS", !kAgain, !kEndsLink, kFinal, Exit::kUsage},
    {Code::kNameTaken, "NAME_TAKEN", !kAgain, !kEndsLink, kFinal, Exit::kUsage},
    {Code::kNameNotAllowed, "NAME_NOT_ALLOWED", !kAgain, !kEndsLink, kFinal, Exit::kUsage},
    {Code::kWeakPassword, "WEAK_PASSWORD", !kAgain, !kEndsLink, kFinal, Exit::kUsage},
    {Code::kUnknownUser, "UNKNOWN_USER", !kAgain, !kEndsLink, !kFinal, Exit::kUsage},
    {Code::kTooLarge, "TOO_LARGE", !kAgain, !kEndsLink, kFinal, Exit::kUsage},
    {Code::kRecipientFull, "RECIPIENT_FULL", !kAgain, !kEndsLink, !kFinal, Exit::kServer},
    {Code::kBusy, "BUSY", kAgain, !kEndsLink, !kFinal, Exit::kServer},
    {Code::kThrottled, "THROTTLED", kAgain, !kEndsLink, !kFinal, Exit::kThrottled},
    {Code::kRegistrationClosed, "REGISTRATION_CLOSED", !kAgain, !kEndsLink, kFinal, Exit::kServer},
    {Code::kBadInvite, "BAD_INVITE", !kAgain, !kEndsLink, kFinal, Exit::kUsage},
    {Code::kNoWorker, "NO_WORKER", !kAgain, !kEndsLink, !kFinal, Exit::kServer},
    {Code::kSuperseded, "SUPERSEDED", !kAgain, kEndsLink, kFinal, Exit::kServer},
    {Code::kConflict, "CONFLICT", !kAgain, !kEndsLink, !kFinal, Exit::kServer},
    {Code::kUnknownDevice, "UNKNOWN_DEVICE", !kAgain, !kEndsLink, !kFinal, Exit::kUsage},
    {Code::kShuttingDown, "SHUTTING_DOWN", kAgain, !kEndsLink, !kFinal, Exit::kServer},
    {Code::kWrongRealm, "WRONG_REALM", !kAgain, kEndsLink, kFinal, Exit::kUntrusted},
    {Code::kInternal, "INTERNAL", kAgain, !kEndsLink, !kFinal, Exit::kServer},
    {Code::kNotAllowed, "NOT_ALLOWED", !kAgain, !kEndsLink, kFinal, Exit::kUsage},
    {Code::kUnknownGroup, "UNKNOWN_GROUP", !kAgain, !kEndsLink, !kFinal, Exit::kUsage},
    {Code::kStaleEpoch, "STALE_EPOCH", !kAgain, !kEndsLink, !kFinal, Exit::kServer},
    {Code::kGroupFull, "GROUP_FULL", !kAgain, !kEndsLink, !kFinal, Exit::kUsage},
    {Code::kUnknownFile, "UNKNOWN_FILE", !kAgain, !kEndsLink, !kFinal, Exit::kUsage},
    {Code::kStorageFull, "STORAGE_FULL", !kAgain, !kEndsLink, !kFinal, Exit::kUsage},
    {Code::kTooManyGroups, "TOO_MANY_GROUPS", !kAgain, !kEndsLink, !kFinal, Exit::kUsage},
    {Code::kTooManyDevices, "TOO_MANY_DEVICES", !kAgain, !kEndsLink, kFinal, Exit::kUsage},
    {Code::kDeviceEnded, "DEVICE_ENDED", !kAgain, !kEndsLink, kFinal, Exit::kUsage},
    {Code::kPasswordNeeded, "PASSWORD_NEEDED", !kAgain, !kEndsLink, kFinal, Exit::kUsage},
    {Code::kShareFull, "SHARE_FULL", !kAgain, !kEndsLink, !kFinal, Exit::kServer},
    {Code::kOwnsGroups, "OWNS_GROUPS", !kAgain, !kEndsLink, kFinal, Exit::kUsage},
    {Code::kRefused, "REFUSED", !kAgain, !kEndsLink, !kFinal, Exit::kUsage},
    {Code::kNotAcceptedYet, "NOT_ACCEPTED_YET", !kAgain, !kEndsLink, !kFinal, Exit::kUsage},
    {Code::kMissingPart, "MISSING_PART", !kAgain, !kEndsLink, !kFinal, Exit::kServer},
    {Code::kLocalUnreachable, "LOCAL_UNREACHABLE", kAgain, !kEndsLink, !kFinal, Exit::kServer},
    {Code::kLocalUntrustedKey, "LOCAL_UNTRUSTED_KEY", !kAgain, !kEndsLink, !kFinal, Exit::kUntrusted},
    {Code::kLocalTimeout, "LOCAL_TIMEOUT", kAgain, !kEndsLink, !kFinal, Exit::kTimeout},
    {Code::kLocalDisk, "LOCAL_DISK", !kAgain, !kEndsLink, !kFinal, Exit::kUnexpected},
    {Code::kLocalProfileInUse, "LOCAL_PROFILE_IN_USE", !kAgain, !kEndsLink, !kFinal, Exit::kInUse},
    {Code::kLocalUsage, "LOCAL_USAGE", !kAgain, !kEndsLink, !kFinal, Exit::kUsage},
    {Code::kLocalCrypto, "LOCAL_CRYPTO", !kAgain, !kEndsLink, !kFinal, Exit::kUntrusted},
};

}  // namespace

std::span<const CodeFacts> all_codes() {
  return kCodes;
}

const CodeFacts& facts(Code code) {
  const auto* found = std::find_if(std::begin(kCodes), std::end(kCodes), [&](const auto& f) { return f.code == code; });
  // A code of a newer server: a refusal without further facts.
  static constexpr CodeFacts kUnknown{Code::kOk, "UNKNOWN", !kAgain, !kEndsLink, !kFinal, Exit::kServer};
  return found != std::end(kCodes) ? *found : kUnknown;
}

namespace wire {

Code code_for(uint32_t version, Code code) {
  const uint32_t since = code == Code::kMissingPart                                ? 5
                         : code == Code::kRefused || code == Code::kNotAcceptedYet ? 4
                         : code == Code::kOwnsGroups                               ? 3
                                                                                   : 2;
  if (version >= since) return code;
  switch (code) {
    case Code::kRefused:
    case Code::kOwnsGroups:
    case Code::kTooManyDevices:
      return Code::kNotAllowed;
    case Code::kDeviceEnded:
    case Code::kPasswordNeeded:
      return Code::kBadCredentials;
    case Code::kNotAcceptedYet:
    case Code::kShareFull:
      return Code::kRecipientFull;
    case Code::kMissingPart:  // only requests of version 5 are answered with it
      return Code::kConflict;
    default:
      return code;
  }
}

}  // namespace wire

}  // namespace fastchat
