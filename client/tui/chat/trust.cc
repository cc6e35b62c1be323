#include "client/tui/chat/trust.h"

#include <utility>
#include <variant>

namespace fastchat::tui {
namespace {

constexpr int kComparedTrust = 3, kFirstTrust = 1;  // content.proto's Trust
constexpr int kBlockedStanding = 2;                 // content.proto's ContactStanding

struct TrustText {
  const char *mark, *word, *help;
};

const TrustText& text_of(TrustLevel level) {
  static constexpr TrustText kTexts[] = {
      {"", "", ""},
      {"+", "first contact", "you know the key only from the server, and wrote nothing to this person yet"},
      {"?", "not compared", "you did not compare the safety number: /verify"},
      {"✓", "verified", "you compared the safety number; in a group, of all members"},
      {"!", "key changed", "the server shows another key: /verify; nothing is sent until you decide"},
      {"x", "blocked", "you take nothing from this person: /unblock"},
  };
  return kTexts[static_cast<size_t>(level)];
}

}  // namespace

TrustLevel trust_of(const client::ContactInfo* contact, bool wrote) {
  if (contact == nullptr) return TrustLevel::kUnknown;
  if (contact->standing == kBlockedStanding) return TrustLevel::kBlocked;
  if (contact->trust < 0) return TrustLevel::kUnknown;
  if (contact->changed) return TrustLevel::kChanged;
  if (contact->trust == kComparedTrust) return TrustLevel::kVerified;
  return contact->trust == kFirstTrust && !wrote ? TrustLevel::kFirstContact : TrustLevel::kNotCompared;
}

const char* trust_word(TrustLevel level) {
  return text_of(level).word;
}

const char* trust_mark(TrustLevel level) {
  return text_of(level).mark;
}

const char* trust_help(TrustLevel level) {
  return text_of(level).help;
}

bool TrustBook::is_news(const client::ChatMessage& message) const {
  const std::string& user = message.mine && !message.peer.is_group() ? message.peer.user() : message.from;
  return message.kind == client::MessageKind::kNotice || message.first_contact || find(user) == nullptr;
}

void TrustBook::hear(const Event& event) {
  const auto* added = std::get_if<MessageAdded>(&event);
  stale_ |= (added != nullptr && is_news(added->message)) || std::holds_alternative<KeyShown>(event) ||
            std::holds_alternative<TrustChanged>(event) || std::holds_alternative<client::Notice>(event) ||
            std::holds_alternative<GroupChanged>(event) || std::holds_alternative<client::ConnectionEvent>(event) ||
            std::holds_alternative<CoverChanged>(event);
}

void TrustBook::refresh() {
  if (!std::exchange(stale_, false)) return;
  known_.clear();
  for (client::ContactInfo& contact : contacts_.list()) known_.insert_or_assign(contact.user, std::move(contact));
}

const client::ContactInfo* TrustBook::find(const std::string& user) const {
  const auto at = known_.find(user);
  return at == known_.end() ? nullptr : &at->second;
}

TrustBook::Others TrustBook::others_of(const client::GroupInfo& group) const {
  Others out;
  // This user is one of the members, and no contact.
  out.all = group.members.size() - (group.member && !group.members.empty() ? 1 : 0);
  for (const std::string& member : group.members) {
    const TrustLevel level = trust_of(find(member), true);
    if (level == TrustLevel::kChanged && out.changed.empty()) out.changed = member;
    out.verified += level == TrustLevel::kVerified ? 1 : 0;
  }
  return out;
}

TrustLevel TrustBook::of(const client::PeerName& peer, bool wrote, const client::GroupInfo* group) const {
  if (group == nullptr) return peer.is_group() ? TrustLevel::kUnknown : trust_of(find(peer.user()), wrote);
  const Others others = others_of(*group);
  if (others.all == 0) return TrustLevel::kUnknown;
  if (!others.changed.empty()) return TrustLevel::kChanged;
  return others.verified == others.all ? TrustLevel::kVerified : TrustLevel::kNotCompared;
}

std::string TrustBook::text(const client::PeerName& peer, bool wrote, const client::GroupInfo* group) const {
  const TrustLevel level = of(peer, wrote, group);
  if (level == TrustLevel::kUnknown) return "";
  const std::string mark = std::string(trust_mark(level)) + " ";
  if (group == nullptr) return mark + trust_word(level);
  const Others others = others_of(*group);
  if (!others.changed.empty()) return mark + "key of " + others.changed + " changed";
  return mark + std::to_string(others.verified) + " of " + std::to_string(others.all) + " verified";
}

}  // namespace fastchat::tui
