#include "client/core/server_text.h"

#include <string>
#include <vector>

#include "client/e2e/sanitise.h"
#include "client/e2e/unicode.h"

namespace fastchat::core {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string harmless(const std::string& text) {
  std::string out = e2e::sanitise_line(text);
  out.resize(e2e::cut(out, kMaxServerText).size());
  return out;
}

void clean_strings(Message& message, const Reflection& reflection, const FieldDescriptor* field) {
  if (!field->is_repeated()) {
    const std::string text = reflection.GetString(message, field);
    if (std::string clean = harmless(text); clean != text) reflection.SetString(&message, field, std::move(clean));
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    const std::string text = reflection.GetRepeatedString(message, field, i);
    if (std::string clean = harmless(text); clean != text) {
      reflection.SetRepeatedString(&message, field, i, std::move(clean));
    }
  }
}

void clean_messages(Message& message, const Reflection& reflection, const FieldDescriptor* field) {
  if (!field->is_repeated()) return clean_server_text(*reflection.MutableMessage(&message, field));
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    clean_server_text(*reflection.MutableRepeatedMessage(&message, field, i));
  }
}

}  // namespace

void clean_server_text(Message& frame) {
  const Reflection& reflection = *frame.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(frame, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->type() == FieldDescriptor::TYPE_STRING) clean_strings(frame, reflection, field);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) clean_messages(frame, reflection, field);
  }
}

}  // namespace fastchat::core
