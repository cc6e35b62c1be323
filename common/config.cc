#include "common/config.h"

#include <toml++/toml.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "common/bytes.h"
#include "common/config_reference.h"
#include "common/nearest.h"
#include "common/standard_streams.h"
#include "common/try.h"
#include "common/version.h"

namespace fastchat {
namespace {

std::string environment_name(const std::string& name) {
  std::string out = "FASTCHAT_";
  for (char c : name) out.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return out;
}

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = 0; at <= text.size() && !text.empty();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& t : texts) out += (out.empty() ? "" : ",") + t;
  return out;
}

std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* s = node.as_string()) return s->get();
  if (const auto* i = node.as_integer()) return std::to_string(i->get());
  if (const auto* b = node.as_boolean()) return b->get() ? "true" : "false";
  return std::nullopt;
}

// Returns the texts of a value; nullopt when no option has a value of this type.
std::optional<std::vector<std::string>> texts_of(const toml::node& node, bool is_list) {
  std::vector<std::string> out;
  const auto* array = node.as_array();
  if (is_list != (array != nullptr)) return std::nullopt;
  if (array == nullptr) {
    auto text = text_of(node);
    if (!text) return std::nullopt;
    out.push_back(std::move(*text));
    return out;
  }
  for (const auto& element : *array) {
    auto text = text_of(element);
    if (!text) return std::nullopt;
    out.push_back(std::move(*text));
  }
  return out;
}

std::string place(const std::string& path, const toml::source_region& region) {
  return path + ":" + std::to_string(region.begin.line);
}

// Replaces control characters of a terminal (C0, C1, delete) and bytes that are not UTF-8 by question marks. An error
// is printed on a terminal and may quote the file, the environment or a flag.
std::string harmless(std::string text) {
  const bool utf8 = valid_utf8(text);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) text[i] = '?';
    if (c1 && utf8) text.replace(i, 2, "?");
  }
  return text;
}

// Reads one table into `out`. Returns the place of a value that is no text, number or truth; empty: there is none.
std::string read_table(const toml::table& table, const std::string& path, ConfigTable& out) {
  for (const auto& [key, node] : table) {
    const auto text = text_of(node);
    if (!text) return place(path, node.source()) + ": '" + std::string(key.str()) + "'";
    out.values.push_back({std::string(key.str()), *text, place(path, key.source())});
  }
  return "";
}

Error usage(const std::string& text) {
  return err(Code::kLocalUsage, harmless(text));
}

Result<> apply_tables(const ConfigTables& tables, const toml::table& file, const std::string& path) {
  const toml::node* all = file.get(tables.name);
  if (all == nullptr) return Unit{};
  const std::string wrong_kind = " has a value of the wrong kind";
  if (!all->is_table()) {
    return usage(place(path, all->source()) + ": '" + tables.name + "' has a value of the wrong kind; write [" +
                 tables.name + ".NAME]");
  }
  for (const auto& [key, node] : *all->as_table()) {
    ConfigTable out{std::string(key.str()), place(path, key.source()), {}};
    const std::string shown = "'" + tables.name + "." + out.name + "'";
    if (!node.is_table()) return usage(out.where + ": " + shown + wrong_kind);
    if (const auto at = read_table(*node.as_table(), path, out); !at.empty()) return usage(at + wrong_kind);
    if (auto wrong = tables.valid(out)) return usage(*wrong);
    tables.target->push_back(std::move(out));
  }
  return Unit{};
}

}  // namespace

Config::Config(std::string program, std::string description)
    : program_(std::move(program)), description_(std::move(description)) {}

void Config::add(std::string* target, std::string name, std::string help) {
  Option option{.name = std::move(name), .help = std::move(help), .kind = "TEXT", .default_text = *target, .set = {}};
  option.set = [target](const auto& texts) -> std::optional<std::string> {
    *target = texts[0];
    return std::nullopt;
  };
  options_.push_back(std::move(option));
}

