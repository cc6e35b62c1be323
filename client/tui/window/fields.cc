#include "client/tui/window/fields.h"

#include <utility>
#include <variant>

namespace fastchat::tui {
namespace {

template <class T>
constexpr const char* kEventName = nullptr;
template <>
constexpr const char* kEventName<MessageAdded> = "message";
template <>
constexpr const char* kEventName<MessageChanged> = "changed";
template <>
constexpr const char* kEventName<client::ReceiptEvent> = "receipt";
template <>
constexpr const char* kEventName<client::TransferEvent> = "transfer";
template <>
constexpr const char* kEventName<client::ConnectionEvent> = "connection";
template <>
constexpr const char* kEventName<client::Notice> = "notice";
template <>
constexpr const char* kEventName<MarkedRead> = "marked_read";
template <>
constexpr const char* kEventName<TrustChanged> = "trust";
template <>
constexpr const char* kEventName<GroupChanged> = "group";
template <>
constexpr const char* kEventName<TypingChanged> = "typing";
template <>
constexpr const char* kEventName<SearchFound> = "found";
template <>
constexpr const char* kEventName<SendFailed> = "send_failed";
template <>
constexpr const char* kEventName<RequestFailed> = "request_failed";
template <>
constexpr const char* kEventName<KeyShown> = "key";
template <>
constexpr const char* kEventName<CardShown> = "card";
template <>
constexpr const char* kEventName<DevicesListed> = "devices";
template <>
constexpr const char* kEventName<FileFetched> = "file";

template <class T>
T empty_event() {
  if constexpr (std::same_as<T, KeyShown>) {
    return {client::VerifyInfo()};
  } else if constexpr (std::same_as<T, CardShown>) {
    return {client::CardInfo()};
  } else if constexpr (std::same_as<T, DevicesListed>) {
    return {std::vector<client::DeviceInfo>()};
  } else {
    return {};
  }
}

template <size_t kAt = 0>
Result<Event> read_named(const std::string& name, const JsonValue& value) {
  if constexpr (kAt == std::variant_size_v<Event>) {
    return err(Code::kMalformed, "an event of this name is not known");
  } else {
    using T = std::variant_alternative_t<kAt, Event>;
    if constexpr (kEventName<T> != nullptr) {
      if (name == kEventName<T>) {
        T event = empty_event<T>();
        FieldReader reader(value);
        fields(reader, event);
        if (!reader.ok()) return err(Code::kMalformed, "a field of an event is wrong");
        return Event(std::move(event));
      }
    }
    return read_named<kAt + 1>(name, value);
  }
}

}  // namespace

std::optional<std::string> write_event(const Event& event) {
  return std::visit(
      [](const auto& e) -> std::optional<std::string> {
        using T = std::decay_t<decltype(e)>;
        if constexpr (kEventName<T> == nullptr) {
          return std::nullopt;
        } else {
          return std::string(R"({"event":")") + kEventName<T> + R"(","value":)" + write_fields(e) + "}";
        }
      },
      event);
}

Result<Event> read_event(const JsonValue& from) {
  const JsonValue* name = from.find("event");
  const JsonValue* value = from.find("value");
  if (name == nullptr || value == nullptr) return err(Code::kMalformed, "no event");
  return read_named(name->text, *value);
}

}  // namespace fastchat::tui
