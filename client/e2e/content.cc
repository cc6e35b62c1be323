#include "client/e2e/content.h"

#include <algorithm>
#include <utility>

#include "client/e2e/content_fields.h"
#include "client/e2e/hash.h"
#include "client/e2e/limits.h"
#include "client/e2e/sanitise.h"
#include "client/e2e/strict.h"
#include "proto/content.pb.h"

namespace fastchat::e2e {
namespace {

namespace pb = v1::content;

void put_ref(pb::MessageRef& to, const MessageId& id) {
  to.set_from_fpr(id.from_fpr);
  to.set_stream(id.stream);
  to.set_seq(id.seq);
}

template <class M, class C>
void put_replaces(M& m, const C& c) {
  if (c.replaces) put_ref(*m.mutable_replaces(), *c.replaces);
}
template <class M, class C>
void put_reply(M& m, const C& c) {
  if (c.reply_to) put_ref(*m.mutable_reply_to(), *c.reply_to);
}

pb::Text to_pb(const Text& c) {
  pb::Text m;
  m.set_text(c.text);
  put_reply(m, c);
  put_replaces(m, c);
  return m;
}

pb::File to_pb(const FileInfo& c) {
  pb::File m;
  m.set_file_id(c.file_id);
  m.set_key(Bytes(c.key.view()));
  m.set_sha256(c.sha256);
  m.set_size(c.size);
  m.set_name(c.name);
  m.set_media_type(c.media_type);
  put_reply(m, c);
  put_replaces(m, c);
  return m;
}

pb::GroupKey to_pb(const KeyShare& c) {
  pb::GroupKey m;
  m.set_group_id(c.group_id);
  m.set_epoch(c.epoch);
  m.set_state_hash(c.state_hash);
  m.set_pkcs8(Bytes(c.pkcs8.view()));
  return m;
}

pb::ReadReceipt to_pb(const ReadReceipt& c) {
  pb::ReadReceipt m;
  m.set_reader_fpr(c.reader_fpr);
  m.set_read_ms(c.read_ms);
  for (const ReadEntry& e : c.entries) {
    pb::ReceiptEntry& to = *m.add_entries();
    to.set_from_fpr(e.id.from_fpr);
    to.set_stream(e.id.stream);
    to.set_seq(e.id.seq);
    to.set_hash(e.hash);
  }
  m.set_sig(c.sig);
  return m;
}

pb::Rekey to_pb(const Rekey& c) {
  pb::Rekey m;
  m.set_user(c.user);
  m.set_old_fpr(c.old_fpr);
  m.set_new_fpr(c.new_fpr);
  m.set_counter(c.counter);
  m.set_new_spki(c.new_spki);
  m.set_sig(c.sig);
  m.set_new_sig(c.new_sig);
  return m;
}

pb::GroupKeyRequest to_pb(const GroupKeyRequest& c) {
  pb::GroupKeyRequest m;
  m.set_group_id(c.group_id);
  m.set_epoch(c.epoch);
  return m;
}

pb::GroupLeave to_pb(const GroupLeave& c) {
  pb::GroupLeave m;
  m.set_group_id(c.group_id);
  return m;
}

pb::Edit to_pb(const Edit& c) {
  pb::Edit m;
  put_ref(*m.mutable_of(), c.of);
  m.set_text(c.text);
  put_replaces(m, c);
  return m;
}

pb::Delete to_pb(const Delete& c) {
  pb::Delete m;
  put_ref(*m.mutable_of(), c.of);
  put_replaces(m, c);
  return m;
}

pb::Reaction to_pb(const Reaction& c) {
  pb::Reaction m;
  put_ref(*m.mutable_of(), c.of);
  m.set_emoji(c.emoji);
  put_replaces(m, c);
  return m;
}

pb::Poll to_pb(const Poll& c) {
  pb::Poll m;
  m.set_question(c.question);
  for (const std::string& option : c.options) m.add_options(option);
  put_replaces(m, c);
  return m;
}

pb::Vote to_pb(const Vote& c) {
  pb::Vote m;
  put_ref(*m.mutable_of(), c.of);
  m.set_choice(c.choice);
  put_replaces(m, c);
  return m;
}

pb::CardUse to_pb(const CardUse& c) {
  pb::CardUse m;
  m.set_token(c.token);
  return m;
}

pb::Head to_pb(const SeenHead& c) {
  pb::Head m;
  m.set_size(c.head.size);
  m.set_root(c.head.root);
  m.set_ms(c.head.ms);
  m.set_signature(c.head.signature);
  put_replaces(m, c);
  return m;
}

MessageId id_of(const pb::MessageRef& m) {
  return MessageId{m.from_fpr(), m.stream(), m.seq()};
}
template <class M>
std::optional<MessageId> replaces_of(const M& m) {
  return m.has_replaces() ? std::optional(id_of(m.replaces())) : std::nullopt;
}
template <class M>
std::optional<MessageId> reply_of(const M& m) {
  return m.has_reply_to() ? std::optional(id_of(m.reply_to())) : std::nullopt;
}

Content from_pb(pb::Text& m) {
  return Text{m.text(), reply_of(m), replaces_of(m)};
}

Content from_pb(pb::File& m) {
  return FileInfo{m.file_id(),
                  Secret::take(*m.mutable_key()),
                  m.sha256(),
                  m.size(),
                  sanitise_line(m.name()),
                  sanitise_line(m.media_type()),
                  reply_of(m),
                  replaces_of(m)};
}

Content from_pb(pb::GroupKey& m) {
  return KeyShare{m.group_id(), m.epoch(), m.state_hash(), Secret::take(*m.mutable_pkcs8())};
}

Content from_pb(pb::ReadReceipt& m) {
  ReadReceipt c{m.reader_fpr(), m.read_ms(), {}, m.sig()};
  for (const pb::ReceiptEntry& e : m.entries()) {
    c.entries.push_back(ReadEntry{MessageId{e.from_fpr(), e.stream(), e.seq()}, e.hash()});
  }
  return c;
}

Content from_pb(pb::Rekey& m) {
  return Rekey{m.user(), m.old_fpr(), m.new_fpr(), m.counter(), m.new_spki(), m.sig(), m.new_sig()};
}

Content from_pb(pb::GroupKeyRequest& m) {
  return GroupKeyRequest{m.group_id(), m.epoch()};
}
Content from_pb(pb::GroupLeave& m) {
  return GroupLeave{m.group_id()};
}
Content from_pb(pb::Edit& m) {
  return Edit{id_of(m.of()), m.text(), replaces_of(m)};
}
Content from_pb(pb::Delete& m) {
  return Delete{id_of(m.of()), replaces_of(m)};
}
Content from_pb(pb::Reaction& m) {
  return Reaction{id_of(m.of()), m.emoji(), replaces_of(m)};
}

Content from_pb(pb::Poll& m) {
  Poll c{sanitise_line(m.question()), {}, replaces_of(m)};
  for (const std::string& option : m.options()) c.options.push_back(sanitise_line(option));
  return c;
}
Content from_pb(pb::Vote& m) {
  return Vote{id_of(m.of()), m.choice(), replaces_of(m)};
}
Content from_pb(pb::CardUse& m) {
  return CardUse{m.token()};
}
Content from_pb(pb::Head& m) {
  return SeenHead{{m.size(), m.root(), m.ms(), m.signature()}, replaces_of(m)};
}

template <class M>
Result<Content> decode_as(ByteView bytes) {
  M m;
  if (Result<Unit> parsed = parse_strict(bytes, kMaxContent, m); !parsed.ok()) return parsed.error();
  if (!valid(m)) return bad("a field is outside its limits");
  return from_pb(m);
}

Result<Content> decode_kind(int kind, ByteView bytes) {
  switch (kind) {
    case pb::TEXT:
      return decode_as<pb::Text>(bytes);
    case pb::FILE:
      return decode_as<pb::File>(bytes);
    case pb::GROUP_KEY:
      return decode_as<pb::GroupKey>(bytes);
    case pb::READ_RECEIPT:
      return decode_as<pb::ReadReceipt>(bytes);
    case pb::REKEY:
      return decode_as<pb::Rekey>(bytes);
    case pb::GROUP_KEY_REQUEST:
      return decode_as<pb::GroupKeyRequest>(bytes);
    case pb::GROUP_LEAVE:
      return decode_as<pb::GroupLeave>(bytes);
    case pb::EDIT:
      return decode_as<pb::Edit>(bytes);
    case pb::DELETE:
      return decode_as<pb::Delete>(bytes);
    case pb::REACTION:
      return decode_as<pb::Reaction>(bytes);
    case pb::POLL:
      return decode_as<pb::Poll>(bytes);
    case pb::VOTE:
      return decode_as<pb::Vote>(bytes);
    case pb::CARD_USE:
      return decode_as<pb::CardUse>(bytes);
    case pb::HEAD:
      return decode_as<pb::Head>(bytes);
    default:
      return bad("a kind of message this version does not know");
  }
}

int kind_of(const Content& content) {
  static constexpr int kKinds[] = {
      pb::TEXT, pb::FILE,   pb::GROUP_KEY, pb::READ_RECEIPT, pb::REKEY, pb::GROUP_KEY_REQUEST, pb::GROUP_LEAVE,
      pb::EDIT, pb::DELETE, pb::REACTION,  pb::POLL,         pb::VOTE,  pb::CARD_USE,          pb::HEAD};
  static_assert(std::size(kKinds) == std::variant_size_v<Content>);
  return kKinds[content.index()];
}

bool strings_ok(const Content& content) {
  if (const auto* text = std::get_if<Text>(&content)) return valid_utf8(text->text);
  if (const auto* file = std::get_if<FileInfo>(&content)) return valid_utf8(file->name) && valid_utf8(file->media_type);
  if (const auto* edit = std::get_if<Edit>(&content)) return valid_utf8(edit->text);
  if (const auto* reaction = std::get_if<Reaction>(&content)) return valid_utf8(reaction->emoji);
  if (const auto* poll = std::get_if<Poll>(&content)) {
    return valid_utf8(poll->question) && std::all_of(poll->options.begin(), poll->options.end(), valid_utf8);
  }
  return true;
}

}  // namespace

Result<Secret> encode_plaintext(const Content& content) {
  if (!strings_ok(content)) return bad("the text is not valid UTF-8");
  Bytes body;
  const bool ok = std::visit(
      [&body](const auto& c) {
        auto m = to_pb(c);
        if (!valid(m)) return false;
        body = encode(m);
        if constexpr (requires { m.pkcs8(); }) cleanse(*m.mutable_pkcs8());
        if constexpr (requires { m.key(); }) cleanse(*m.mutable_key());
        return true;
      },
      content);
  if (!ok || body.size() > kMaxContent) return err(Code::kTooLarge, "empty, or larger than a message may be (16 KiB)");
  Secret out((5 + body.size() + kPad - 1) / kPad * kPad);
  Bytes head(1, static_cast<char>(kind_of(content)));
  put_u32(head, static_cast<uint32_t>(body.size()));
  head.copy(out.data(), head.size());
  body.copy(out.data() + head.size(), body.size());
  cleanse(body);
  return out;
}

Result<Content> decode_plaintext(ByteView plaintext) {
  if (plaintext.empty() || plaintext.size() % kPad != 0) return bad("wrong padding");
  const size_t n = get_u32(plaintext.data() + 1);
  if (n > kMaxContent || 5 + n > plaintext.size() || plaintext.size() - (5 + n) >= kPad) return bad("wrong padding");
  if (plaintext.find_first_not_of('\0', 5 + n) != ByteView::npos) return bad("wrong padding");
  return decode_kind(static_cast<unsigned char>(plaintext[0]), plaintext.substr(5, n));
}

}  // namespace fastchat::e2e
