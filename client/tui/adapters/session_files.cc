#include "client/tui/adapters/session_files.h"

#include "client/tui/adapters/toasts.h"

namespace fastchat::tui {

void SessionFiles::put(const FileToSend& file, const std::function<void()>& settled) {
  session_.send_file(file.to, file.path, {file.answers, file.name},
                     ticket_.guarded([this, settled](const Result<client::SentMessage>& r) {
                       if (!r.ok()) screen_.toast(r.error().text, Style::kBad);
                       settled();
                     }),
                     ticket_.guarded(settled));
}

void SessionFiles::save(const std::string& id, const std::string& folder) {
  session_.fetch_file(id, folder, ticket_.guarded([this](const Result<std::string>& r) {
    screen_.toast(r.ok() ? "Saved as " + *r : r.error().text, r.ok() ? Style::kGood : Style::kBad);
  }));
}

void SessionFiles::show(const std::string& id) {
  session_.fetch_file(id, "", ticket_.guarded([this](const Result<std::string>& r) {
    if (!r.ok()) return screen_.toast(r.error().text, Style::kBad);
    hear_(FileFetched{*r});
  }));
}

std::vector<client::TransferInfo> SessionFiles::transfers() {
  return value_or_toast(session_.transfers(), screen_);
}

}  // namespace fastchat::tui
