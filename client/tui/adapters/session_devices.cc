#include "client/tui/adapters/session_devices.h"

#include <vector>

namespace fastchat::tui {

void SessionDevices::ask() {
  session_.devices(
      ticket_.guarded([this](const Result<std::vector<client::DeviceInfo>>& r) { hear_(DevicesListed{r}); }));
}

void SessionDevices::remove(const std::string& id) {
  session_.remove_device(id, ticket_.guarded([this](const Result<>& r) {
    if (!r.ok()) return screen_.toast(r.error().text, Style::kBad);
    ask();
  }));
}

}  // namespace fastchat::tui
