// The parsers' codes for frames that protobuf wrote.
#pragma once

#include "common/wire.h"

namespace fastchat {

inline Code parse(const v1::ClientFrame& frame) {
  wire::ClientFrameParser parser;
  return parser.parse(frame.SerializeAsString()).code();
}

inline Code parse(const v1::ServerFrame& frame) {
  wire::ServerFrameParser parser;
  return parser.parse(frame.SerializeAsString()).code();
}

}  // namespace fastchat
