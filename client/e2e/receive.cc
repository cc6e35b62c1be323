// open_message of message.h: one function per step, in the order of docs/e2e.md.
#include <array>
#include <utility>

#include "client/e2e/addressed.h"
#include "client/e2e/hash.h"
#include "client/e2e/key_wrap.h"
#include "client/e2e/message.h"
#include "client/e2e/seal.h"

namespace fastchat::e2e {
namespace {

class Receiver {
 public:
  Receiver(const Identity& me, const Pins& pins, const ReplayMarks& marks, const Groups& groups,
           std::optional<uint64_t> as_of, CameAs came, const Prekeys* prekeys)
      : me_(me), pins_(pins), marks_(marks), groups_(groups), as_of_(as_of), came_(came), prekeys_(prekeys) {}

  Received run(ByteView bytes) {
    if (read(bytes) && sender_is_pinned() && signature_holds() && came_as_it_says() && is_addressed_here() &&
        is_new() && suite_may_be_used() && unwrap_and_open()) {
      out_.outcome = Outcome::kOpened;
    }
    return std::move(out_);
  }

 private:
  // Every step returns false when it ends the receiving, with the outcome set.
  bool end(Outcome outcome, const char* why) {
    out_.outcome = outcome;
    out_.why = why;
    return false;
  }
  bool refuse(Reason reason, const char* why) {
    out_.reason = reason;
    return end(Outcome::kQuarantine, why);
  }

  // Step 1.
  bool read(ByteView bytes) {
    ParsedEnvelope parsed = parse_envelope(bytes);
    if (!parsed.envelope) {
      static constexpr std::array<Reason, 3> kReasons = {Reason::kTooLarge, Reason::kMalformed, Reason::kUnknownSuite};
      refuse(kReasons[static_cast<size_t>(parsed.fault)], "");
      out_.why = std::move(parsed.why);
      return false;
    }
    envelope_ = std::move(*parsed.envelope);
    if (envelope_.header.prekeys && prekeys_ == nullptr) {
      return refuse(Reason::kUnknownSuite, "made with suite 2, which is not read here yet");
    }
    if (envelope_.header.realm != me_.realm()) return refuse(Reason::kWrongRealm, "from another server (realm)");
    out_.header = envelope_.header;
    out_.hash = envelope_.hash;
    return true;
  }

  // Step 2.
  bool sender_is_pinned() {
    if (envelope_.header.from_user == me_.user()) {
      out_.own_copy = true;
      sender_ = me_.peer();
      return sender_->fpr == envelope_.header.id.from_fpr || is_former() ||
             refuse_key("in your name, but not with your key");
    }
    const Pinned pinned = pins_.find(envelope_.header.from_user);
    if (pinned.key == nullptr) return end(Outcome::kNeedsKey, "the sender's key is not known yet");
    if (pinned.key->user != envelope_.header.from_user ||
        (pinned.key->fpr != envelope_.header.id.from_fpr && !is_former())) {
      return refuse_key("the sender's key is not the one you know");
    }
    if (!sender_) sender_ = *pinned.key;
    out_.first_contact = pinned.first_contact;
    return true;
  }

  // The very envelope that was taken in under an earlier key may come again.
  bool refuse_key(const char* why) {
    const auto seen = marks_.seen(envelope_.header.id);
    if (seen && seen->hash == envelope_.hash) return end(Outcome::kDuplicate, "received before");
    return refuse(Reason::kKeyChanged, why);
  }
  // Takes in what was signed shortly before the sender changed the key.
  bool is_former() {
    const PeerKey* former = pins_.former(envelope_.header.from_user, envelope_.header.id.from_fpr);
    if (former != nullptr) sender_ = *former;
    return former != nullptr;
  }

  // Step 3.
  bool signature_holds() {
    const Bytes part = signed_part(envelope_.header_bytes, envelope_.wraps, envelope_.body);
    if (!verify(sender_->key, SignType::kMessage, part, envelope_.sig)) {
      return refuse(Reason::kBadSignature, "the sender's signature does not hold");
    }
    out_.authentic = true;
    return true;
  }

  // Step 4. Anybody who has the envelope can send it on in another way. A copy of a received envelope is a duplicate. A
  // refused copy leaves no mark, so that the message itself can still come.
  bool came_as_it_says() {
    const bool in_group = envelope_.header.is_group();
    if (came_ == CameAs::kNotKnown || in_group == (came_ == CameAs::kGroup)) return true;
    if (taken_in()) return end(Outcome::kDuplicate, "received before");
    return refuse(Reason::kWrongKind, in_group ? "a message to a group that was sent to you alone"
                                               : "a message to one person that was sent to a group");
  }

  // Returns true for the same envelope, not for another one under its number.
  bool taken_in() const {
    const auto seen = marks_.seen(envelope_.header.id);
    return seen && (seen->hash.empty() || seen->hash == envelope_.hash);
  }

  bool is_addressed_here() { return envelope_.header.is_group() ? is_for_my_group() : is_for_me(); }

  bool is_for_me() {
    if (envelope_.header.to_user == me_.user()) {
      key_ = me_.find(envelope_.header.to_fpr);
      return key_ != nullptr || refuse(Reason::kNotForMe, "sealed to a key you do not have");
    }
    if (!out_.own_copy) return refuse(Reason::kNotForMe, "sealed to somebody else");
    key_ = me_.find(sender_->fpr);
    own_wrap_ = true;
    if (key_ == nullptr) return refuse(Reason::kNotForMe, "sealed with a key you do not have");
    return true;
  }

