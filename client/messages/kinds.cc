#include "client/messages/kinds.h"

#include <algorithm>
#include <iterator>

#include "client/messages/message_text.h"
#include "client/messages/polls.h"
#include "proto/content.pb.h"

namespace fastchat::client {
namespace {

namespace pb = v1::content;

constexpr KindRow kKinds[] = {
    {.number = pb::TEXT, .shown = MessageKind::kText, .content = true, .edited = true},
    {.number = pb::FILE, .shown = MessageKind::kFile, .content = true},
    {.number = pb::POLL, .shown = MessageKind::kPoll, .content = true, .voted = true},
    {.number = store::kKindHole, .shown = MessageKind::kHole},
    {.number = store::kKindNotice, .shown = MessageKind::kNotice},
    {.number = store::kKindDevice, .shown = MessageKind::kNotice},
    {.number = store::kKindUnreadable, .shown = MessageKind::kUnreadable},
};
constexpr KindRow kUnknown;

constexpr bool content_is_below_the_stores_own() {
  return std::all_of(std::begin(kKinds), std::end(kKinds),
                     [](const KindRow& k) { return k.content == (k.number < store::kKindHole); });
}
static_assert(content_is_below_the_stores_own(), "FC_CONTENT of the store's statements");

}  // namespace

const KindRow& kind_row(int number) {
  const auto row =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const KindRow& k) { return k.number == number; });
  return row == std::end(kKinds) ? kUnknown : *row;
}

bool is_content(MessageKind kind) {
  return std::any_of(std::begin(kKinds), std::end(kKinds),
                     [&](const KindRow& row) { return row.shown == kind && row.content; });
}

int kind_number(const e2e::Content& content) {
  return static_cast<int>(content.index()) + 1;
}

bool annotates(const e2e::Content& annotation, const KindRow& of) {
  if (std::holds_alternative<e2e::Edit>(annotation)) return of.edited;
  if (std::holds_alternative<e2e::Vote>(annotation)) return of.voted;
  return of.content;
}

std::optional<std::string> row_text(const e2e::Content& content) {
  if (const auto* text = std::get_if<e2e::Text>(&content)) return text->text;
  if (const auto* file = std::get_if<e2e::FileInfo>(&content)) return file_text(*file);
  if (const auto* poll = std::get_if<e2e::Poll>(&content)) return poll_text(*poll);
  return std::nullopt;
}

const e2e::MessageId* reply_of(const e2e::Content& content) {
  const std::optional<e2e::MessageId>* answered = nullptr;
  if (const auto* text = std::get_if<e2e::Text>(&content)) answered = &text->reply_to;
  if (const auto* file = std::get_if<e2e::FileInfo>(&content)) answered = &file->reply_to;
  return answered != nullptr && *answered ? &**answered : nullptr;
}

}  // namespace fastchat::client
