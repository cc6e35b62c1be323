// A program's configuration: a part of the input is the TOML file, the others are environment and flags. Values always
// stay in their bounds, the same input gives the same values, and an error is one line that names the place.
#include "common/config.h"

#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/scratch.h"

namespace fastchat::fuzz {
namespace {

struct Values {
  std::string name = "default", mode = "open";
  int64_t number = 7;
  bool flag = true;
  std::vector<std::string> list = {"one"};
  std::string outcome;
  bool operator==(const Values&) const = default;
};

struct Given {
  ByteView toml, environment, flag;
  uint8_t which = 0;
};

constexpr const char* kNames[] = {"name", "mode", "number", "flag", "list"};

Values parse(const Given& given) {
  Values v;
  Config config("fuzz", "A target.");
  config.add(&v.name, "name", "A text");
  config.add(&v.mode, "mode", "A choice", {"open", "invite", "closed"});
  config.add(&v.number, "number", "A number", -5, 1'000);
  config.add(&v.flag, "flag", "A switch");
  config.add(&v.list, "list", "A list");
  const MemoryFile file(given.toml);
  const std::string path = file.path();
  const std::string flag = "--" + std::string(kNames[given.which % 5]) + "=" + std::string(given.flag);
  std::vector<const char*> arguments = {"fuzz", "--config", path.c_str()};
  if (!given.flag.empty() && given.flag.find('\0') == ByteView::npos) arguments.push_back(flag.c_str());
  const std::string variable = std::string("FASTCHAT_") + static_cast<char>(kNames[given.which / 5 % 5][0] - 32);
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    if (given.environment.empty() || !name.starts_with(variable)) return std::nullopt;
    return std::string(given.environment);
  };
  const auto got = config.parse(static_cast<int>(arguments.size()), arguments.data(), environment);
  if (got.ok()) {
    v.outcome = "ok";
    FC_CHECK(*got == Config::Outcome::kRun);
    return v;
  }
  FC_CHECK(got.error().code == Code::kLocalUsage);
  v.outcome = got.error().text;
  if (const size_t at = v.outcome.find(path); at != std::string::npos) v.outcome.replace(at, path.size(), "FILE");
  FC_CHECK(!v.outcome.empty());
  FC_CHECK(harmless(v.outcome));
  return v;
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(config) {
  Source source(input);
  Given given;
  given.which = source.byte();
  given.flag = source.bytes(24);
  given.environment = source.bytes(24);
  given.toml = source.rest();
  const Values first = parse(given);
  FC_CHECK(first.number >= -5 && first.number <= 1'000);
  FC_CHECK(first.mode == "open" || first.mode == "invite" || first.mode == "closed");
  FC_CHECK(parse(given) == first);
}
