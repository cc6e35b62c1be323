#include "client/contacts/standings.h"

#include <algorithm>

#include "common/codes.h"
#include "common/names.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

void tell_standing(Turn& turn, const Standings::Events& events, const std::string& text) {
  turn.after_commit([&events, text] { events.told(text); });
}

}  // namespace

Result<> Standings::load() {
  auto rows = table_.all();
  if (!rows.ok()) return rows.error();
  auto strangers = table_.strangers();
  if (!strangers.ok()) return strangers.error();
  book_.restore(*rows, *strangers);
  return Unit{};
}

// Writes the changes of the book, and reports them once they are on disk.
Result<> Standings::save() {
  constexpr size_t kToldOneByOne = 16;
  const std::vector<store::StandingRow> rows = book_.take_changed();
  const bool policy = book_.take_strangers_changed();
  if (rows.empty() && !policy) return Unit{};
  FC_TRY(turn_.try_begin());
  for (const store::StandingRow& row : rows) {
    FC_TRY(row.changed_ms == 0 && row.standing == 0 ? table_.drop(row.peer) : table_.put(row));
  }
  if (policy) {
    FC_TRY(table_.put_strangers(book_.strangers_row()));
  }
  std::vector<store::ConversationId> told;
  if (rows.size() <= kToldOneByOne) {
    for (const store::StandingRow& row : rows) told.push_back(row.peer);
  }
  if (policy || told.empty()) told.emplace_back();
  turn_.after_commit([this, told] {
    for (const store::ConversationId& peer : told) events_.changed(peer);
  });
  turn_.wake();
  return Unit{};
}

Result<> Standings::decide(const store::ConversationId& peer, Standing standing) {
  FC_TRY(book_.decide(peer, standing, turn_.wall_ms()));
  return decided();
}

Result<> Standings::decided() {
  if (Result<> saved = save(); !saved.ok()) {
    (void)load();
    return saved;
  }
  pins_.set_dirty();  // the vault contains the decisions
  push();
  return Unit{};
}

Result<> Standings::decide_strangers(Strangers policy) {
  book_.decide_strangers(policy, turn_.wall_ms());
  return decided();
}

Result<> Standings::writes_to(const store::ConversationId& peer) {
  if (peer.user() == account_.profile().user) return Unit{};
  switch (book_.of(peer)) {
    case Standing::kAccepted:
      return Unit{};
    case Standing::kBlocked:
      return err(Code::kLocalUsage, "you blocked " + peer.user() + ": unblock " + peer.user() + " first");
    case Standing::kNone:
      break;
  }
  const Result<> accepted = decide(peer, Standing::kAccepted);
  return accepted.code() == Code::kTooLarge ? Unit{} : accepted;
}

Result<bool> Standings::merge(const e2e::VaultContent& in) {
  const bool ours_is_more = book_.merge(in);
  const bool news = book_.has_changed();
  FC_TRY(save());
  // The device that decided may have ended before the server knew.
  if (news) server_changed();
  for (const StandingBook::TurnedDown& request : book_.take_turned_down()) events_.turned_down(request);
  return ours_is_more;
}

void Standings::attached() {
  pushing_.clear();
  pushing_policy_ = refused_ = changed_again_ = false;
  book_.begin_session();
  reading_ = Reading::kDue;
  read_at_ = push_at_ = turn_.now_ms();
  if (server_.worker_version() < kVersion) enforces_nothing();
}

// Notes that the worker has no copy and takes messages of everybody. A policy that is known already stays.
void Standings::enforces_nothing() {
  refused_ = true;
  if (book_.strangers_row().server != 0 || !turn_.begin()) return;
  book_.on_server_policy(Strangers::kTake);
  turn_.check(save());
}

void Standings::server_changed() {
  changed_again_ = reading_ == Reading::kCopy || reading_ == Reading::kVault;
  if (reading_ == Reading::kNothing) reading_ = Reading::kDue;
  turn_.wake();
}

bool Standings::settled() const {
  if (!reachable() || refused_) return true;
  const bool first_answer = book_.strangers_row().server != 0;
  const bool later = reading_ == Reading::kDue && turn_.now_ms() < read_at_;
  return (reading_ == Reading::kNothing || (first_answer && later)) && !book_.has_unsent();
}

void Standings::take_copy() {
  copy_.only = true;
  if (reading_ == Reading::kVault) reading_ = Reading::kNothing;  // would wait for a vault without the decisions
  server_changed();
}

bool Standings::awaits_copy() const {
  return copy_.only && reachable() && !refused_ && (reading_ == Reading::kDue || reading_ == Reading::kCopy);
}

void Standings::work() {
  if (!reachable()) return;
  if (reading_ == Reading::kDue && turn_.now_ms() >= read_at_) {
    reading_ = Reading::kCopy;
    changed_again_ = false;
    copy_.contacts.clear();
    ask_page("", {});
  }
  if (reading_ == Reading::kVault && events_.has_newest_vault()) compare(true);
  push();
}

void Standings::ask_page(const std::string& after, const Bytes& after_group) {
  v1::ClientFrame frame;
  frame.mutable_get_contacts()->set_after(after);
  frame.mutable_get_contacts()->set_after_group(after_group);
  server_.ask(std::move(frame), [this, after, after_group](const Result<v1::ServerFrame*>& answer) {
    on_page(after, after_group, answer);
  });
}

