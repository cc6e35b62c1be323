// Frames between brokers and workers; the first byte chooses the direction. protobuf reads each accepted frame the
// same, the frame holds no unknown field, and the parser accepts it again when protobuf has written it.
#include <google/protobuf/stubs/logging.h>

#include "common/wire.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

template <class Frame>
void check(ByteView bytes, Result<Frame> (*parse)(ByteView)) {
  const Result<Frame> got = parse(bytes);
  if (!got.ok()) {
    FC_CHECK(got.error().code == Code::kMalformed);
    return;
  }
  Frame oracle;
  FC_CHECK(oracle.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  const Bytes again = oracle.SerializeAsString();
  FC_CHECK(got->SerializeAsString() == again);
  FC_CHECK(got->GetReflection()->GetUnknownFields(*got).empty());
  const Result<Frame> reread = parse(again);
  FC_CHECK(reread.ok() && reread->SerializeAsString() == again);
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(wire_control) {
  const google::protobuf::LogSilencer quiet;
  if (input.empty()) return;
  if (input[0] % 2 == 0) {
    check<v1::WorkerFrame>(input.substr(1), wire::parse_worker_frame);
  } else {
    check<v1::BrokerFrame>(input.substr(1), wire::parse_broker_frame);
  }
}
