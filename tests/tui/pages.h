// Shared helpers for tests of the screen: fakes that record the requests of pages, and a page read as text.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <clocale>
#include <map>
#include <string>
#include <vector>

#include "client/tui/pages/page.h"
#include "client/tui/ports/ports.h"
#include "client/tui/terminal/text.h"

namespace fastchat::test {

inline client::PeerName operator""_peer(const char* text, size_t size) {
  return client::PeerName(std::string(text, size));
}

// All answers of the ports of a test, and all requests to them.
struct Record {
  std::vector<std::string> asked, toasts;
  size_t lists = 0;                // requests for the conversations
  size_t contact_lists = 0;        // requests for the contacts
  size_t places = 0;               // requests for the place in a conversation
  std::vector<std::string> typed;  // recipients of typing signals
  std::vector<client::ContactInfo> contacts_known;
  std::vector<client::RequestInfo> open_requests;
  std::vector<client::DeviceInfo> choices;
  std::vector<client::GroupInfo> known_groups;
  std::vector<client::ConversationInfo> people;
  std::vector<client::TransferInfo> under_way;
  std::vector<client::ChatMessage> history;
  std::map<std::string, std::string> saved;
  bool invite = false;

  std::vector<client::ChatMessage> of(const client::PeerName& peer) const {
    auto all = history;
    std::erase_if(all, [&](const auto& m) { return m.peer != peer; });
    return all;
  }
};

inline std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += " " + word;
  return out;
}

struct FakeScreen : tui::Screen {
  explicit FakeScreen(Record& record) : f(record) {}
  void open(tui::PageName page, std::string argument) override {
    f.asked.push_back("open " + std::to_string(static_cast<int>(page)) + argument);
  }
  void back() override { f.asked.push_back("back"); }
  void home() override { f.asked.push_back("home"); }
  void chat(const client::PeerName& peer, int64_t position) override {
    f.asked.push_back("chat " + peer.text() + (position == 0 ? "" : " at " + std::to_string(position)));
  }
  void quit() override { f.asked.push_back("quit"); }
  void repaint() override { f.asked.push_back("repaint"); }
  void toast(std::string text, tui::Style) override { f.toasts.push_back(text); }
  Record& f;
};

struct FakeAccounts : tui::Accounts {
  explicit FakeAccounts(Record& record) : f(record) {}
  bool needs_invite() const override { return f.invite; }
  std::string suggested_invite() const override { return ""; }
  std::string server() const override { return "example.org:7999, realm lusab-babad"; }
  std::string user() const override { return "alice"; }
  std::string passphrase() override { return "lusab-babad-kotin-rafem-zidop"; }
  void sign_up(const std::string& line, const std::string& token, const std::string& name,
               std::string password) override {
    f.asked.push_back("sign up " + line + " " + name + " " + password + (token.empty() ? "" : " token " + token));
  }
  void log_in(const std::string&, const std::string& name, std::string password) override {
    f.asked.push_back("log in " + name + " " + password);
  }
  void unlock(std::string password) override { f.asked.push_back("unlock " + password); }
  void change_password(std::string before, std::string next) override {
    f.asked.push_back("password " + before + " to " + next);
  }
  std::vector<client::DeviceInfo> device_choices() override { return f.choices; }
  void log_in_replacing(const std::string& device) override { f.asked.push_back("replace " + device); }
  void rekey(std::string password) override { f.asked.push_back("rekey " + password); }
  void delete_account(std::string password) override { f.asked.push_back("delete " + password); }
  void give_up() override { f.asked.push_back("give up"); }
  void log_out() override { f.asked.push_back("log out"); }
  Record& f;
};

struct FakeConversations : tui::Conversations {
  explicit FakeConversations(Record& record) : f(record) {}
  std::vector<client::ConversationInfo> list() override {
    ++f.lists;
    return f.people;
  }
  std::vector<client::ChatMessage> history(const client::PeerName& peer, size_t limit, int64_t before) override {
    auto all = f.of(peer);
    std::erase_if(all, [&](const auto& m) { return before != 0 && m.position >= before; });
    if (all.size() > limit) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(limit));
    return all;
  }
  std::vector<client::ChatMessage> history_after(const client::PeerName& peer, size_t limit, int64_t after) override {
    auto all = f.of(peer);
    std::erase_if(all, [&](const auto& m) { return m.position <= after; });
    if (all.size() > limit) all.resize(limit);
    return all;
  }
  client::PlaceInfo place(const client::PeerName& peer, int64_t position) override {
    const auto all = f.of(peer);
    ++f.places;
    return {static_cast<uint64_t>(
                std::count_if(all.begin(), all.end(), [&](const auto& m) { return m.position < position; })),
            all.size()};
  }
  std::optional<client::MessageInfo> info(const std::string& id) override {
    f.asked.push_back("info " + id);
    return std::nullopt;
  }
  void mark_read(const client::PeerName& peer) override { f.asked.push_back("read " + peer.text()); }
  Record& f;
};

