#include "client/e2e/content_fields.h"

#include <algorithm>
#include <string>

#include "client/e2e/limits.h"
#include "common/log_head.h"
#include "common/merkle.h"
#include "common/names.h"

namespace fastchat::e2e {
namespace {

namespace pb = v1::content;

bool time_ok(int64_t ms) {
  return ms >= 0 && ms < kMaxTimeMs;
}

bool valid(const pb::MessageRef& m) {
  return m.from_fpr().size() == kHash && m.stream().size() == kStream && count_ok(m.seq());
}

template <class M>
bool replaces_ok(const M& m) {
  return !m.has_replaces() || valid(m.replaces());
}
template <class M>
bool reply_ok(const M& m) {
  return !m.has_reply_to() || valid(m.reply_to());
}

}  // namespace

bool valid(const pb::Text& m) {
  return !m.text().empty() && m.text().size() <= kMaxText && reply_ok(m) && replaces_ok(m);
}

bool valid(const pb::File& m) {
  return m.file_id().size() == kFileId && m.key().size() == kKey && m.sha256().size() == kHash &&
         m.size() <= kMaxFileSize && !m.name().empty() && m.name().size() <= kMaxFileName &&
         m.media_type().size() <= kMaxMediaType && reply_ok(m) && replaces_ok(m);
}

bool valid(const pb::GroupKey& m) {
  return m.group_id().size() == kHash && count_ok(m.epoch()) && m.state_hash().size() == kHash && !m.pkcs8().empty() &&
         m.pkcs8().size() <= kMaxPkcs8;
}

bool valid(const pb::ReadReceipt& m) {
  if (m.reader_fpr().size() != kHash || !time_ok(m.read_ms()) || m.sig().size() != kRsa) return false;
  if (m.entries().empty() || static_cast<size_t>(m.entries_size()) > kMaxReceiptEntries) return false;
  for (const pb::ReceiptEntry& e : m.entries()) {
    if (e.from_fpr().size() != kHash || e.stream().size() != kStream || !count_ok(e.seq()) ||
        e.hash().size() != kHash) {
      return false;
    }
  }
  return true;
}

bool valid(const pb::Rekey& m) {
  return valid_user_name(m.user()) && m.old_fpr().size() == kHash && m.new_fpr().size() == kHash &&
         count_ok(m.counter()) && m.new_spki().size() == kSpki && m.sig().size() == kRsa && m.new_sig().size() == kRsa;
}

bool valid(const pb::GroupKeyRequest& m) {
  return m.group_id().size() == kHash && count_ok(m.epoch());
}
bool valid(const pb::GroupLeave& m) {
  return m.group_id().size() == kHash;
}

bool valid(const pb::Edit& m) {
  return m.has_of() && valid(m.of()) && !m.text().empty() && m.text().size() <= kMaxText && replaces_ok(m);
}
bool valid(const pb::Delete& m) {
  return m.has_of() && valid(m.of()) && replaces_ok(m);
}
bool valid(const pb::Reaction& m) {
  return m.has_of() && valid(m.of()) && m.emoji().size() <= kMaxEmoji && replaces_ok(m);
}
bool valid(const pb::Poll& m) {
  const auto fits = [](const std::string& line, size_t most) { return !line.empty() && line.size() <= most; };
  const auto options = static_cast<size_t>(m.options_size());
  return fits(m.question(), kMaxPollQuestion) && options >= kMinPollOptions && options <= kMaxPollOptions &&
         std::all_of(m.options().begin(), m.options().end(), [&](const auto& o) { return fits(o, kMaxPollOption); }) &&
         replaces_ok(m);
}
bool valid(const pb::Vote& m) {
  return m.has_of() && valid(m.of()) && m.choice() <= kMaxPollOptions && replaces_ok(m);
}
bool valid(const pb::CardUse& m) {
  return m.token().size() == kCardToken;
}

bool valid(const pb::Head& m) {
  return m.size() >= 1 && m.size() <= merkle::kMaxSize && m.root().size() == kHash && time_ok(m.ms()) &&
         m.signature().size() == kLogSignatureSize && replaces_ok(m);
}

}  // namespace fastchat::e2e
