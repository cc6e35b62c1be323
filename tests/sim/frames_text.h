// Frames as text, for traces.
#pragma once

#include <string>

#include "common/bytes.h"
#include "proto/bus.pb.h"
#include "proto/client.pb.h"
#include "proto/control.pb.h"

namespace fastchat::sim {

template <class Frame>
std::string text_of(ByteView frame) {
  Frame f;
  if (!f.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) return "(not a frame)";
  std::string text = f.ShortDebugString();
  if (text.size() > 400) text = text.substr(0, 400) + "...";
  return text;
}

}  // namespace fastchat::sim
