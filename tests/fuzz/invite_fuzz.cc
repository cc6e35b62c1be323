// The invite line, and the encodings of bytes. A line that is accepted, written again, reads as the same; its parts
// have their sizes, and its endpoint is one that libzmq takes. Decoding accepts exactly what encoding writes.
#include "common/curve.h"
#include "common/names.h"
#include "tests/fuzz/fuzz.h"

FC_FUZZ(invite) {
  if (const auto line = parse_invite_line(input); line.ok()) {
    FC_CHECK(!line->host.empty() && line->port != 0 && line->key.size() == 32 && line->realm.size() == 16);
    FC_CHECK(line->host.find_first_of(" /?#@[]%\n") == std::string::npos);
    FC_CHECK(line->endpoint().starts_with("tcp://"));
    FC_CHECK(line->log_key.empty() || line->log_key.size() == kLogKeySize);
    const std::string again = format_invite_line(*line);
    const auto reread = parse_invite_line(again);
    FC_CHECK(reread.ok() && reread->host == line->host && reread->port == line->port);
    FC_CHECK(reread->key == line->key && reread->realm == line->realm && reread->log_key == line->log_key &&
             format_invite_line(*reread) == again);
  } else {
    FC_CHECK(line.error().code == Code::kMalformed && line.error().text.find('\n') == std::string::npos);
  }
  FC_CHECK(from_base64url(to_base64url(input)) == Bytes(input) && from_hex(to_hex(input)) == Bytes(input));
  if (const auto bytes = from_base64url(input)) FC_CHECK(to_base64url(*bytes) == input);
  if (const auto bytes = from_hex(input)) FC_CHECK(bytes->size() * 2 == input.size());
  if (valid_user_name(input)) FC_CHECK(valid_group_handle(input) && input.size() <= 32 && valid_utf8(input));
}