void Config::add(std::string* target, std::string name, std::string help, std::vector<std::string> allowed) {
  const std::string kind = joined(allowed);
  Option option{.name = std::move(name), .help = std::move(help), .kind = kind, .default_text = *target, .set = {}};
  option.set = [target, kind, words = std::move(allowed)](const auto& texts) -> std::optional<std::string> {
    if (std::find(words.begin(), words.end(), texts[0]) == words.end()) return "must be one of " + kind;
    *target = texts[0];
    return std::nullopt;
  };
  options_.push_back(std::move(option));
}

void Config::add(int64_t* target, std::string name, std::string help, int64_t least, int64_t most) {
  Option option{.name = std::move(name),
                .help = std::move(help),
                .kind = "NUMBER",
                .default_text = std::to_string(*target),
                .set = {}};
  option.set = [target, least, most](const auto& texts) -> std::optional<std::string> {
    const std::string& text = texts[0];
    int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, value);
    if (failed != std::errc() || stop != end || value < least || value > most) {
      return "must be a number from " + std::to_string(least) + " to " + std::to_string(most);
    }
    *target = value;
    return std::nullopt;
  };
  options_.push_back(std::move(option));
}

void Config::add(std::string* target, std::string name, std::string help,
                 std::function<std::optional<std::string>(const std::string&)> valid) {
  Option option{.name = std::move(name), .help = std::move(help), .kind = "TEXT", .default_text = *target, .set = {}};
  option.set = [target, check = std::move(valid)](const auto& texts) -> std::optional<std::string> {
    if (auto wrong = check(texts[0])) return wrong;
    *target = texts[0];
    return std::nullopt;
  };
  options_.push_back(std::move(option));
}

void Config::add(bool* target, std::string name, std::string help) {
  Option option{.name = std::move(name),
                .help = std::move(help),
                .kind = "",
                .default_text = *target ? "true" : "false",
                .is_bool = true,
                .set = {}};
  option.set = [target](const auto& texts) -> std::optional<std::string> {
    if (texts[0] != "true" && texts[0] != "false") return "must be true or false";
    *target = texts[0] == "true";
    return std::nullopt;
  };
  options_.push_back(std::move(option));
}

void Config::add(std::vector<std::string>* target, std::string name, std::string help, bool or_one) {
  Option option{.name = std::move(name),
                .help = std::move(help),
                .kind = "TEXT ...",
                .default_text = joined(*target),
                .is_list = true,
                .or_one = or_one,
                .set = {}};
  option.set = [target](const auto& texts) -> std::optional<std::string> {
    *target = texts;
    return std::nullopt;
  };
  options_.push_back(std::move(option));
}

void Config::add(ConfigTables tables) {
  tables_.push_back(std::move(tables));
}

void Config::examples(std::string text) {
  examples_ = std::move(text);
}

void Config::commands(std::vector<std::string> names) {
  commands_ = std::move(names);
}

void Config::check(std::function<std::optional<std::string>()> valid) {
  checks_.push_back(std::move(valid));
}

void Config::check_world(std::function<std::optional<std::string>()> valid) {
  world_checks_.push_back(std::move(valid));
}

std::vector<std::string> Config::names(const std::string& before) const {
  std::vector<std::string> out;
  for (const Option& option : options_) out.push_back(before + option.name);
  for (const ConfigTables& tables : tables_) {
    if (before.empty()) out.push_back(tables.name);
  }
  return out;
}

std::string Config::refusal(const std::vector<std::string>& left, const char* otherwise) const {
  if (left.empty()) return otherwise;
  const std::string word = left.front().substr(0, left.front().find('='));
  if (!word.starts_with("--")) return "there is no argument '" + word + "'";
  std::vector<std::string> known = names("--");
  for (const char* name : {"--config", "--check-config", "--version", "--help"}) known.emplace_back(name);
  return "there is no option " + word + did_you_mean(word, known);
}

Result<> Config::apply(const Option& option, const std::vector<std::string>& texts, const std::string& where) {
  if (auto wrong = option.set(texts)) return usage(where + " " + *wrong + ", not '" + joined(texts) + "'");
  return Unit{};
}

