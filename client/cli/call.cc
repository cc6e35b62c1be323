#include "client/cli/call.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "client/e2e/sanitise.h"

namespace fastchat::cli {
namespace {

using Kind = JsonValue::Kind;

// The global options that are parameters of every method, too.
constexpr const char* kGlobals[] = {"timeout", "json"};

std::string param_name(const CLI::Option& option) {
  std::string out = option.get_lnames().empty() ? option.get_name(true) : option.get_lnames().front();
  for (char& c : out) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_flag(const CLI::Option& option) {
  return option.get_items_expected_max() == 0;
}
bool takes_many(const CLI::Option& option) {
  return option.get_items_expected_max() > 1 || option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
}
bool is_path(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type == "PATH" || type == "DIR";
}

// Returns the options that `command` has parameters for: its own, and the global options `timeout` and `json`.
std::vector<const CLI::Option*> options_for(const CLI::App& app, const CLI::App& command) {
  std::vector<const CLI::Option*> out;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = param_name(*option);
    if (std::find(std::begin(kGlobals), std::end(kGlobals), name) != std::end(kGlobals)) out.push_back(option);
  }
  for (const CLI::App* at = &command; at != &app; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      if (option != at->get_help_ptr()) out.push_back(option);
    }
  }
  return out;
}

std::string absolute(const std::string& path, const std::filesystem::path& folder) {
  return path.empty() ? path : (folder / path).string();
}

std::string value_of(const CLI::Option& option, const std::filesystem::path& folder) {
  if (is_flag(option)) return "true";
  std::string out;
  for (const std::string& text : option.results()) {
    out += (out.empty() ? "" : ",") + json_quoted(is_path(option) ? absolute(text, folder) : text);
    if (!takes_many(option)) return out;
  }
  return "[" + out + "]";
}

// Returns the command of a method, or null: "group.create" is `create` below `group`.
const CLI::App* find_command(const CLI::App& app, std::string_view method) {
  const CLI::App* at = &app;
  while (!method.empty()) {
    const std::string name(method.substr(0, method.find('.')));
    method.remove_prefix(std::min(method.size(), name.size() + 1));
    const auto below = at->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == name; });
    if (below.size() != 1) return nullptr;
    at = below.front();
  }
  const bool incomplete = at->get_require_subcommand_min() > 0;
  return at == &app || incomplete ? nullptr : at;
}

// Returns the texts of a parameter, as they would stand on the command line.
Result<std::vector<std::string>> texts_of(const std::string& name, const JsonValue& value, const CLI::Option& option) {
  const bool list = value.is(Kind::kList);
  if (list && !takes_many(option)) return err(Code::kLocalUsage, "\"" + name + "\" is one value");
  std::vector<std::string> out;
  for (const JsonValue& item : list ? value.items : std::vector<JsonValue>{value}) {
    if (!item.is(Kind::kText) && !item.is(Kind::kNumber)) {
      return err(Code::kLocalUsage,
                 "\"" + name + "\" is a text or a number" + (takes_many(option) ? ", or a list" : ""));
    }
    if (is_path(option) && !item.text.starts_with('/')) {
      return err(Code::kLocalUsage, "\"" + name + "\" is no absolute path");
    }
    out.push_back(item.text);
  }
  return out;
}

// Returns arguments that the grammar reads as `params`.
Result<std::vector<std::string>> arguments_of(const std::string& method, const JsonValue& params,
                                              const std::vector<const CLI::Option*>& options) {
  std::vector<std::string> out, positional;
  for (size_t at = 0; at <= method.size();) {
    const size_t end = std::min(method.find('.', at), method.size());
    out.push_back(method.substr(at, end - at));
    at = end + 1;
  }
  size_t used = 0;
  bool gap = false;
  for (const CLI::Option* option : options) {
    const std::string name = param_name(*option);
    const JsonValue* value = params.find(name);
    if (value == nullptr) {
      gap = gap || option->get_positional();
      continue;
    }
    ++used;
    if (value->is(Kind::kBool) && option->get_items_expected_min() == 0) {
      if (value->truth) out.push_back("--" + option->get_lnames().front());
      continue;
    }
    if (is_flag(*option)) return err(Code::kLocalUsage, "\"" + name + "\" is true or false");
    Result<std::vector<std::string>> texts = texts_of(name, *value, *option);
    if (!texts.ok()) return texts;
    if (option->get_positional()) {
      if (gap) return err(Code::kLocalUsage, "a parameter before \"" + name + "\" is missing");
      positional.insert(positional.end(), texts->begin(), texts->end());
      continue;
    }
    for (const std::string& text : *texts) {
      out.push_back("--" + option->get_lnames().front() + (text.empty() ? "" : "=" + text));
      if (text.empty()) out.emplace_back();
    }
  }
  if (used != params.fields.size()) {
    for (const JsonValue::Field& field : params.fields) {
      const auto named = [&](const CLI::Option* option) { return param_name(*option) == field.first; };
      if (std::none_of(options.begin(), options.end(), named)) {
        return err(Code::kLocalUsage, method + " has no \"" + e2e::sanitise_line(field.first) + "\"");
      }
    }
  }
  out.emplace_back("--");
  out.insert(out.end(), positional.begin(), positional.end());
  return out;
}

}  // namespace

Call call_of(const CommandLine& line, const Options& options, const std::filesystem::path& folder) {
  Call out;
  const CLI::App* at = &line.app();
  for (auto below = at->get_subcommands(); !below.empty(); below = at->get_subcommands()) {
    at = below.front();
    out.method += (out.method.empty() ? "" : ".") + at->get_name();
  }
  for (const CLI::Option* option : options_for(line.app(), *at)) {
    if (option->count() == 0) continue;
    const std::string name = param_name(*option);
    if (name == "json") continue;
    // The value of an open option may be left out: the grammar fills in a value of its own.
    const bool open = !is_flag(*option) && option->get_items_expected_min() == 0;
    const bool bare = open && options.directory.empty();
    out.params.emplace_back(name, bare ? "true" : value_of(*option, folder));
  }
  out.params.emplace_back("json", options.json ? "true" : "false");
  return out;
}

Result<Options> options_of(const std::string& method, const JsonValue& params) {
  CommandLine line;
  const CLI::App* command = find_command(line.app(), method);
  if (command == nullptr) return err(Code::kMalformed, "no such method: " + e2e::sanitise_line(method));
  Result<std::vector<std::string>> arguments = arguments_of(method, params, options_for(line.app(), *command));
  if (!arguments.ok()) return arguments.error();
  std::reverse(arguments->begin(), arguments->end());
  try {
    line.app().parse(std::move(*arguments));
  } catch (const CLI::ParseError& e) {
    return err(Code::kLocalUsage, e2e::sanitise_line(e.what()));
  } catch (const std::logic_error&) {
    return err(Code::kLocalUsage, "a parameter has a value that is not allowed");
  }
  return line.options();
}

}  // namespace fastchat::cli
