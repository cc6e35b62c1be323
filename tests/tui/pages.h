// Shared helpers for tests of the screen: a desk that records the requests made of it, and a page read as text.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <clocale>
#include <map>
#include <string>
#include <vector>

#include "client/tui/pages/page.h"
#include "client/tui/terminal/text.h"

namespace fastchat::test {

class RecordingDesk : public tui::Desk {
 public:
  void open(tui::PageName page, std::string argument) override {
    asked.push_back("open " + std::to_string(static_cast<int>(page)) + argument);
  }
  void back() override { asked.push_back("back"); }
  void chat(const std::string& peer, int64_t position) override {
    asked.push_back("chat " + peer + (position == 0 ? "" : " at " + std::to_string(position)));
  }
  void quit() override { asked.push_back("quit"); }
  void repaint() override { asked.push_back("repaint"); }
  void toast(std::string text, tui::Style) override { toasts.push_back(text); }
  bool needs_invite() const override { return invite; }
  std::string suggested_invite() const override { return ""; }
  std::string server() const override { return "example.org:7999, realm lusab-babad"; }
  std::string user() const override { return "alice"; }
  void sign_up(const std::string& line, const std::string& name, std::string password) override {
    asked.push_back("sign up " + line + " " + name + " " + password);
  }
  void log_in(const std::string&, const std::string& name, std::string password) override {
    asked.push_back("log in " + name + " " + password);
  }
  std::vector<client::DeviceInfo> device_choices() override { return choices; }
  std::vector<client::DeviceInfo> choices;
  void log_in_replacing(const std::string& device) override { asked.push_back("replace " + device); }
  void change_password(std::string before, std::string next) override {
    asked.push_back("password " + before + " to " + next);
  }
  void unlock(std::string password) override { asked.push_back("unlock " + password); }
  void log_out() override { asked.push_back("log out"); }
  std::string passphrase() override { return "five-words"; }
  std::vector<store::Conversation> conversations() override { return people; }
  std::vector<client::ChatMessage> history(const std::string& peer, size_t limit, int64_t before) override {
    auto all = of(peer);
    std::erase_if(all, [&](const auto& m) { return before != 0 && m.position >= before; });
    if (all.size() > limit) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(limit));
    return all;
  }
  std::vector<client::ChatMessage> history_after(const std::string& peer, size_t limit, int64_t after) override {
    auto all = of(peer);
    std::erase_if(all, [&](const auto& m) { return m.position <= after; });
    if (all.size() > limit) all.resize(limit);
    return all;
  }
  void search(const std::vector<std::string>& words, size_t limit) override {
    asked.push_back("search" + joined(words) + " most " + std::to_string(limit));
  }
  void stop_search() override { asked.push_back("stop search"); }
  void send(const std::string& to, const std::string& text) override { asked.push_back("send " + to + " " + text); }
  void typing(const std::string& to) override { typed.push_back(to); }
  std::vector<std::string> typed;
  std::vector<client::GroupInfo> groups() override { return known_groups; }
  void create_group(const std::string& name, std::vector<std::string> members) override {
    asked.push_back("create " + name + joined(members));
  }
  void change_group(const std::string& name, client::GroupEdit edit) override {
    asked.push_back("change " + name + " add" + joined(edit.add) + " remove" + joined(edit.remove) + " rename " +
                    edit.rename + " to " + edit.hand_over_to);
  }
  void leave_group(const std::string& name) override { asked.push_back("leave " + name); }
  void delete_group(const std::string& name) override { asked.push_back("delete " + name); }
  void reply(const std::string& to, const std::string& text, const std::string& id) override {
    asked.push_back("reply " + to + " " + id + " " + text);
  }
  void edit(const std::string& id, const std::string& text) override { asked.push_back("edit " + id + " " + text); }
  void erase(const std::string& id) override { asked.push_back("erase " + id); }
  void send_poll(const std::string& to, const std::string& line) override {
    asked.push_back("poll " + to + " " + line);
  }
  void vote(const std::string& id, uint32_t choice) override {
    asked.push_back("vote " + id + " " + std::to_string(choice));
  }
  void react(const std::string& id, const std::string& emoji) override { asked.push_back("react " + id + " " + emoji); }
  void send_file(const std::string& to, const std::string& path, const std::string& reply_to) override {
    asked.push_back("file " + to + " " + path + (reply_to.empty() ? "" : " answers " + reply_to));
  }
  void save_file(const std::string& id, const std::string& to) override { asked.push_back("save " + id + " " + to); }
  void show_file(const std::string& id) override { asked.push_back("show " + id); }
  std::vector<client::TransferInfo> transfers() override { return under_way; }
  void cancel_transfer(const std::string& id) override { asked.push_back("cancel " + id); }
  void mark_read(const std::string& peer) override { asked.push_back("read " + peer); }
  std::string setting(const std::string& name) override { return notes[name]; }
  void set_setting(const std::string& name, const std::string& text) override { notes[name] = text; }
  std::vector<std::string> paths(const std::string& begin) override { return {begin + "one.txt", begin + "two/"}; }
  void look_at(const std::string& path) override { asked.push_back("look " + path); }
  void draw_picture(const std::string& path, int columns, int rows) override {
    asked.push_back("draw " + path + " " + std::to_string(columns) + "x" + std::to_string(rows));
  }
  void verify(const std::string& peer) override { asked.push_back("verify " + peer); }
  void accept_key(const std::string& peer) override { asked.push_back("accept " + peer); }
  void keep_key(const std::string& peer) override { asked.push_back("keep " + peer); }
  void mark_verified(const std::string& peer) override { asked.push_back("mark " + peer); }
  std::vector<store::QuarantineEntry> quarantine() override { return {}; }
  void devices() override { asked.push_back("devices"); }
  void remove_device(const std::string& id) override { asked.push_back("remove " + id); }

  std::vector<client::ChatMessage> of(const std::string& peer) const {
    auto all = messages;
    std::erase_if(all, [&](const auto& m) { return m.peer != peer; });
    return all;
  }

  static std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += " " + word;
    return out;
  }

  std::vector<std::string> asked, toasts;
  std::vector<client::GroupInfo> known_groups;
  std::vector<store::Conversation> people;
  std::vector<client::TransferInfo> under_way;
  std::vector<client::ChatMessage> messages;
  std::map<std::string, std::string> notes;
  bool invite = false;
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
    m.peer = peer;
    m.from = from;
    m.text = text;
    m.position = ++position;
    m.sent_ms = 1'763'800'000'000 + position * 60'000;
    m.mine = ref != 0;
    m.ref = ref;
    m.state = ref != 0 ? client::MessageState::kSending : client::MessageState::kReceived;
    return m;
  }
  // No row is wider than the screen and there are no more rows than it has.
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
  RecordingDesk desk;
  int64_t position = 0;
};

}  // namespace fastchat::test