Result<> Config::apply_file(const std::string& path) {
  try {
    const toml::table table = toml::parse_file(path);
    for (const ConfigTables& tables : tables_) FC_TRY(apply_tables(tables, table, path));
    for (const auto& [key, node] : table) {
      if (std::any_of(tables_.begin(), tables_.end(), [&](const ConfigTables& t) { return t.name == key.str(); }))
        continue;
      const std::string where = place(path, node.source());
      const std::string_view name = key.str();
      const auto option =
          std::find_if(options_.begin(), options_.end(), [&](const Option& o) { return o.name == name; });
      if (option == options_.end())
        return usage(place(path, key.source()) + ": unknown key '" + std::string(name) + "'" +
                     did_you_mean(name, names("")));
      const bool one = option->or_one && !node.is_array();
      const auto texts = texts_of(node, option->is_list && !one);
      if (!texts) return usage(where + ": '" + option->name + "' has a value of the wrong kind");
      if (auto done = apply(*option, *texts, where + ": '" + option->name + "'"); !done) return done;
    }
    return Unit{};
  } catch (const toml::parse_error& e) {
    // The error has no place when the file itself could not be read.
    const std::string where = e.source().begin.line > 0 ? place(path, e.source()) : path;
    return usage(where + ": " + std::string(e.description()));
  }
}

Result<> Config::apply_environment(const Environment& environment) {
  for (const Option& option : options_) {
    const std::string name = environment_name(option.name);
    const auto text = environment(name);
    if (!text) continue;
    const auto texts = option.is_list ? split_commas(*text) : std::vector<std::string>{*text};
    if (auto done = apply(option, texts, name); !done) return done;
  }
  return Unit{};
}

Result<Config::Outcome> Config::parse(int argc, const char* const* argv) {
  return parse(argc, argv, [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
}

Result<Config::Outcome> Config::parse(int argc, const char* const* argv, const Environment& environment) {
  CLI::App app(description_, program_);
  app.set_version_flag("--version", program_ + " " + version_text());
  std::string file;
  bool check_only = false, reference = false;
  add_reference_switch(app, reference);
  app.footer(examples_.empty() ? "" : "Examples:\n" + examples_);
  app.add_option("--config", file, "TOML file with the same names (FASTCHAT_CONFIG)")->type_name("FILE");
  app.add_flag("--check-config", check_only, "Check the configuration and exit");
  std::vector<std::vector<std::string>> flags(options_.size());
  for (size_t i = 0; i < options_.size(); ++i) {
    const Option& o = options_[i];
    const std::string help = o.help + " [" + o.default_text + "] (" + environment_name(o.name) + ")";
    if (o.is_bool) {
      app.add_flag_function(
          "--" + o.name + ",!--no-" + o.name, [&texts = flags[i]](int64_t n) { texts = {n > 0 ? "true" : "false"}; },
          help);
    } else {
      auto* option = app.add_option("--" + o.name, flags[i], help)->type_name(o.kind);
      if (!o.is_list) option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::Throw);
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() != 0) return usage(refusal(app.remaining(), e.what()));
    std::ostringstream text, errors;
    app.exit(e, text, errors);
    FC_TRY(write_output(text.str()));
    return Outcome::kDone;
  } catch (const std::logic_error&) {
    // CLI11 lets these exceptions of std::stoll through: for --flag=? and for --flag= with a number of thirty digits.
    return usage("a flag has a value that is neither true nor false");
  }
  if (reference) {
    FC_TRY(write_output(reference_of(app).add_list("subcommands", commands_).str() + "\n"));
    return Outcome::kDone;
  }
  if (file.empty()) file = environment("FASTCHAT_CONFIG").value_or("");
  if (!file.empty()) {
    FC_TRY(apply_file(file));
  }
  FC_TRY(apply_environment(environment));
  for (size_t i = 0; i < options_.size(); ++i) {
    if (flags[i].empty()) continue;
    FC_TRY(apply(options_[i], flags[i], "--" + options_[i].name));
  }
  for (const auto& valid : checks_) {
    if (auto wrong = valid()) return usage(*wrong);
  }
  if (!check_only) return Outcome::kRun;
  for (const auto& valid : world_checks_) {
    if (auto wrong = valid()) return usage(*wrong);
  }
  FC_TRY(write_output(program_ + ": the configuration is good\n"));
  return Outcome::kDone;
}

}  // namespace fastchat
