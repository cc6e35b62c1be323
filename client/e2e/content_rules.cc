// Relations of the kinds of content to each other and to their sender (content.h).
#include <type_traits>
#include <utility>

#include "client/e2e/content.h"
#include "common/check.h"

namespace fastchat::e2e {
namespace {

// Returns the `replaces` field of the kinds that have one; null for the others.
template <class C>
auto* replaces_field(C& content) {
  using Field = std::conditional_t<std::is_const_v<C>, const std::optional<MessageId>, std::optional<MessageId>>;
  return std::visit(
      [](auto& c) -> Field* {
        if constexpr (requires { c.replaces; }) {
          return &c.replaces;
        } else {
          return nullptr;
        }
      },
      content);
}

}  // namespace

bool allowed_in_group(const Content& content) {
  return replaces_field(content) != nullptr;
}

const MessageId* replaced_by(const Content& content) {
  const auto* field = replaces_field(content);
  return field != nullptr && *field ? &**field : nullptr;
}

void set_replaces(Content& content, MessageId first) {
  auto* field = replaces_field(content);
  FC_CHECK(field != nullptr);
  *field = std::move(first);
}

const MessageId* subject_of(const Content& content) {
  if (const auto* edit = std::get_if<Edit>(&content)) return &edit->of;
  if (const auto* gone = std::get_if<Delete>(&content)) return &gone->of;
  if (const auto* reaction = std::get_if<Reaction>(&content)) return &reaction->of;
  if (const auto* vote = std::get_if<Vote>(&content)) return &vote->of;
  return nullptr;
}

bool fits_sender(const Content& content, ByteView sender_fpr, bool in_group) {
  return fits_sender(
      content, [sender_fpr](ByteView fpr) { return fpr == sender_fpr; }, in_group);
}

bool fits_sender(const Content& content, const std::function<bool(ByteView fpr)>& is_senders, bool in_group) {
  const MessageId* replaces = replaced_by(content);
  if (replaces != nullptr && (!in_group || !is_senders(replaces->from_fpr))) return false;
  if (std::holds_alternative<Reaction>(content) || std::holds_alternative<Vote>(content)) return true;
  const MessageId* subject = subject_of(content);
  return subject == nullptr || is_senders(subject->from_fpr);
}

}  // namespace fastchat::e2e
