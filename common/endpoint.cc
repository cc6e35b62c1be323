#include "common/endpoint.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace fastchat {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr std::string_view kIpc = "ipc:///";
constexpr size_t kMaxHost = 255;  // bytes (RFC 1035)

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}
bool address_character(char c) {
  return host_character(c) || c == ':' || c == '%';  // with the zone of a link-local address
}

bool good_host(std::string_view host, EndpointUse use) {
  if (host.size() > kMaxHost) return false;
  if (host == "*") return use == EndpointUse::kListen;
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() < 4) return false;
    host = host.substr(1, host.size() - 2);
    return host.find(':') != host.npos && std::all_of(host.begin(), host.end(), address_character);
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), host_character);
}

bool good_port(std::string_view port, EndpointUse use) {
  if (port == "*") return use == EndpointUse::kListen;
  uint16_t number = 0;
  const auto [stop, failed] = std::from_chars(port.data(), port.data() + port.size(), number);
  return failed == std::errc() && stop == port.data() + port.size() && (number > 0 || use == EndpointUse::kListen);
}

bool good_address(std::string_view text, EndpointUse use) {
  if (const size_t end = text.find(';'); end != text.npos && use == EndpointUse::kConnect) {
    if (!good_address(text.substr(0, end), EndpointUse::kListen)) return false;
    text.remove_prefix(end + 1);
  }
  const size_t colon = text.rfind(':');
  return colon != text.npos && good_host(text.substr(0, colon), use) && good_port(text.substr(colon + 1), use);
}

}  // namespace

std::optional<std::string> wrong_endpoint(std::string_view option, std::string_view value, EndpointUse use) {
  const bool good_ipc = value.starts_with(kIpc) && value.size() > kIpc.size();
  if (good_ipc || (value.starts_with(kTcp) && good_address(value.substr(kTcp.size()), use))) return std::nullopt;
  return std::string(option) + " must be an endpoint, " +
         (use == EndpointUse::kListen ? "as tcp://0.0.0.0:7999" : "as tcp://chat.example.org:7998") + " or tcp://[" +
         (use == EndpointUse::kListen ? "::" : "2001:db8::1") + "]:7999, not '" + std::string(value) + "'";
}

}  // namespace fastchat
