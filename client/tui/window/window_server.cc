#include "client/tui/window/window_server.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>
#include <variant>

#include "client/tui/adapters/session_adapters.h"
#include "client/tui/pages/form_page.h"
#include "client/tui/window/calls.h"
#include "client/tui/window/run_call.h"

namespace fastchat::tui {
namespace {

constexpr const char* kVersion = FASTCHAT_VERSION;
constexpr size_t kMaxFailed = 100;  // texts of SendFailed that a window has not confirmed

template <class Told>
void tell(rpc::Peer& peer, const Told& told) {
  peer.send(rpc::notification_line(Told::kName, write_fields(told)));
}

}  // namespace

// One window. Passes the requests of its adapters to the screen at the other end of the connection.
class WindowServer::Window final : public Screen {
 public:
  Window(WindowServer& server, rpc::Peer& peer, WindowManners manners)
      : manners_(manners),
        server_(server),
        peer_(peer),
        number_(server.profile_.front.join([this](bool front) { tell(peer_, ComeToFront{front}); })),
        adapters_(
            server.profile_, number_, server.unsent_, server.tickets_, server.invite_, false, manners, *this,
            [this](const Event& event) { hear(event); }, [](const Entry&) {}) {}
  ~Window() override {
    give_back(0);
    server_.profile_.front.leave(number_);
    server_.profile_.drafts.leave(number_);
  }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  SessionAdapters& adapters() { return adapters_; }
  rpc::Peer& peer() const { return peer_; }
  // Sends a file, and answers the request once the upload is on disk or its failure is shown.
  void send_file(const FileToSend& file, const std::string& request) {
    sending_.insert(request);
    adapters_.files.put(file, [this, request] {
      if (sending_.erase(request) != 0 && !request.empty()) peer_.send(rpc::result_line(request, "null"));
    });
  }
  bool wants_typing() const { return manners_.typing; }
  void used() { server_.profile_.front.used(number_); }
  // Forgets a text of SendFailed, which the window has in a draft now.
  void took_back(const TookBack& which) {
    const auto it = std::find_if(failed_.begin(), failed_.end(), [&](const SendFailed& f) {
      return f.to.text() == which.to.text() && f.text == which.text;
    });
    if (it != failed_.end()) failed_.erase(it);
  }
  // Makes drafts of the oldest texts of SendFailed, until `but` are left.
  void give_back(size_t but) {
    while (failed_.size() > but) {
      server_.unsent_.give_back(failed_.front().to, failed_.front().text);
      failed_.pop_front();
    }
  }
  void hear(const Event& event) {
    if (const auto* failed = std::get_if<SendFailed>(&event)) {
      failed_.push_back(*failed);
      give_back(kMaxFailed);
    }
    if (const auto told = write_event(event)) peer_.send(rpc::notification_line(kWindowEvent, *told));
  }

  // ---- Screen
  void open(PageName page, std::string) override {
    if (page == PageName::kMain) tell(peer_, ShowPage{ShowPage::What::kMain});
    if (page == PageName::kReplace) tell(peer_, ShowPage{ShowPage::What::kReplace});
  }
  void back() override {}
  void home() override { tell(peer_, ShowPage{ShowPage::What::kHome}); }
  void chat(const client::PeerName&, int64_t) override {}
  void quit() override {
    server_.logged_out_by_ = &peer_;
    server_.end_();
  }
  void repaint() override {}
  void toast(std::string text, Style style) override { tell(peer_, ShowLine{std::move(text), style}); }

