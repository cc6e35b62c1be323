// The forms of ZeroMQ endpoints in settings: tcp://HOST:PORT, tcp://SOURCE:PORT;HOST:PORT to connect from an address,
// and ipc:///PATH. Pure: nothing is looked up, bound or connected.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fastchat {

enum class EndpointUse {
  kListen,   // an address, an interface or *; port 0 and * stand for any
  kConnect,  // an address or a name; an IPv6 address in brackets
};

// Returns the error's text for a value that is no such endpoint, which begins with `option`; nullopt for a good one.
std::optional<std::string> wrong_endpoint(std::string_view option, std::string_view value, EndpointUse use);

}  // namespace fastchat
