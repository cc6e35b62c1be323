#include "common/address_set.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "common/bytes.h"

namespace fastchat {

bool AddressSet::read(const std::string& address, Bits* bits, bool* v4) {
  in_addr four{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) {
    bits->fill(0);
    (*bits)[10] = (*bits)[11] = 0xff;
    const auto* bytes = reinterpret_cast<const uint8_t*>(&four.s_addr);
    std::copy(bytes, bytes + 4, bits->begin() + 12);
    *v4 = true;
    return true;
  }
  in6_addr six{};
  if (inet_pton(AF_INET6, address.c_str(), &six) != 1) return false;
  std::copy(std::begin(six.s6_addr), std::end(six.s6_addr), bits->begin());
  *v4 = false;
  return true;
}

Result<AddressSet> AddressSet::parse(std::string_view list) {
  AddressSet set;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string item(trimmed(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (item.empty()) continue;
    const size_t slash = std::min(item.find('/'), item.size());
    Prefix prefix;
    bool v4 = false;
    bool good = read(item.substr(0, slash), &prefix.bits, &v4);
    const int most = v4 ? 32 : 128;
    int length = most;
    if (slash != item.size()) {
      const char* end = item.data() + item.size();
      const auto [upto, error] = std::from_chars(item.data() + slash + 1, end, length);
      good = good && error == std::errc() && upto == end && length >= 0 && length <= most;
    }
    if (!good) return err(Code::kLocalUsage, "\"" + item + "\" is neither an address nor a prefix like 10.0.0.0/8");
    prefix.length = length + (v4 ? 96 : 0);
    set.prefixes_.push_back(prefix);
  }
  return set;
}

bool AddressSet::contains(const std::string& address) const {
  Bits bits{};
  bool v4 = false;
  if (prefixes_.empty() || !read(address, &bits, &v4)) return false;
  return std::any_of(prefixes_.begin(), prefixes_.end(), [&](const Prefix& p) {
    const auto whole = static_cast<size_t>(p.length / 8);
    if (!std::equal(bits.begin(), bits.begin() + static_cast<ptrdiff_t>(whole), p.bits.begin())) return false;
    const int rest = p.length % 8;
    const auto mask = static_cast<uint8_t>(0xff << (8 - rest));
    return rest == 0 || ((bits[whole] ^ p.bits[whole]) & mask) == 0;
  });
}

}  // namespace fastchat
