#include "client/tui/pages/quarantine_rows.h"

#include "client/e2e/sanitise.h"
#include "client/tui/pages/message_lines.h"

namespace fastchat::tui {

std::vector<Row> quarantine_rows(const std::vector<store::QuarantineEntry>& entries) {
  std::vector<Row> out;
  if (entries.empty()) {
    out.push_back({{"No message is quarantined: all messages could be verified and opened.", Style::kGood}});
    return out;
  }
  out.push_back({{"These messages could not be verified or opened. They are stored, not shown."}});
  out.push_back({});
  for (const auto& entry : entries) {
    const std::string from = entry.from.empty() ? "(unknown sender)" : e2e::sanitise_line(entry.from);
    out.push_back({{day_name(entry.received_ms) + " " + clock_time(entry.received_ms) + "  ", Style::kDim},
                   {from + ": ", Style::kBold},
                   {e2e::sanitise_line(entry.reason)}});
  }
  return out;
}

}  // namespace fastchat::tui
