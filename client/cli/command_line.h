// A command line to be parsed: CLI11's program, its grammar and the options that it fills. For options.cc, which parses
// arguments, and call.cc, which turns them into the parameters of a call and back.
#pragma once

#include <CLI/CLI.hpp>

#include "client/cli/grammar.h"
#include "client/cli/options.h"
#include "common/result.h"

namespace fastchat::cli {

class CommandLine {
 public:
  CommandLine() : app_("FastChat: end-to-end encrypted chat in a terminal", "fastchat"), grammar_(app_, o_) {}
  CLI::App& app() { return app_; }
  const CLI::App& app() const { return app_; }
  // Returns the options, once app().parse() returned. Fails with kLocalUsage, with one line, for options that do not go
  // together.
  Result<Options> options() const;

 private:
  Options o_;
  CLI::App app_;
  Grammar grammar_;
};

}  // namespace fastchat::cli
