// fastchat, the client: process set-up, then a command or the screen.
#include <google/protobuf/stubs/logging.h>
#include <sys/stat.h>

#include <clocale>

#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/run.h"
#include "common/log.h"
#include "common/process.h"
#include "common/random.h"

int main(int argc, char** argv) {
  using namespace fastchat;
  disable_core_dumps();
  ignore_sigpipe();
  umask(077);
  std::setlocale(LC_ALL, "");
  // What a person must know is said in one line; libraries and the log stay silent.
  google::protobuf::SetLogHandler(nullptr);
  log::init(log::Level::kOff, "fastchat");
  seed_libc_rand();

  const cli::Parsed parsed = cli::parse(argc, argv);
  if (!parsed.options) return parsed.exit_code;
  if (parsed.options->command == cli::Command::kNone) {
    cli::print_error("name a command: signup, login, send, listen, ... (fastchat --help lists them)");
    return 1;
  }
  return cli::run(*parsed.options);
}
