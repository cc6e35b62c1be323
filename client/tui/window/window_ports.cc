#include "client/tui/window/window_ports.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "client/e2e/random.h"
#include "client/e2e/secret.h"
#include "client/e2e/words.h"
#include "common/bytes.h"

namespace fastchat::tui {
namespace {

constexpr size_t kNameBytes = 16;

// Names a message or a file, so that several holders that receive the call send one.
std::string new_name() {
  return "window-" + to_hex(e2e::system_random().bytes(kNameBytes));
}

// Makes a path absolute, because the holder runs in another folder.
std::string absolute(const std::string& path) {
  std::error_code error;
  const auto out = std::filesystem::absolute(path, error);
  return error ? path : out.string();
}

}  // namespace

// ---- accounts

std::string WindowAccounts::passphrase() {
  return e2e::generate_passphrase();
}

void WindowAccounts::tell(ChangeAccount call) {
  holder_.tell(call);
  e2e::cleanse(call.password);
  e2e::cleanse(call.next);
}

void WindowAccounts::log_in(const std::string&, const std::string& user, std::string password) {
  tell({ChangeAccount::What::kLogIn, user, "", std::move(password), ""});
}

void WindowAccounts::log_in_replacing(const std::string& device) {
  tell({ChangeAccount::What::kLogInReplacing, "", device, "", ""});
}

void WindowAccounts::change_password(std::string before, std::string next) {
  tell({ChangeAccount::What::kChangePassword, "", "", std::move(before), std::move(next)});
}

void WindowAccounts::rekey(std::string password) {
  tell({ChangeAccount::What::kRekey, "", "", std::move(password), ""});
}

void WindowAccounts::delete_account(std::string password) {
  tell({ChangeAccount::What::kDelete, "", "", std::move(password), ""});
}

void WindowAccounts::give_up() {
  tell({ChangeAccount::What::kGiveUp, "", "", "", ""});
}

void WindowAccounts::log_out() {
  tell({ChangeAccount::What::kLogOut, "", "", "", ""});
}

// ---- conversations, read in parts of a bounded size

std::vector<client::ChatMessage> WindowConversations::history(const client::PeerName& peer, size_t limit,
                                                              int64_t before) {
  std::vector<client::ChatMessage> out;  // the newest part first
  std::vector<std::vector<client::ChatMessage>> parts;
  for (size_t left = limit; left > 0;) {
    const size_t most = std::min(left, kMaxMessagesOfACall);
    parts.push_back(holder_.ask(ReadHistory{peer, most, before, false}).items);
    const auto& part = parts.back();
    // The line that counts the messages without a key comes with the newest messages and has no position.
    const auto lines =
        static_cast<size_t>(std::count_if(part.begin(), part.end(), [](const auto& m) { return m.position != 0; }));
    if (lines < most) break;
    left -= lines;
    before = part.front().position;
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    std::move(part->begin(), part->end(), std::back_inserter(out));
  }
  return out;
}

std::vector<client::ChatMessage> WindowConversations::history_after(const client::PeerName& peer, size_t limit,
                                                                    int64_t after) {
  std::vector<client::ChatMessage> out;
  while (out.size() < limit) {
    const size_t most = std::min(limit - out.size(), kMaxMessagesOfACall);
    auto part = holder_.ask(ReadHistory{peer, most, after, true}).items;
    const bool last = part.size() < most;
    if (!part.empty()) after = part.back().position;
    std::move(part.begin(), part.end(), std::back_inserter(out));
    if (last) break;
  }
  return out;
}

std::optional<client::MessageInfo> WindowConversations::info(const std::string& id) {
  auto found = holder_.ask(ReadInfo{id}).items;
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

// ---- messages

void WindowMessages::put(Written written) {
  written.name = new_name();
  holder_.tell(SendMessage{std::move(written)});
}

void WindowMessages::edit(const std::string& id, const std::string& text) {
  holder_.tell(ChangeMessage{ChangeMessage::What::kEdit, id, text});
}

void WindowMessages::erase(const std::string& id) {
  holder_.tell(ChangeMessage{ChangeMessage::What::kErase, id, ""});
}

void WindowMessages::react(const std::string& id, const std::string& emoji) {
  holder_.tell(ChangeMessage{ChangeMessage::What::kReact, id, emoji});
}

// ---- groups and files

void WindowGroups::create(const std::string& name, std::vector<std::string> members) {
  client::GroupEdit edit;
  edit.add = std::move(members);
  holder_.tell(ChangeGroup{ChangeGroup::What::kCreate, name, std::move(edit)});
}

void WindowGroups::change(const std::string& name, client::GroupEdit edit) {
  holder_.tell(ChangeGroup{ChangeGroup::What::kChange, name, std::move(edit)});
}

void WindowFiles::send(const client::PeerName& to, const std::string& path, const std::string& reply_to) {
  holder_.tell(SendFile{{to, absolute(path), reply_to, new_name()}});
}

void WindowFiles::save(const std::string& id, const std::string& folder) {
  const std::string into = folder.empty() ? downloads_ : folder;
  holder_.tell(FetchFile{FetchFile::What::kSave, id, into.empty() ? "" : absolute(into)});
}

void WindowFiles::show(const std::string& id) {
  holder_.tell(FetchFile{FetchFile::What::kShow, id, ""});
}

void WindowFiles::cancel(const std::string& transfer) {
  holder_.tell(FetchFile{FetchFile::What::kCancel, transfer, ""});
}

}  // namespace fastchat::tui
