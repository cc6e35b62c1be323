#include "client/tui/adapters/session_devices.h"

#include <vector>

namespace fastchat::tui {

void SessionDevices::ask() {
  session_.devices(
      ticket_.guarded([this](const Result<std::vector<client::DeviceInfo>>& r) { hear_(DevicesListed{r}); }));
}

void SessionDevices::remove(const std::string& id) {
  session_.remove_device(id, ticket_.guarded([this](const Result<>& r) { hear(r); }));
}

void SessionDevices::rename(const std::string& id, const std::string& name) {
  session_.rename_device(id, name, ticket_.guarded([this](const Result<>& r) { hear(r); }));
}

void SessionDevices::hear(const Result<>& done) {
  if (!done.ok()) return screen_.toast(done.error().text, Style::kBad);
  ask();
}

}  // namespace fastchat::tui
