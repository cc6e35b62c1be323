// A command line becomes a call, and the call the same command: the parameters are the options.
#include "client/cli/call.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/runtime/listeners.h"

namespace fastchat::cli {
namespace {

Parsed parsed(std::vector<std::string> words) {
  words.insert(words.begin(), "fastchat");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return parse(static_cast<int>(argv.size()), argv.data());
}

std::string text_of(const Call& call) {
  std::string out;
  for (const auto& [name, value] : call.params) out += (out.empty() ? "" : ",") + json_quoted(name) + ":" + value;
  return "{" + out + "}";
}

Result<Options> read(const std::string& method, const std::string& params) {
  const Result<JsonValue> value = parse_json(params);
  EXPECT_TRUE(value.ok()) << params;
  return options_of(method, *value);
}

// Returns a command's options as text, without those that its own process decides.
std::string described(const Options& o) {
  std::string out = std::to_string(static_cast<int>(o.command)) + "|" + o.peer.text() + "|" + o.user + "|" +
                    o.text.value_or("(none)") + "|" + std::to_string(o.lines) + std::to_string(o.action) +
                    std::to_string(o.save_files) + std::to_string(o.accept) + std::to_string(o.mark) +
                    std::to_string(o.keep) + std::to_string(o.yes) + std::to_string(o.ping) + "|" + o.send_id + "|" +
                    std::to_string(o.count) + "|" + o.directory + "|" + o.message + "|" +
                    std::to_string(o.limit.value_or(0)) + "|" + o.device +
                    std::to_string(static_cast<int>(o.device_verb)) + "|" +
                    std::to_string(static_cast<int>(o.group_verb)) + "|" + o.group + "|" + o.new_name + "|" +
                    o.new_admin + "|" + o.message_id + "|" + o.emoji + "|" + std::to_string(o.choice) + "|" +
                    std::to_string(o.timeout_s.value_or(-1)) + "|" + std::to_string(o.since_ms.value_or(-1)) + "|" +
                    std::to_string(o.before_ms.value_or(-1)) + std::to_string(o.follow) + std::to_string(o.with_files) +
                    std::to_string(static_cast<int>(o.format)) + std::to_string(static_cast<int>(o.awaited));
  for (const auto* list : {&o.files, &o.words, &o.users, &o.choices, &o.peers}) {
    for (const std::string& word : *list) out += "|" + word;
    out += "|";
  }
  return out;
}

TEST(Call, IsTheSameCommandAgain) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"send", "bob", "hello"},
           {"send", "#team", "a b  c", "--reply-to", "00ff", "--id", "key = 1"},
           {"send", "bob", "--", "-dash"},
           {"send", "bob", "--me", "", "--timeout", "2.5"},
           {"send", "bob", "--lines"},
           {"send", "bob", "--file", "/a b", "--file", "/c", "text \"quoted\" \\ \n é"},
           {"send", "bob", "[a,b]"},
           {"listen", "--count", "7", "--save-files", "/x"},
           {"listen", "--save-files"},
           {"fetch", "00", "--to", "/y"},
           {"files"},
           {"files", "--cancel", "upload-1"},
           {"edit", "00", "other"},
           {"delete", "00"},
           {"react", "00", ""},
           {"poll", "bob", "when?", "now", "later", "-1"},
           {"vote", "00", "2"},
           {"group", "create", "#team", "bob", "carol"},
           {"group", "create", "team"},
           {"group", "add", "team", "dave"},
           {"group", "rename", "team", "#crew"},
           {"group", "handover", "team", "bob"},
           {"group", "list"},
           {"group", "info", "team"},
           {"history", "bob", "--limit", "3"},
           {"history", "bob", "--since", "2026-11-30", "--before", "2026-11-30T12:00:00Z"},
           {"history", "bob", "--since", "2026-11-30", "--follow"},
           {"export", "--to", "/archive"},
           {"export", "bob", "#team", "--to", "/archive", "--format", "text", "--files"},
           {"conversations"},
           {"contacts"},
           {"send", "bob", "x", "--wait", "read"},
           {"search", "a", "b"},
           {"verify", "bob", "--mark"},
           {"devices"},
           {"devices", "remove", "00ff"},
           {"devices", "remove", "00ff", "--lost"},
           {"devices", "rename", "00ff", "the \"kitchen\""},
           {"status", "--ping"},
           {"quarantine"},
           {"logout"},
           {"account", "delete"},
           {"account", "delete", "--yes"},
           {"passwd"},
           {"rekey"}}) {
    const Parsed line = parsed(words);
    ASSERT_TRUE(line.options.has_value()) << words.front();
    Result<Options> again = read(line.call.method, [&] {
      Call call = line.call;
      std::erase_if(call.params, [](const auto& param) { return param.first == "json"; });
      return text_of(call);
    }());
    ASSERT_TRUE(again.ok()) << text_of(line.call) << ": " << again.error().text;
    EXPECT_EQ(described(*again), described(*line.options)) << text_of(line.call);
  }
}

