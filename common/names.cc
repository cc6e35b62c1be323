#include "common/names.h"

#include <algorithm>
#include <array>

namespace fastchat {
namespace {

constexpr std::array<std::string_view, 15> kReserved = {
    "admin",    "administrator", "all",  "broker", "everyone", "fastchat", "here",  "mailbox",
    "operator", "postmaster",    "root", "server", "support",  "system",   "worker"};

bool alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

bool valid_user_name(std::string_view name) {
  return name.size() >= 3 && valid_group_handle(name);
}

bool valid_group_handle(std::string_view name) {
  if (name.empty() || name.size() > 32 || !alnum(name[0])) return false;
  return std::all_of(name.begin() + 1, name.end(), [](char c) { return alnum(c) || c == '_' || c == '-'; });
}

bool reserved_user_name(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

}  // namespace fastchat