struct FakeMessageSearch : tui::MessageSearch {
  explicit FakeMessageSearch(Record& record) : f(record) {}
  void start(const std::vector<std::string>& words, size_t limit) override {
    f.asked.push_back("search" + joined(words) + " most " + std::to_string(limit));
  }
  void stop() override { f.asked.push_back("stop search"); }
  Record& f;
};

struct FakeMessages : tui::Messages {
  explicit FakeMessages(Record& record) : f(record) {}
  void send(const client::PeerName& to, const std::string& text) override {
    f.asked.push_back("send " + to.text() + " " + text);
  }
  void reply(const client::PeerName& to, const std::string& text, const std::string& id) override {
    f.asked.push_back("reply " + to.text() + " " + id + " " + text);
  }
  void send_poll(const client::PeerName& to, const std::string& line) override {
    f.asked.push_back("poll " + to.text() + " " + line);
  }
  void edit(const std::string& id, const std::string& text) override { f.asked.push_back("edit " + id + " " + text); }
  void erase(const std::string& id) override { f.asked.push_back("erase " + id); }
  void react(const std::string& id, const std::string& emoji) override {
    f.asked.push_back("react " + id + " " + emoji);
  }
  void vote(const std::string& id, uint32_t choice) override {
    f.asked.push_back("vote " + id + " " + std::to_string(choice));
  }
  void typing(const client::PeerName& to) override { f.typed.push_back(to.text()); }
  Record& f;
};

struct FakeGroups : tui::Groups {
  explicit FakeGroups(Record& record) : f(record) {}
  std::vector<client::GroupInfo> list() override { return f.known_groups; }
  void create(const std::string& name, std::vector<std::string> members) override {
    f.asked.push_back("create " + name + joined(members));
  }
  void change(const std::string& name, client::GroupEdit edit) override {
    f.asked.push_back("change " + name + " add" + joined(edit.add) + " remove" + joined(edit.remove) + " rename " +
                      edit.rename + " to " + edit.hand_over_to);
  }
  void leave(const std::string& name) override { f.asked.push_back("leave " + name); }
  void erase(const std::string& name) override { f.asked.push_back("delete " + name); }
  Record& f;
};

struct FakeFiles : tui::Files {
  explicit FakeFiles(Record& record) : f(record) {}
  void send(const client::PeerName& to, const std::string& path, const std::string& reply_to) override {
    f.asked.push_back("file " + to.text() + " " + path + (reply_to.empty() ? "" : " answers " + reply_to));
  }
  void save(const std::string& id, const std::string& to) override { f.asked.push_back("save " + id + " " + to); }
  void show(const std::string& id) override { f.asked.push_back("show " + id); }
  std::vector<client::TransferInfo> transfers() override { return f.under_way; }
  void cancel(const std::string& id) override { f.asked.push_back("cancel " + id); }
  Record& f;
};

struct FakeLocalFiles : tui::LocalFiles {
  explicit FakeLocalFiles(Record& record) : f(record) {}
  std::vector<std::string> paths(const std::string& begin) override { return {begin + "one.txt", begin + "two/"}; }
  void read(const std::string& path) override { f.asked.push_back("look " + path); }
  void draw(const std::string& path, int columns, int rows) override {
    f.asked.push_back("draw " + path + " " + std::to_string(columns) + "x" + std::to_string(rows));
  }
  Record& f;
};

struct FakeDesktop : tui::Desktop {
  explicit FakeDesktop(Record& record) : f(record) {}
  void copy(const std::string& text) override { f.asked.push_back("copy " + text); }
  void open_link(const std::string& url) override { f.asked.push_back("link " + url); }
  Record& f;
};

