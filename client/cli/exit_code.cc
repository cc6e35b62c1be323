#include "client/cli/exit_code.h"

namespace fastchat::cli {

int exit_code(Code code) {
  return static_cast<int>(facts(code).exit);
}

std::string explain(const Error& error, const std::string& server) {
  const std::string at = server.empty() ? std::string("the server") : "the server at " + server;
  switch (error.code) {
    case Code::kLocalUnreachable:
      // The broker named a worker: the link's text is more exact than the broker's address.
      if (error.text.find("worker") != std::string::npos) return error.text;
      return at + " cannot be reached: check that it runs, and check the address";
    case Code::kLocalUntrustedKey:
      if (error.text.find("invite line names") == std::string::npos || server.empty()) return error.text;
      return "untrusted key: " + error.text + "; check the invite line before you go on";
    case Code::kWrongRealm:
      return "untrusted server: " + error.text;
    case Code::kBadCredentials:
      return "wrong name or password: check both and try again";
    case Code::kGroupFull:
      return "the group would have more members than this server allows: add fewer";
    case Code::kUnknownGroup:
      return error.text.empty() ? "no such group, or you were never a member: `fastchat group list` lists your groups"
                                : error.text;
    case Code::kStaleEpoch:
      return "the group has changed too often since the message was written: send the message again";
    case Code::kConflict:
      return "somebody else changed the same data at the same time: try again";
    case Code::kNameTaken:
      return "the name is taken: choose another, or use `fastchat login` if the account is yours";
    case Code::kNameNotAllowed:
      return error.text.empty() ? "the name is not allowed: choose another" : error.text;
    case Code::kWeakPassword:
      return "weak password: " + error.text;
    case Code::kRegistrationClosed:
      return "registration is closed on this server: ask its operator for an account";
    case Code::kBadInvite:
      return "this server asks for an invite token: give a valid one with --token";
    case Code::kThrottled:
      return "too many tries: wait some minutes and try again";
    case Code::kBusy:
      return "the server is busy (its database does not answer): try again in a moment";
    case Code::kNoWorker:
      return at + " has no worker running: try again in a moment";
    case Code::kUnsupportedVersion:
      return at + " speaks another version of the protocol: update this program or the server";
    default:
      return error.text.empty()
                 ? "the server refused the request (code " + std::to_string(static_cast<int>(error.code)) + ")"
                 : error.text;
  }
}

}  // namespace fastchat::cli
