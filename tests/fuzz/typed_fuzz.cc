// Fuzzes the input that a person types or configures and that the profile keeps: commands, names of keys, changes of a
// group. A line is a text, a command or a mistake. The name of a key names the same key again. A change is read back as
// it was written.
#include "client/groups/group_plan.h"
#include "client/tui/chat/commands.h"
#include "client/tui/terminal/key_names.h"
#include "client/tui/terminal/text.h"
#include "tests/fuzz/fuzz.h"

namespace fastchat::fuzz {
namespace {

using namespace tui;

constexpr Command kCommands[] = {
    {"msg", "NAME [TEXT]", "", 1, nullptr},
    {"send", "FILE", "", 1, nullptr, kTakesPath},
    {"send-reply", "FILE", "", 1, nullptr},
    {"group create", "NAME [MEMBER ...]", "", 1, nullptr},
    {"group leave", "[#GROUP]", "", 0, nullptr},
    {"group list", "", "", 0, nullptr},
    {"edit", "TEXT", "", 1, nullptr},
    {"quit", "", "", 0, nullptr},
};

void check_line(const std::string& line) {
  const auto got = parse_line(line, kCommands);
  if (!got.ok()) {
    FC_CHECK(!got.error().text.empty());
    return;
  }
  if (got->command == nullptr) {
    FC_CHECK(line.ends_with(got->text) || line.find(got->text) != std::string::npos);
    return;
  }
  FC_CHECK(got->text.empty() && line.find(got->arguments.rest) != std::string::npos);
  FC_CHECK(split_words(got->arguments.rest) == got->arguments.words);
  for (const std::string& word : got->arguments.words) FC_CHECK(!word.empty());
}

void check_key(std::string_view name) {
  const auto key = key_named(name);
  if (!key) return;
  const auto again = key_named(name_of(*key));
  FC_CHECK(again && *again == *key);
}

bool same(const client::GroupEdit& a, const client::GroupEdit& b) {
  return a.add == b.add && a.remove == b.remove && a.rename == b.rename && a.hand_over_to == b.hand_over_to;
}

void check_edit(std::string_view text) {
  const client::GroupEdit edit = client::decode_edit(text);
  FC_CHECK(same(client::decode_edit(client::encode_edit(edit)), edit));
}

}  // namespace
}  // namespace fastchat::fuzz

FC_FUZZ(typed) {
  check_line(Bytes(input));
  check_key(input);
  check_edit(input);
}
