// Implements the ports of pages over a WindowLink, in a window beside the holder. Answers are empty once the link is
// lost, until the window goes on with another holder.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/tui/ports/ports.h"
#include "client/tui/window/contact_calls.h"
#include "client/tui/window/window_link.h"

namespace fastchat::tui {

// Makes calls for the ports, and shows errors of the holder. Shows nothing of a lost link, since the window says so.
class WindowAsker {
 public:
  WindowAsker(WindowLink& link, Screen& screen) : link_(link), screen_(screen) {}
  template <class Call>
  typename Call::Answer ask(const Call& call) {
    auto answer = link_.ask(call);
    if (answer.ok()) return std::move(*answer);
    if (answer.code() == Code::kLocalProfileInUse) screen_.toast(answer.error().text, Style::kBad);
    return {};
  }
  template <class Call>
  void tell(const Call& call) {
    link_.tell(call);
  }

 private:
  WindowLink& link_;
  Screen& screen_;
};

class WindowAccounts final : public Accounts {
 public:
  WindowAccounts(WindowAsker& holder, const WindowOpened& opened) : holder_(holder), opened_(opened) {}
  bool needs_invite() const override { return false; }
  std::string suggested_invite() const override { return ""; }
  std::string server() const override { return opened_.server; }
  std::string user() const override { return opened_.user; }
  std::string passphrase() override;
  // A window's profile has an account and is unlocked, so no page asks for these.
  void sign_up(const std::string&, const std::string&, const std::string&, std::string) override {}
  void unlock(std::string) override {}
  void log_in(const std::string& invite, const std::string& user, std::string password) override;
  void log_in_replacing(const std::string& device) override;
  std::vector<client::DeviceInfo> device_choices() override { return holder_.ask(ListDeviceChoices{}).items; }
  void change_password(std::string before, std::string next) override;
  void rekey(std::string password) override;
  void delete_account(std::string password) override;
  void give_up() override;
  void log_out() override;

 private:
  void tell(ChangeAccount call);
  WindowAsker& holder_;
  const WindowOpened& opened_;
};

class WindowConversations final : public Conversations {
 public:
  explicit WindowConversations(WindowAsker& holder) : holder_(holder) {}
  std::vector<client::ConversationInfo> list() override { return holder_.ask(ListConversations{}).items; }
  std::vector<client::ChatMessage> history(const client::PeerName& peer, size_t limit, int64_t before) override;
  std::vector<client::ChatMessage> history_after(const client::PeerName& peer, size_t limit, int64_t after) override;
  client::PlaceInfo place(const client::PeerName& peer, int64_t position) override {
    return holder_.ask(FindPlace{peer, position});
  }
  std::optional<client::MessageInfo> info(const std::string& id) override;
  void mark_read(const client::PeerName& peer) override { holder_.tell(MarkConversation{peer}); }

 private:
  WindowAsker& holder_;
};

class WindowSearch final : public MessageSearch {
 public:
  explicit WindowSearch(WindowAsker& holder) : holder_(holder) {}
  void start(const std::vector<std::string>& words, size_t limit) override { holder_.tell(StartSearch{words, limit}); }
  void stop() override { holder_.tell(StartSearch{}); }

 private:
  WindowAsker& holder_;
};

class WindowMessages final : public Messages {
 public:
  explicit WindowMessages(WindowAsker& holder) : holder_(holder) {}
  void send(const client::PeerName& to, const std::string& text) override { put({to, text}); }
  void reply(const client::PeerName& to, const std::string& text, const std::string& id) override {
    put({to, text, id});
  }
  void send_poll(const client::PeerName& to, const std::string& line) override { put({to, line, "", true}); }
  void edit(const std::string& id, const std::string& text) override;
  void erase(const std::string& id) override;
  void react(const std::string& id, const std::string& emoji) override;
  void vote(const std::string& id, uint32_t choice) override { holder_.tell(Vote{id, choice}); }
  void typing(const client::PeerName& to) override { holder_.tell(SignalTyping{to}); }

