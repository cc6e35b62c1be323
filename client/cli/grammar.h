// The one table of commands, each with its arguments, options and examples. Parsing, --help, "did you mean", manual
// pages and completions read this table. Uses CLI11, as options.cc does.
#pragma once

#include <CLI/CLI.hpp>

#include "client/cli/options.h"

namespace fastchat::cli {

class Grammar {
 public:
  // `app` and `options` outlive the Grammar: parsing writes into `options`.
  Grammar(CLI::App& app, Options& options);
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;

  Command chosen() const { return chosen_; }
  bool saves_files() const { return save_files_->count() > 0; }

 private:
  CLI::App* add(const char* name, const char* what, const char* examples, Command command);
  CLI::App* verb(CLI::App* group, const char* name, const char* what, const char* examples, GroupVerb value,
                 bool named = true);
  void globals();
  void account();
  void add_new_password(CLI::App* app);
  void talk();
  void chat();
  void files();
  void say_about();
  void group();
  void read();
  void save();
  void requests();
  void card();
  void trust();

  CLI::App& app_;
  Options& o_;
  CLI::Option* save_files_ = nullptr;
  Command chosen_ = Command::kNone;
};

}  // namespace fastchat::cli
