#include "client/tui/window/run_call.h"

#include <algorithm>
#include <concepts>
#include <iterator>
#include <utility>

#include "client/e2e/secret.h"
#include "client/tui/window/calls.h"
#include "client/tui/window/contact_calls.h"

namespace fastchat::tui {
namespace {

// Drops the texts as they were sent. A window draws the sanitised texts, and the others could be six times as long.
template <class Messages>
Messages as_drawn(Messages messages) {
  for (client::ChatMessage& m : messages) m.as_sent.clear();
  return messages;
}

// ---- values

auto answer(SessionAdapters& on, const ListConversations&) {
  return on.conversations.list();
}

auto answer(SessionAdapters& on, const ListGroups&) {
  return on.groups.list();
}

auto answer(SessionAdapters& on, const ListTransfers&) {
  return on.files.transfers();
}

auto answer(SessionAdapters& on, const ListQuarantine&) {
  return on.contacts.quarantine();
}

auto answer(SessionAdapters& on, const ListContacts&) {
  return on.contacts.list();
}

auto answer(SessionAdapters& on, const ListRequests&) {
  return on.contacts.requests();
}

auto answer(SessionAdapters& on, const GetStrangers&) {
  return StrangersPolicy{on.contacts.strangers()};
}

auto answer(SessionAdapters& on, const ListDeviceChoices&) {
  return on.accounts.device_choices();
}

auto answer(SessionAdapters& on, const ReadHistory& call) {
  return as_drawn(call.after ? on.conversations.history_after(call.peer, call.limit, call.position)
                             : on.conversations.history(call.peer, call.limit, call.position));
}

auto answer(SessionAdapters& on, const FindPlace& call) {
  return on.conversations.place(call.peer, call.position);
}

auto answer(SessionAdapters& on, const ReadInfo& call) {
  std::vector<client::MessageInfo> out;
  if (auto info = on.conversations.info(call.id)) out.push_back(std::move(*info));
  return out;
}

auto answer(SessionAdapters& on, const GetSetting& call) {
  return SettingText{on.settings.get(call.name)};
}

// ---- changes

void change(SessionAdapters& on, const SetSetting& call) {
  on.settings.saw(call.name, call.seen);
  on.settings.set(call.name, call.text);
}

void change(SessionAdapters& on, const SendMessage& call) {
  on.messages.put(call.written);
}

void change(SessionAdapters& on, const ChangeMessage& call) {
  switch (call.what) {
    case ChangeMessage::What::kEdit:
      return on.messages.edit(call.id, call.text);
    case ChangeMessage::What::kErase:
      return on.messages.erase(call.id);
    case ChangeMessage::What::kReact:
      return on.messages.react(call.id, call.text);
  }
}

void change(SessionAdapters& on, const Vote& call) {
  on.messages.vote(call.id, call.choice);
}

void change(SessionAdapters& on, const MarkConversation& call) {
  on.conversations.mark_read(call.peer);
}

void change(SessionAdapters& on, const SignalTyping& call) {
  on.messages.typing(call.peer);
}

void change(SessionAdapters& on, const StartSearch& call) {
  call.words.empty() ? on.search.stop() : on.search.start(call.words, call.limit);
}

void change(SessionAdapters& on, const ChangeGroup& call) {
  switch (call.what) {
    case ChangeGroup::What::kCreate:
      return on.groups.create(call.name, call.edit.add);
    case ChangeGroup::What::kChange:
      return on.groups.change(call.name, call.edit);
    case ChangeGroup::What::kLeave:
      return on.groups.leave(call.name);
    case ChangeGroup::What::kErase:
      return on.groups.erase(call.name);
  }
}

void change(SessionAdapters& on, const SendFile& call) {
  on.files.put(call.file, [] {});
}

void change(SessionAdapters& on, const FetchFile& call) {
  switch (call.what) {
    case FetchFile::What::kSave:
      return on.files.save(call.id, call.folder);
    case FetchFile::What::kShow:
      return on.files.show(call.id);
    case FetchFile::What::kCancel:
      return on.files.cancel(call.id);
  }
}

void change(SessionAdapters& on, const JudgeKey& call) {
  switch (call.what) {
    case JudgeKey::What::kShow:
      return on.contacts.verify(call.user);
    case JudgeKey::What::kAccept:
      return on.contacts.accept_key(call.user);
    case JudgeKey::What::kKeep:
      return on.contacts.keep_key(call.user);
    case JudgeKey::What::kMarkVerified:
      return on.contacts.mark_verified(call.user);
  }
}

void change(SessionAdapters& on, const AnswerRequest& call) {
  on.contacts.answer(call.what, call.peer);
}

void change(SessionAdapters& on, const SetStrangers& call) {
  on.contacts.set_strangers(call.policy);
}

void change(SessionAdapters& on, const MakeCard&) {
  on.contacts.make_card();
}

void change(SessionAdapters& on, const UseCard& call) {
  on.contacts.use_card(call.line);
}

void change(SessionAdapters& on, const AskDevices& call) {
  if (!call.removed.empty()) return on.devices.remove(call.removed);
  if (!call.renamed.empty()) return on.devices.rename(call.renamed, call.name);
  on.devices.ask();
}

void change(SessionAdapters& on, const ChangeAccount& call) {
  switch (call.what) {
    case ChangeAccount::What::kLogIn:
      return on.accounts.log_in("", call.user, call.password);
    case ChangeAccount::What::kLogInReplacing:
      return on.accounts.log_in_replacing(call.device);
    case ChangeAccount::What::kChangePassword:
      return on.accounts.change_password(call.password, call.next);
    case ChangeAccount::What::kGiveUp:
      return on.accounts.give_up();
    case ChangeAccount::What::kLogOut:
      return on.accounts.log_out();
    case ChangeAccount::What::kRekey:
      return on.accounts.rekey(call.password);
    case ChangeAccount::What::kDelete:
      return on.accounts.delete_account(call.password);
  }
}

// ---- the table

template <class T>
std::string written(const std::vector<T>& items) {
  return write_fields(ListOf<T>{items});
}

template <class T>
std::string written(const T& value) {
  return write_fields(value);
}

template <class Call>
Result<std::string> run(SessionAdapters& on, JsonValue& params) {
  Call call;
  FieldReader reader(params);
  fields(reader, call);
  if constexpr (std::same_as<Call, ChangeAccount>) {
    for (auto& field : params.fields) e2e::cleanse(field.second.text);
  }
  if (!reader.ok()) return err(Code::kLocalUsage, std::string("a parameter of ") + Call::kName + " is wrong");
  if constexpr (Asks<Call>) {
    return written(answer(on, call));
  } else {
    change(on, call);
    if constexpr (std::same_as<Call, ChangeAccount>) {
      e2e::cleanse(call.password);
      e2e::cleanse(call.next);
    }
    return std::string("null");
  }
}

template <class Call>
constexpr RunnableCall entry() {
  return {Call::kName, Asks<Call>, run<Call>};
}

constexpr RunnableCall kCalls[] = {
    entry<ListConversations>(), entry<ListGroups>(),   entry<ListTransfers>(),     entry<ListQuarantine>(),
    entry<ListContacts>(),      entry<FindPlace>(),    entry<ListDeviceChoices>(), entry<ReadHistory>(),
    entry<ReadInfo>(),          entry<GetSetting>(),   entry<SetSetting>(),        entry<SendMessage>(),
    entry<ChangeMessage>(),     entry<Vote>(),         entry<MarkConversation>(),  entry<SignalTyping>(),
    entry<StartSearch>(),       entry<ChangeGroup>(),  entry<SendFile>(),          entry<FetchFile>(),
    entry<JudgeKey>(),          entry<AskDevices>(),   entry<ChangeAccount>(),     entry<ListRequests>(),
    entry<GetStrangers>(),      entry<SetStrangers>(), entry<AnswerRequest>(),     entry<MakeCard>(),
    entry<UseCard>(),
};

}  // namespace

const RunnableCall* find_call(const std::string& name) {
  const auto* found = std::find_if(std::begin(kCalls), std::end(kCalls), [&](const auto& c) { return name == c.name; });
  return found == std::end(kCalls) ? nullptr : found;
}

}  // namespace fastchat::tui