 private:
  // Sends a message under a new name.
  void put(Written written);
  WindowAsker& holder_;
};

class WindowGroups final : public Groups {
 public:
  explicit WindowGroups(WindowAsker& holder) : holder_(holder) {}
  std::vector<client::GroupInfo> list() override { return holder_.ask(ListGroups{}).items; }
  void create(const std::string& name, std::vector<std::string> members) override;
  void change(const std::string& name, client::GroupEdit edit) override;
  void leave(const std::string& name) override { holder_.tell(ChangeGroup{ChangeGroup::What::kLeave, name, {}}); }
  void erase(const std::string& name) override { holder_.tell(ChangeGroup{ChangeGroup::What::kErase, name, {}}); }

 private:
  WindowAsker& holder_;
};

class WindowFiles final : public Files {
 public:
  // `downloads`: the window's downloads folder; empty: the holder's.
  WindowFiles(WindowAsker& holder, std::string downloads) : holder_(holder), downloads_(std::move(downloads)) {}
  void send(const client::PeerName& to, const std::string& path, const std::string& reply_to) override;
  void save(const std::string& id, const std::string& folder) override;
  void show(const std::string& id) override;
  std::vector<client::TransferInfo> transfers() override { return holder_.ask(ListTransfers{}).items; }
  void cancel(const std::string& transfer) override;

 private:
  WindowAsker& holder_;
  const std::string downloads_;
};

class WindowContacts final : public Contacts {
 public:
  explicit WindowContacts(WindowAsker& holder) : holder_(holder) {}
  std::vector<client::ContactInfo> list() override { return holder_.ask(ListContacts{}).items; }
  void verify(const std::string& user) override { holder_.tell(JudgeKey{JudgeKey::What::kShow, user}); }
  void accept_key(const std::string& user) override { holder_.tell(JudgeKey{JudgeKey::What::kAccept, user}); }
  void keep_key(const std::string& user) override { holder_.tell(JudgeKey{JudgeKey::What::kKeep, user}); }
  void mark_verified(const std::string& user) override { holder_.tell(JudgeKey{JudgeKey::What::kMarkVerified, user}); }
  std::vector<store::QuarantineEntry> quarantine() override { return holder_.ask(ListQuarantine{}).items; }
  std::vector<client::RequestInfo> requests() override { return holder_.ask(ListRequests{}).items; }
  void answer(Answer answer, const client::PeerName& peer) override { holder_.tell(AnswerRequest{answer, peer}); }
  client::Strangers strangers() override { return holder_.ask(GetStrangers{}).policy; }
  void set_strangers(client::Strangers policy) override { holder_.tell(SetStrangers{policy}); }
  void make_card() override { holder_.tell(MakeCard{}); }
  void use_card(const std::string& line) override { holder_.tell(UseCard{line}); }

 private:
  WindowAsker& holder_;
};

class WindowDevices final : public Devices {
 public:
  explicit WindowDevices(WindowAsker& holder) : holder_(holder) {}
  void ask() override { holder_.tell(AskDevices{}); }
  void remove(const std::string& id) override { holder_.tell(AskDevices{id, "", ""}); }
  void rename(const std::string& id, const std::string& name) override { holder_.tell(AskDevices{"", id, name}); }

 private:
  WindowAsker& holder_;
};

class WindowSettings final : public ProfileSettings {
 public:
  explicit WindowSettings(WindowAsker& holder) : holder_(holder) {}
  std::string get(const std::string& name) override { return seen_[name] = holder_.ask(GetSetting{name}).text; }
  void set(const std::string& name, const std::string& text) override {
    holder_.tell(SetSetting{name, text, std::exchange(seen_[name], text)});
  }

 private:
  WindowAsker& holder_;
  std::map<std::string, std::string> seen_;  // by name: the text that this window read or wrote last
};

}  // namespace fastchat::tui