struct FakeContacts : tui::Contacts {
  explicit FakeContacts(Record& record) : f(record) {}
  std::vector<client::ContactInfo> list() override {
    ++f.contact_lists;
    return f.contacts_known;
  }
  void verify(const std::string& user) override { f.asked.push_back("verify " + user); }
  void accept_key(const std::string& user) override { f.asked.push_back("accept " + user); }
  void keep_key(const std::string& user) override { f.asked.push_back("keep " + user); }
  void mark_verified(const std::string& user) override { f.asked.push_back("mark " + user); }
  std::vector<store::QuarantineEntry> quarantine() override { return {}; }
  std::vector<client::RequestInfo> requests() override { return f.open_requests; }
  void answer(Answer answer, const client::PeerName& peer) override {
    static constexpr const char* kWords[] = {"accept ", "decline ", "block ", "unblock "};
    f.asked.push_back(kWords[static_cast<size_t>(answer)] + peer.text());
  }
  client::Strangers strangers() override { return client::Strangers::kAsk; }
  void set_strangers(client::Strangers policy) override {
    f.asked.push_back("strangers " + std::to_string(static_cast<int>(policy)));
  }
  void make_card() override { f.asked.push_back("make card"); }
  void use_card(const std::string& line) override { f.asked.push_back("use " + line); }
  Record& f;
};

struct FakeDevices : tui::Devices {
  explicit FakeDevices(Record& record) : f(record) {}
  void ask() override { f.asked.push_back("devices"); }
  void remove(const std::string& id) override { f.asked.push_back("remove " + id); }
  void rename(const std::string& id, const std::string& name) override {
    f.asked.push_back("rename " + id + " " + name);
  }
  Record& f;
};

struct FakeProfileSettings : tui::ProfileSettings {
  explicit FakeProfileSettings(Record& record) : f(record) {}
  std::string get(const std::string& name) override { return f.saved[name]; }
  void set(const std::string& name, const std::string& text) override { f.saved[name] = text; }
  Record& f;
};

// A fake of each port over one record.
struct Fakes : Record {
  FakeScreen screen{*this};
  FakeAccounts accounts{*this};
  FakeConversations conversations{*this};
  FakeMessageSearch search{*this};
  FakeMessages messages{*this};
  FakeGroups groups{*this};
  FakeFiles files{*this};
  FakeLocalFiles local_files{*this};
  FakeDesktop desktop{*this};
  FakeContacts contacts{*this};
  FakeDevices devices{*this};
  FakeProfileSettings settings{*this};

  tui::Ports ports() {
    return {screen, accounts,    conversations, search,   messages, groups,
            files,  local_files, desktop,       contacts, devices,  settings};
  }
};

class PagesTest : public testing::Test {
 protected:
  PagesTest() {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
  }
  static std::string screen(tui::Page& page, int width = 80, int height = 24) {
    tui::Frame frame{width, height};
    page.draw(frame);
    return tui::plain_text(frame);
  }
  static void type(tui::Page& page, const std::string& text) {
    for (const char c : text) page.press({tui::KeyKind::kCharacter, static_cast<char32_t>(c)});
  }
  static void enter(tui::Page& page, const std::string& text) {
    type(page, text);
    page.press({tui::KeyKind::kEnter});
  }
  client::ChatMessage message(const std::string& peer, const std::string& from, const std::string& text,
                              uint64_t ref = 0) {
    client::ChatMessage m;
    m.peer = client::PeerName(peer);
    m.from = from;
    m.text = text;
    m.position = ++position;
    m.sent_ms = 1'763'800'000'000 + position * 60'000;
    m.mine = ref != 0;
    m.ref = ref;
    m.state = ref != 0 ? client::MessageState::kSending : client::MessageState::kReceived;
    return m;
  }
  // Expects that no row is wider than the screen and that the screen has room for all rows.
  static void expect_fits(tui::Page& page, int width, int height) {
    tui::Frame frame{width, height};
    page.draw(frame);
    EXPECT_LE(frame.rows.size(), static_cast<size_t>(height));
    for (const auto& row : frame.rows) {
      EXPECT_LE(tui::width_of(row), width) << width << "x" << height << ": " << tui::plain_text(frame);
    }
    EXPECT_LT(frame.cursor_row, height);
    EXPECT_LT(frame.cursor_column, width);
  }
  Fakes fake;
  int64_t position = 0;
};

}  // namespace fastchat::test
