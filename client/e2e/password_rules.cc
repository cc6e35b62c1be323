// check_password() of password.h: the length, and the number of characters left after everything a guesser tries first
// is removed.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "client/e2e/password.h"
#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"
#include "common/bytes.h"

namespace fastchat::e2e {
namespace {

constexpr size_t kLeast = 12, kMax = 128;
constexpr size_t kLeastHard = 8, kLeastDistinct = 6, kLeastDigitsOnly = 24;

constexpr std::array<std::string_view, 34> kCommon = {"correcthorsebatterystaple",
                                                      "password",
                                                      "passwort",
                                                      "passw0rd",
                                                      "p@ssw0rd",
                                                      "p@ssword",
                                                      "passphrase",
                                                      "qwertyuiop",
                                                      "qwerty",
                                                      "qwertz",
                                                      "azerty",
                                                      "asdfgh",
                                                      "zxcvbn",
                                                      "1q2w3e4r",
                                                      "1qaz2wsx",
                                                      "letmein",
                                                      "welcome",
                                                      "iloveyou",
                                                      "trustno1",
                                                      "football",
                                                      "baseball",
                                                      "princess",
                                                      "sunshine",
                                                      "superman",
                                                      "dragon",
                                                      "monkey",
                                                      "master",
                                                      "shadow",
                                                      "secret",
                                                      "changeme",
                                                      "administrator",
                                                      "admin",
                                                      "fastchat",
                                                      "login"};

Error weak(const char* why) {
  return err(Code::kWeakPassword, why);
}

std::string lower(std::string_view in) {
  std::string out(in);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Returns one period of a repeated text: "abc" for "abcabcabcabc".
std::string one_period(const std::string& s) {
  for (size_t p = 1; p <= s.size() / 2; ++p) {
    if (std::equal(s.begin() + static_cast<ptrdiff_t>(p), s.end(), s.begin())) return s.substr(0, p);
  }
  return s;
}

void take_out(std::string& s, std::string_view piece) {
  if (piece.size() < 3) return;
  for (size_t at = s.find(piece); at != std::string::npos; at = s.find(piece, at)) s.erase(at, piece.size());
}

// Removes characters that only repeat, follow or precede the one before ("aaaa", "4567", "dcba").
std::string without_runs(const std::string& s) {
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    const int step = i == 0 ? 99 : s[i] - s[i - 1];
    if (step < -1 || step > 1) out.push_back(s[i]);
  }
  return out;
}

}  // namespace

Result<Unit> check_password(std::string_view password, std::string_view user) {
  if (!valid_utf8(password)) return weak("the password is not valid UTF-8");
  size_t count = 0;
  for (size_t i = 0; i < password.size(); ++count) {
    if (!printable(next_code_point(password, i))) return weak("the password has a character that cannot be seen");
  }
  if (count < kLeast) return weak("the password is too short: at least 12 characters");
  if (count > kMax) return weak("the password is too long: at most 128 characters");
  std::string rest = lower(password);
  std::erase(rest, ' ');
  if (rest.size() < kLeastDigitsOnly &&
      std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return weak("the password is only digits: add words, or use the passphrase offered");
  }
  take_out(rest, lower(user));
  for (std::string_view piece : kCommon) take_out(rest, piece);
  rest = without_runs(one_period(rest));
  if (rest.size() < kLeastHard || std::set<char>(rest.begin(), rest.end()).size() < kLeastDistinct) {
    return weak("the password is too easy to guess (common words, your name, repetitions): use the passphrase offered");
  }
  return Unit{};
}

}  // namespace fastchat::e2e
