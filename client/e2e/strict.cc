#include "client/e2e/strict.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/unknown_field_set.h>

#include <vector>

#include "client/e2e/secret.h"

namespace fastchat::e2e {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool enum_known(const Message& m, const Reflection& r, const FieldDescriptor* f) {
  const auto known = [f](int value) { return f->enum_type()->FindValueByNumber(value) != nullptr; };
  if (!f->is_repeated()) return known(r.GetEnumValue(m, f));
  for (int i = 0; i < r.FieldSize(m, f); ++i) {
    if (!known(r.GetRepeatedEnumValue(m, f, i))) return false;
  }
  return true;
}

// Recursion is bounded: the parser refused anything deeper than kMaxDepth.
bool only_known(const Message& m) {
  const Reflection& r = *m.GetReflection();
  if (!r.GetUnknownFields(m).empty()) return false;
  std::vector<const FieldDescriptor*> fields;
  r.ListFields(m, &fields);
  for (const FieldDescriptor* f : fields) {
    if (f->cpp_type() == FieldDescriptor::CPPTYPE_ENUM && !enum_known(m, r, f)) return false;
    if (f->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!f->is_repeated()) {
      if (!only_known(r.GetMessage(m, f))) return false;
      continue;
    }
    for (int i = 0; i < r.FieldSize(m, f); ++i) {
      if (!only_known(r.GetRepeatedMessage(m, f, i))) return false;
    }
  }
  return true;
}

bool parse(ByteView bytes, Message& out) {
  // A bad string would otherwise be reported on stderr, in the middle of the screen.
  const google::protobuf::LogSilencer quiet;
  google::protobuf::io::ArrayInputStream raw(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream in(&raw);
  in.SetRecursionLimit(kMaxDepth);
  return out.ParseFromCodedStream(&in) && in.ConsumedEntireMessage();
}

}  // namespace

Result<Unit> parse_strict(ByteView bytes, size_t max_bytes, Message& out) {
  if (bytes.size() > max_bytes) return err(Code::kTooLarge, "larger than its limit");
  if (!parse(bytes, out)) return err(Code::kMalformed, "not a protobuf message of this kind");
  if (!only_known(out)) return err(Code::kMalformed, "an unknown field or value");
  Bytes again = encode(out);
  const bool same = again == bytes;
  cleanse(again);
  if (!same) return err(Code::kMalformed, "not encoded canonically");
  return Unit{};
}

Bytes encode(const Message& message) {
  Bytes out;
  // Reserves all memory at once: growing would leave parts of possible secrets behind in freed memory.
  out.reserve(message.ByteSizeLong());
  {
    google::protobuf::io::StringOutputStream raw(&out);
    google::protobuf::io::CodedOutputStream to(&raw);
    to.SetSerializationDeterministic(true);
    FC_CHECK(message.SerializeToCodedStream(&to));
  }
  return out;
}

}  // namespace fastchat::e2e
