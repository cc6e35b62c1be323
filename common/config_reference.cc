#include "common/config_reference.h"

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace fastchat {
namespace {

std::vector<std::string> names_of(const CLI::Option& option) {
  if (option.get_positional()) return {option.get_name()};
  std::vector<std::string> out;
  for (const std::string& name : option.get_snames()) out.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) out.push_back("--" + name);
  return out;
}

Json option_json(const CLI::Option& option) {
  const bool positional = option.get_positional();
  const bool is_switch = !positional && option.get_items_expected_max() == 0;
  Json out;
  out.add_list("names", names_of(option));
  out.add_bool("positional", positional).add_bool("required", option.get_required());
  out.add_bool("many", option.get_items_expected_max() > 1);
  out.add("value", is_switch ? "" : positional ? option.get_name() : option.get_type_name());
  out.add("help", option.get_description());
  return out;
}

}  // namespace

Json reference_of(const CLI::App& app) {
  std::vector<Json> options, commands;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) options.push_back(option_json(*option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); })) {
    commands.push_back(reference_of(*command));
  }
  Json out;
  out.add("name", app.get_name()).add("description", app.get_description()).add("footer", app.get_footer());
  out.add_list("options", options).add_list("commands", commands);
  return out;
}

void add_reference_switch(CLI::App& app, bool& wanted) {
  app.add_flag(kReferenceSwitch, wanted)->group("");
}

}  // namespace fastchat
