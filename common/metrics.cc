#include "common/metrics.h"

#include <set>
#include <utility>

namespace fastchat {

Metrics::Sample& Metrics::add(std::string name, std::string help, std::string labels, bool is_counter) {
  return samples_.emplace_back(Sample{std::move(name), std::move(help), std::move(labels), is_counter});
}

uint64_t& Metrics::counter(std::string name, std::string help, std::string labels) {
  return add(std::move(name), std::move(help), std::move(labels), true).count;
}

int64_t& Metrics::gauge(std::string name, std::string help, std::string labels) {
  return add(std::move(name), std::move(help), std::move(labels), false).level;
}

std::string Metrics::render() const {
  // Groups all samples of a name under one head, in the order of their first appearance.
  std::string out;
  std::set<std::string_view> done;
  for (const Sample& first : samples_) {
    if (!done.insert(first.name).second) continue;
    out += "# HELP " + first.name + " " + first.help + "\n# TYPE " + first.name +
           (first.is_counter ? " counter\n" : " gauge\n");
    for (const Sample& s : samples_) {
      if (s.name != first.name) continue;
      out += s.name;
      if (!s.labels.empty()) out += "{" + s.labels + "}";
      out += " " + (s.is_counter ? std::to_string(s.count) : std::to_string(s.level)) + "\n";
    }
  }
  return out;
}

}  // namespace fastchat
