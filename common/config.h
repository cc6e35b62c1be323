// A program's configuration: defaults < TOML file < environment < flags. Each option is described once and is at the
// same time the key `name` of the file, FASTCHAT_<NAME> of the environment and --name of the command line. Unknown keys
// and wrong values are errors that name their place. Only config.cc uses CLI11 and toml++.
//
//   std::string listen = "tcp://*:7999";  int64_t cap = 20000;  bool open = true;
//   Config config("fastchat-broker", "Signs users up, logs them in and assigns them to workers.");
//   config.add(&listen, "listen", "Where clients connect");
//   config.add(&cap, "max-connections", "Connections at most", 1, 1'000'000);
//   config.add(&open, "open", "Anybody may sign up");
//   const auto parsed = config.parse(argc, argv);
//   if (!parsed) { fputs(parsed.error().text...); return 1; }
//   if (*parsed == Config::Outcome::kDone) return 0;       // --help, --version, --check-config: printed
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace fastchat {

// A table of the file, such as [themes.dusk]. `where` is "FILE:LINE".
struct ConfigTable {
  struct Value {
    std::string name, text, where;
  };
  std::string name, where;
  std::vector<Value> values;
};

// All tables of one kind: [name.NAME].
struct ConfigTables {
  std::string name;
  std::vector<ConfigTable>* target = nullptr;
  // Returns the whole text of the error for a bad table, with its place.
  std::function<std::optional<std::string>(const ConfigTable&)> valid;
};

class Config {
 public:
  enum class Outcome { kRun, kDone };
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;

  Config(std::string program, std::string description);

  // Adds an option. `target` holds the default and outlives parse(). Names are lower-case words with hyphens.
  void add(std::string* target, std::string name, std::string help);
  void add(std::string* target, std::string name, std::string help, std::vector<std::string> allowed);
  void add(int64_t* target, std::string name, std::string help, int64_t least, int64_t most);
  // Adds an option whose texts `valid` checks. `valid` returns the error's text for a bad text, and runs after all
  // tables of the file are set.
  void add(std::string* target, std::string name, std::string help,
           std::function<std::optional<std::string>(const std::string&)> valid);
  void add(bool* target, std::string name, std::string help);
  // Adds a list: in the file an array, in the environment separated by commas, on the command line repeated.
  // With `or_one`, a single value of the file is a list of one.
  void add(std::vector<std::string>* target, std::string name, std::string help, bool or_one = false);

  // Adds tables of the file. Neither the environment nor the command line has them.
  void add(ConfigTables tables);

  // Sets lines of the help, each indented by two columns.
  void examples(std::string text);

  // Sets the words that the program accepts as its first argument in place of options, for the reference.
  void commands(std::vector<std::string> names);

  // Adds a check over all values once they are set. The text of the first failing check is the error.
  void check(std::function<std::optional<std::string>()> valid);

  // Adds a check of what the values name outside the program (files, directories), which --check-config alone makes: a
  // program that runs opens them itself. Runs after all other checks.
  void check_world(std::function<std::optional<std::string>()> valid);

  // Sets all options. Also accepts --config FILE (FASTCHAT_CONFIG), --check-config, --version and --help. Fails with
  // one line: kLocalUsage, or kLocalDisk when the printed output cannot be written.
  Result<Outcome> parse(int argc, const char* const* argv);
  Result<Outcome> parse(int argc, const char* const* argv, const Environment& environment);

 private:
  struct Option {
    std::string name, help, kind, default_text;
    bool is_bool = false, is_list = false, or_one = false;
    // Sets the target from texts (one unless a list). Returns the error's text for bad texts.
    std::function<std::optional<std::string>(const std::vector<std::string>&)> set;
  };

  Result<> apply_file(const std::string& path);
  Result<> apply_environment(const Environment& environment);
  Result<> apply(const Option& option, const std::vector<std::string>& texts, const std::string& where);

  std::vector<std::string> names(const std::string& before) const;
  // Returns the error for unused words: names the first of them, and suggestions for it.
  std::string refusal(const std::vector<std::string>& left, const char* otherwise) const;

  std::string program_, description_, examples_;
  std::vector<std::string> commands_;
  std::vector<Option> options_;
  std::vector<ConfigTables> tables_;
  std::vector<std::function<std::optional<std::string>()>> checks_, world_checks_;
};

}  // namespace fastchat