  bool is_for_my_group() {
    const Addressed to = addressed_in_group(me_, envelope_.header, pins_, groups_, as_of_);
    if (to.outcome == Outcome::kQuarantine) return refuse(to.reason, to.why);
    if (to.outcome != Outcome::kOpened) return end(to.outcome, to.why);
    key_ = to.key;
    return true;
  }

  // Step 5.
  bool is_new() {
    const MessageId& id = envelope_.header.id;
    if (marks_.seen(id)) {
      if (taken_in()) return end(Outcome::kDuplicate, "received before");
      return end(Outcome::kAlarm, "the sender signed two different messages under one number");
    }
    if (id.seq == 1) return true;
    const auto before = marks_.seen(MessageId{id.from_fpr, id.stream, id.seq - 1});
    out_.gap = !before;
    if (before && !before->hash.empty() && before->hash != envelope_.header.prev) {
      return refuse(Reason::kForked, "it does not follow the message before it");
    }
    return true;
  }

  // Step 6, the rules of suite 2. They come after the sender has proved himself, and after duplicates.
  bool suite_may_be_used() {
    const Header& h = envelope_.header;
    if (prekeys_ == nullptr || h.is_group()) return true;
    if (!h.prekeys) {
      return !prekeys_->only_suite_2(h) ||
             refuse(Reason::kDowngrade, "sealed in the old way by somebody who uses prekeys");
    }
    const PrekeyView seen = prekeys_->seen(h.from_user, h.id.from_fpr);
    const auto decision = decide_prekey(seen, h.prekeys->own_n, h.prekeys->own_hash, PrekeySource::kNamed);
    // The message is sealed to the reader's prekey, so refusing it would protect nothing and lose an authentic message.
    out_.prekey_swapped = decision == PrekeyDecision::kSwapped;
    return own_wrap_ ? prekey_is_here(h.id.from_fpr, h.prekeys->own_n, h.prekeys->own_hash)
                     : prekey_is_here(h.to_fpr, h.prekeys->n, h.prekeys->hash);
  }

  bool prekey_is_here(ByteView fpr, uint64_t n, ByteView hash) {
    prekey_ = prekeys_->own(fpr, n, hash);
    if (prekey_ != nullptr && is_named(*prekey_, fpr, n, hash)) return true;
    if (prekeys_->awaited(fpr, n)) return end(Outcome::kNeedsPrekey, "its prekey may be on another device of yours");
    if (prekey_ != nullptr) return refuse(Reason::kOtherPrekey, "sealed to a prekey that this device did not make");
    return refuse(Reason::kNoPrekey, "sealed to a prekey of yours that has been erased, or that never was");
  }

  // Steps 6, 7 and 8.
  bool unwrap_and_open() {
    const Result<Secret> key = unwrap_message_key(envelope_, own_wrap_ ? 1 : 0, *key_, prekey_);
    if (!key.ok()) return refuse(Reason::kCannotUnwrap, "its key cannot be opened");
    const Result<Secret> plain = open(key->view(), body_context(envelope_.header_bytes), envelope_.body);
    if (!plain.ok()) return refuse(Reason::kCannotOpen, "its body cannot be opened");
    Result<Content> content = decode_plaintext(plain->view());
    if (!content.ok()) {
      refuse(Reason::kBadContent, "");
      out_.why = "its content is not as it should be: " + content.error().text;
      return false;
    }
    const bool in_group = envelope_.header.is_group();
    if (in_group && !allowed_in_group(*content)) {
      return refuse(Reason::kBadContent, "a kind of message that is not for groups");
    }
    const auto is_senders = [this](ByteView fpr) {
      return same_holder(me_, pins_, envelope_.header.from_user, fpr, envelope_.header.id.from_fpr);
    };
    if (!fits_sender(*content, is_senders, in_group)) {
      out_.other_key = true;
      return refuse(Reason::kBadContent, "it refers to a message that is not the sender's");
    }
    const MessageId* first = replaced_by(*content);
    out_.known = first != nullptr && marks_.seen(*first).has_value();
    out_.content = std::move(content).value();
    return true;
  }

  const Identity& me_;
  const Pins& pins_;
  const ReplayMarks& marks_;
  const Groups& groups_;
  const std::optional<uint64_t> as_of_;
  const CameAs came_;
  const Prekeys* const prekeys_;
  Received out_;
  Envelope envelope_;
  std::optional<PeerKey> sender_;
  const KeyPair* key_ = nullptr;
  const PrekeyPair* prekey_ = nullptr;
  bool own_wrap_ = false;
};

}  // namespace

std::string_view reason_name(Reason reason) {
  static constexpr std::array<std::string_view, 20> kNames = {
      "none",        "too-large",   "malformed",   "unknown-suite", "wrong-realm", "key-changed",   "bad-signature",
      "not-for-me",  "stale-epoch", "wrong-state", "not-member",    "forked",      "cannot-unwrap", "cannot-open",
      "bad-content", "stale",       "wrong-kind",  "no-prekey",     "downgrade",   "other-prekey"};
  return kNames[static_cast<size_t>(reason)];
}

Received open_message(const Identity& me, ByteView envelope, const Pins& pins, const ReplayMarks& marks,
                      const Groups& groups, std::optional<uint64_t> as_of, CameAs came, const Prekeys* prekeys) {
  return Receiver(me, pins, marks, groups, as_of, came, prekeys).run(envelope);
}

}  // namespace fastchat::e2e