TEST(Call, HasNamesInSmallLettersAndAbsolutePaths) {
  const Parsed line = parsed({"--json", "--data-dir", "/p", "send", "bob", "--reply-to", "00", "--file", "a/b"});
  EXPECT_EQ(line.call.method, "send");
  const std::string text = text_of(line.call);
  EXPECT_NE(text.find(R"("to":"bob")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("reply_to":"00")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(/a/b"])"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("json":true)"), std::string::npos) << text;
  EXPECT_EQ(text.find("data_dir"), std::string::npos) << text;
}

TEST(Call, TakesTheWorkingDirectoryFromItsCaller) {
  const auto file = [](const std::string& path, const char* folder) {
    CommandLine line;
    line.app().parse(std::vector<std::string>{path, "--file", "bob", "send"});
    return text_of(call_of(line, Options(), folder));
  };
  EXPECT_NE(file("a/b", "/work").find(R"(["/work/a/b"])"), std::string::npos) << file("a/b", "/work");
  EXPECT_NE(file("/a/b", "/work").find(R"(["/a/b"])"), std::string::npos);
  EXPECT_NE(file("a/b", "").find(R"(["a/b"])"), std::string::npos);
}

TEST(Call, RefusesWhatTheCommandLineWouldRefuse) {
  for (const auto& [method, params] :
       std::vector<std::pair<std::string, std::string>>{{"send", "{}"},
                                                        {"send", R"({"text":"x"})"},
                                                        {"send", R"({"to":"bob","text":"x","to ":1})"},
                                                        {"send", R"({"to":["bob"],"text":"x"})"},
                                                        {"send", R"({"to":"bob","text":true})"},
                                                        {"send", R"({"to":"bob","text":null})"},
                                                        {"send", R"({"to":"bob","lines":"yes"})"},
                                                        {"send", R"({"to":"bob","text":"x","lines":true})"},
                                                        {"send", R"({"to":"bob","file":"relative"})"},
                                                        {"send", R"({"to":"bob","data_dir":"/x","text":"x"})"},
                                                        {"send", R"({"to":"bob","text":"x","password_file":"/x"})"},
                                                        {"history", R"({"peer":"bob","limit":"many"})"},
                                                        {"history", R"({"peer":"bob","since":"noon"})"},
                                                        {"history", R"({"peer":"bob","since":7})"},
                                                        {"export", R"({"peers":["bob"]})"},
                                                        {"export", R"({"to":"relative"})"},
                                                        {"export", R"({"to":"/x","format":"pdf"})"},
                                                        {"conversations", R"({"peer":"bob"})"},
                                                        {"send", R"({"to":"bob","text":"x","wait":"sent"})"},
                                                        {"send", R"({"to":"bob","wait":"read","lines":true})"},
                                                        {"vote", R"({"id":"00"})"},
                                                        {"search", R"({"words":[]})"},
                                                        {"verify", R"({"peer":"bob","accept":true,"keep":true})"},
                                                        {"status", R"({"help":true})"},
                                                        {"status", R"({"timeout":0})"}}) {
    const Result<Options> options = read(method, params);
    ASSERT_FALSE(options.ok()) << method << params;
    EXPECT_EQ(options.code(), Code::kLocalUsage) << params;
    EXPECT_EQ(options.error().text.find('\n'), std::string::npos);
  }
  for (const char* method : {"", "shout", "group", "group.", ".send", "send.x", "group.create.x", "SEND"}) {
    EXPECT_EQ(read(method, "{}").code(), Code::kMalformed) << method;
  }
}

// Listeners that join and leave inside a call.
class Counting : public client::Listener {
 public:
  explicit Counting(std::function<void()> then = [] {}) : then_(std::move(then)) {}
  void on_group(const std::string&) override {
    ++count;
    then_();
  }
  int count = 0;

 private:
  std::function<void()> then_;
};

TEST(Listeners, MayJoinAndLeaveInsideACall) {
  client::Listeners all;
  Counting last, joins;
  Counting leaves([&] {
    all.leave(leaves);
    all.leave(last);
    all.join(joins);
  });
  all.join(leaves);
  all.join(last);
  all.on_group("a");
  EXPECT_EQ(leaves.count, 1);
  EXPECT_EQ(last.count, 0);
  EXPECT_EQ(joins.count, 0);
  all.on_group("b");
  EXPECT_EQ(leaves.count, 1);
  EXPECT_EQ(joins.count, 1);
}

}  // namespace
}  // namespace fastchat::cli
