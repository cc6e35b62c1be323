// Records the reports of the drivers, for tests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/driver.h"

namespace fastchat::bench {

struct Recorder final : Events {
  void on_ready(Link& link) override { ready.push_back(link.id); }
  void on_group(Link& link) override { groups.push_back(link.id); }
  void on_message(Link& link, ByteView body) override { messages[link.id].emplace_back(body); }
  void on_confirm(Link& link, uint32_t count) override { confirmed[link.id] += count; }
  void on_rejected(Link& link, const std::string& why) override { rejected[link.id] = why; }
  void on_lost(Link& link, const std::string& why) override { lost[link.id] = why; }

  void on_receipt(Link&, uint64_t ref, Receipt receipt) override { receipts[ref] = receipt; }

  std::map<uint64_t, Receipt> receipts;
  std::vector<int> ready, groups;
  std::map<int, std::vector<std::string>> messages;
  std::map<int, uint32_t> confirmed;
  std::map<int, std::string> rejected, lost;
};

}  // namespace fastchat::bench
