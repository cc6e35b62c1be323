// A set of addresses as an operator lists them: "192.0.2.7, 10.0.0.0/8, 2001:db8::/32". Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace fastchat {

class AddressSet {
 public:
  // Parses addresses and prefixes that are separated by commas, with blanks around them; an empty list holds nothing.
  // The error names the part that is no address or prefix.
  static Result<AddressSet> parse(std::string_view list);

  // Returns true for an address of the set. `address`: IPv4 or IPv6 without a port. An IPv4 address that is written as
  // an IPv6 one is the same.
  bool contains(const std::string& address) const;
  bool empty() const { return prefixes_.empty(); }

 private:
  using Bits = std::array<uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d
  struct Prefix {
    Bits bits;
    int length = 0;  // of 128
  };
  static bool read(const std::string& address, Bits* bits, bool* v4);

  std::vector<Prefix> prefixes_;
};

}  // namespace fastchat