// `after`, `after_group`: the last contact of the pages before this one. Within a page contacts ascend (common/wire).
void Standings::on_page(const std::string& after, const Bytes& after_group, const Result<v1::ServerFrame*>& answer) {
  if (reading_ != Reading::kCopy) return;
  if (!answer.ok() || !(*answer)->has_contacts()) {
    const bool again = !answer.ok() && is_temporary(answer.code());
    reading_ = again ? Reading::kDue : Reading::kNothing;
    read_at_ = turn_.now_ms() + kRetryMs;
    if (!again) enforces_nothing();
    return;
  }
  const v1::Contacts& page = (*answer)->contacts();
  const auto goes_on = [&](const v1::Contact& first) {
    return first.group().empty() ? after_group.empty() && after < first.user() : after_group < first.group();
  };
  const bool fits = copy_.contacts.size() + static_cast<size_t>(page.contacts_size()) <= kMaxCopy;
  if (!fits || (page.contacts_size() != 0 ? !goes_on(page.contacts(0)) : page.more())) {
    reading_ = Reading::kNothing;
    return tell_standing(
        turn_, events_,
        "the server's list of who may write to you has no order or no end: it was not compared with yours");
  }
  for (const v1::Contact& contact : page.contacts()) {
    const auto peer = contact.group().empty() ? store::ConversationId::direct(contact.user())
                                              : store::ConversationId::group(contact.group());
    copy_.contacts[peer] = contact.standing() == v1::BLOCKED ? Standing::kBlocked : Standing::kAccepted;
  }
  copy_.strangers = static_cast<Strangers>(static_cast<int>(page.strangers()));
  const bool needed = book_.strangers_row().listed || copy_.strangers != Strangers::kTake;
  if (!page.more() || !needed) return compare(false);
  const v1::Contact& last = page.contacts(page.contacts_size() - 1);
  ask_page(last.user(), last.group());
}

// A device stores its vault and its decision at the same time. A standing that only the copy has may be such a
// decision, so the vault is read after the copy, before the standing is taken back.
void Standings::compare(bool vault_is_newest) {
  if (!turn_.begin()) return;
  const store::StrangersRow before = book_.strangers_row();
  book_.on_server_policy(copy_.strangers);
  const bool left = book_.compare(copy_, vault_is_newest, events_.keeps_unknown());
  const store::StrangersRow& now = book_.strangers_row();
  const bool taken = copy_.only && book_.has_changed();
  if (taken || now.listed != before.listed || now.wanted != before.wanted)
    pins_.set_dirty();  // the vault has these from now on
  if (copy_.only) turn_.after_commit([this] { copy_.only = false; });
  turn_.check(save());
  reading_ = left ? Reading::kVault : changed_again_ ? Reading::kDue : Reading::kNothing;
  read_at_ = turn_.now_ms() + kCompareEveryMs;
  if (left) events_.fetch_vault();
  push();
}

void Standings::push() {
  if (!reachable() || refused_ || turn_.now_ms() < push_at_) return;
  std::vector<StandingBook::Decision> fresh;
  for (const auto& decision : book_.unsent(kMaxChanges + pushing_.size())) {
    if (fresh.size() < kMaxChanges && !pushing_.contains(decision.first)) fresh.push_back(decision);
  }
  // The wire has users before groups; the names of groups sort first here.
  std::stable_partition(fresh.begin(), fresh.end(), [](const auto& d) { return !d.first.is_group(); });
  // The policy goes last: nobody who is accepted is a stranger in between.
  const bool policy = book_.policy_unsent() && !pushing_policy_ && fresh.empty() && pushing_.empty();
  if (fresh.empty() && !policy) return;
  v1::ClientFrame frame;
  v1::PutContacts& put = *frame.mutable_put_contacts();
  for (const auto& [peer, standing] : fresh) {
    v1::Contact& contact = *put.add_contacts();
    if (peer.is_group()) {
      contact.set_group(peer.group_id());
    } else {
      contact.set_user(peer.user());
    }
    contact.set_standing(static_cast<v1::Standing>(static_cast<int>(standing)));
    pushing_.insert(peer);
  }
  const Strangers wanted = policy ? static_cast<Strangers>(book_.strangers_row().wanted) : Strangers::kUndecided;
  put.set_strangers(static_cast<v1::Strangers>(static_cast<int>(wanted)));
  pushing_policy_ = pushing_policy_ || policy;
  server_.ask(std::move(frame),
              [this, fresh, wanted](const Result<v1::ServerFrame*>& answer) { on_stored(fresh, wanted, answer); });
}

void Standings::on_stored(const std::vector<StandingBook::Decision>& sent, Strangers policy,
                          const Result<v1::ServerFrame*>& answer) {
  for (const auto& [peer, standing] : sent) pushing_.erase(peer);
  if (policy != Strangers::kUndecided) pushing_policy_ = false;
  if (answer.ok()) {
    book_.stored(sent, policy);
    turn_.check(save());
    turn_.wake();
    return;
  }
  push_at_ = turn_.now_ms() + kRetryMs;
  if (is_temporary(answer.code())) return;
  refused_ = true;
  tell_standing(turn_, events_, "the server did not store who may write to you: " + answer.error().text);
}

void Standings::rolled_back(const Error&) {
  (void)load();
  // The answer of this turn may have been lost with it.
  if (reading_ != Reading::kNothing) reading_ = Reading::kDue;
  read_at_ = push_at_ = turn_.now_ms() + kRetryMs;
}

int64_t Standings::next_wake() const {
  if (!reachable()) return Loop::kNever;
  int64_t next = reading_ == Reading::kDue ? read_at_ : Loop::kNever;
  if (!refused_ && pushing_.empty() && !pushing_policy_ && book_.has_unsent()) next = std::min(next, push_at_);
  return next;
}

}  // namespace fastchat::client
