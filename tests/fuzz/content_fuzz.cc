// Fuzzes the content that a signed sender may have put into a message. A first byte of 0 takes the rest as the padded
// plaintext. Any other first byte is a kind, and the rest is its protobuf, padded here. Texts of
// accepted content are as they were sent, names and lines are sanitised. Content that sanitising did not change encodes
// to the same bytes (one value, one encoding).
#include "client/e2e/content.h"

#include "client/e2e/limits.h"
#include "client/e2e/sanitise.h"
#include "client/e2e/strict.h"
#include "proto/content.pb.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

namespace pb = v1::content;
using namespace e2e;

Bytes padded(uint8_t kind, ByteView body) {
  Bytes out(1, static_cast<char>(kind));
  put_u32(out, static_cast<uint32_t>(body.size()));
  out.append(body);
  out.resize((out.size() + kPad - 1) / kPad * kPad, '\0');
  return out;
}

bool clean_line(const std::string& text) {
  return sanitise_line(text) == text && sanitise(text) == text && valid_utf8(text);
}

// True when the content holds no text that sanitising changed.
struct AsSent {
  ByteView body;

  template <class M>
  M message() const {
    M m;
    FC_CHECK(parse_strict(body, kMaxContent, m).ok());
    return m;
  }
  bool operator()(const Text& c) const {
    FC_CHECK(message<pb::Text>().text() == c.text);
    return true;
  }
  bool operator()(const FileInfo& c) const {
    FC_CHECK(clean_line(c.name) && clean_line(c.media_type) && c.size <= kMaxFileSize);
    const std::string safe = safe_file_name(c.name);
    FC_CHECK(!safe.empty() && safe.find('/') == std::string::npos && safe[0] != '.');
    const auto m = message<pb::File>();
    return m.name() == c.name && m.media_type() == c.media_type;
  }
  bool operator()(const Edit& c) const {
    FC_CHECK(message<pb::Edit>().text() == c.text);
    return true;
  }
  bool operator()(const Reaction& c) const {
    FC_CHECK(message<pb::Reaction>().emoji() == c.emoji);
    return true;
  }
  bool operator()(const Poll& c) const {
    FC_CHECK(clean_line(c.question) && c.options.size() >= kMinPollOptions && c.options.size() <= kMaxPollOptions);
    FC_CHECK(std::all_of(c.options.begin(), c.options.end(), clean_line));
    const auto m = message<pb::Poll>();
    return m.question() == c.question && std::equal(c.options.begin(), c.options.end(), m.options().begin());
  }
  bool operator()(const ReadReceipt& c) const {
    FC_CHECK(!c.entries.empty() && c.entries.size() <= kMaxReceiptEntries);
    return true;
  }
  template <class C>
  bool operator()(const C&) const {
    return true;
  }
};

void check(ByteView plaintext) {
  const Result<Content> got = decode_plaintext(plaintext);
  if (!got.ok()) return;
  const ByteView body = plaintext.substr(5, get_u32(plaintext.data() + 1));
  const bool as_sent = std::visit(AsSent{body}, *got);
  const Result<Secret> again = encode_plaintext(*got);
  if (as_sent) {
    FC_CHECK(again.ok() && again->view() == plaintext);
  }
  // Sanitised content that can be encoded may be sent on: it decodes again.
  if (again.ok()) FC_CHECK(decode_plaintext(again->view()).ok());
  const MessageId* replaced = replaced_by(*got);
  if (replaced != nullptr) FC_CHECK(!fits_sender(*got, replaced->from_fpr, false));
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(content) {
  if (input.empty()) return;
  const auto kind = static_cast<uint8_t>(input[0]);
  check(kind == 0 ? Bytes(input.substr(1)) : padded(kind, input.substr(1)));
}
