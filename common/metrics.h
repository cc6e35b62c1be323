// Numbers that an owner sets on its own thread and that /metrics shows as Prometheus text. No locks: render() runs on
// the same loop. References stay valid as long as the Metrics.
//
//   Metrics metrics;
//   uint64_t& sent = metrics.counter("fastchat_sent_total", "Messages sent", R"(kind="direct")");
//   ++sent;
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace fastchat {

class Metrics {
 public:
  // `labels`: the text between the braces, or empty. The same name may be added again with other labels.
  uint64_t& counter(std::string name, std::string help, std::string labels = "");
  int64_t& gauge(std::string name, std::string help, std::string labels = "");

  // Returns the text exposition format 0.0.4.
  std::string render() const;

 private:
  struct Sample {
    std::string name, help, labels;
    bool is_counter;
    uint64_t count = 0;
    int64_t level = 0;
  };
  Sample& add(std::string name, std::string help, std::string labels, bool is_counter);
  std::deque<Sample> samples_;
};

}  // namespace fastchat