 private:
  const WindowManners manners_;
  WindowServer& server_;
  rpc::Peer& peer_;
  const uint64_t number_;
  std::set<std::string> sending_;  // the unanswered requests to send a file
  std::deque<SendFailed> failed_;  // told to the window, and not confirmed
  SessionAdapters adapters_;
};

WindowServer::WindowServer(client::OpenProfile& profile, const std::optional<InviteLine>& invite, bool screen,
                           std::function<void()> end)
    : profile_(profile),
      invite_(invite),
      end_(std::move(end)),
      unsent_(*profile.session, kUnsentOfWindows),
      events_([this](const Event& event) { hear(event); }),
      restored_(screen) {
  profile_.listeners.join(events_);
}

WindowServer::~WindowServer() {
  profile_.listeners.leave(events_);
}

std::optional<rpc::MoreMethods::Taken> WindowServer::take(rpc::Peer& peer, rpc::Request& request) {
  if (request.method == OpenWindow::kName) return Taken{open(peer, request.params)};
  const RunnableCall* call = find_call(request.method);
  const bool uses = request.method == UseWindow::kName, took_back = request.method == TookBack::kName;
  if (call == nullptr && !uses && !took_back) return std::nullopt;
  const auto window = windows_.find(&peer);
  if (window == windows_.end()) return Taken{err(Code::kLocalUsage, "this connection is no window: call \"window\"")};
  if (call == nullptr) {
    if (uses) {
      window->second->used();
      return Taken{std::string("null")};
    }
    TookBack which;
    FieldReader reader(request.params);
    fields(reader, which);
    if (!reader.ok()) return Taken{err(Code::kLocalUsage, "a parameter of window.took_back is wrong")};
    window->second->took_back(which);
    return Taken{std::string("null")};
  }
  if (request.method == SendFile::kName) {
    const Result<SendFile> file = read_fields<SendFile>(request.params);
    if (!file.ok()) return Taken{err(Code::kLocalUsage, "a parameter of window.send_file is wrong")};
    window->second->send_file(file->file, request.id);
    return Taken{};
  }
  Result<std::string> result = call->run(window->second->adapters(), request.params);
  if (!call->asks || !result.ok()) return Taken{std::move(result)};
  if (!request.id.empty()) peer.send(rpc::result_line(request.id, *result));
  return Taken{};
}

Result<std::string> WindowServer::open(rpc::Peer& peer, const JsonValue& params) {
  const Result<OpenWindow> asked = read_fields<OpenWindow>(params);
  if (!asked.ok()) return err(Code::kLocalUsage, "a parameter of window is wrong");
  if (asked->version != kVersion || asked->format != kWindowFormat) {
    return err(Code::kUnsupportedVersion, "this window is FastChat " + asked->version +
                                              ", and the program that has this profile open is FastChat " + kVersion +
                                              ": end that program, or start the same version");
  }
  client::Session& session = *profile_.session;
  if (!session.has_profile()) {
    return err(Code::kLocalProfileInUse, "the screen that has this profile open makes its account: go on there");
  }
  if (!session.unlocked()) {
    return err(Code::kLocalProfileInUse, "the profile is locked: unlock it in the program that has it open");
  }
  if (windows_.contains(&peer)) return err(Code::kLocalUsage, "this connection is a window already");
  if (windows_.size() >= kMaxWindows) {
    return err(Code::kThrottled, "16 windows of this profile are open: close one");
  }
  Window& window =
      *windows_
           .emplace(&peer, std::make_unique<Window>(*this, peer, WindowManners{asked->read_receipts, asked->typing}))
           .first->second;
  restore_unsent_once(window);
  want_typing();
  return write_fields(WindowOpened{session.user(), invite_ ? describe_server(*invite_) : "", session.connection()});
}

// Restores the unsent texts of earlier holders, before a window sends a text.
void WindowServer::restore_unsent_once(Window& window) {
  if (std::exchange(restored_, true)) return;
  for (const char* setting : {kUnsent, kUnsentOfWindows}) {
    restore_unsent(setting, *profile_.session, window.adapters().settings, window);
  }
}

void WindowServer::on_gone(rpc::Peer& peer) {
  if (windows_.erase(&peer) != 0) want_typing();
}

// Tells the session whether any window wants typing signals.
void WindowServer::want_typing() {
  profile_.session->want_typing(
      std::any_of(windows_.begin(), windows_.end(), [](const auto& w) { return w.second->wants_typing(); }));
}

void WindowServer::turn() {
  (void)unsent_.keep();
  if (profile_.session->unlocked()) {
    told_end_ = false;
    return;
  }
  if (std::exchange(told_end_, true)) return;
  for (const auto& [peer, window] : windows_) {
    tell(window->peer(), EndWindow{peer == logged_out_by_ ? "" : "This profile was logged out."});
  }
}

void WindowServer::hear(const Event& event) {
  if (windows_.empty()) return;
  const auto told = write_event(event);
  if (!told) return;
  const std::string line = rpc::notification_line(kWindowEvent, *told);
  const bool typing = std::holds_alternative<TypingChanged>(event);
  for (const auto& [peer, window] : windows_) {
    if (!typing || window->wants_typing()) window->peer().send(line);
  }
}

}  // namespace fastchat::tui
