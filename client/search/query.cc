#include "client/search/query.h"

#include <algorithm>

#include "client/runtime/moment.h"
#include "common/try.h"

namespace fastchat::client {
namespace {

constexpr std::string_view kSchemes[] = {"http://", "https://", "ftp://", "gemini://",
                                         "mailto:", "xmpp:",    "geo:",   "matrix:"};

Error wrong(const std::string& text) {
  return err(Code::kLocalUsage, text);
}

// Returns the length of the operator that a word begins with, its colon included: 5 for "from:bob". Returns 0 for no
// operator: the word may begin with an address or a time.
size_t operator_size(std::string_view word) {
  size_t letters = 0;
  while (letters < word.size() && ((word[letters] | 0x20) >= 'a' && (word[letters] | 0x20) <= 'z')) ++letters;
  if (letters < 2 || letters == word.size() || word[letters] != ':') return 0;
  return word.substr(letters + 1).starts_with("//") ? 0 : letters + 1;
}

Result<> once(bool given, const std::string& name) {
  if (given) return wrong(name + " stands twice.");
  return Unit{};
}

Result<> add_from(SearchQuery& query, const std::string& name, const std::string& value) {
  FC_TRY(once(query.mine || !query.from.empty(), name));
  if (value.empty() || PeerName(value).is_group()) return wrong(name + " needs a person, as in from:bob or from:me");
  query.mine = value == "me";
  if (!query.mine) query.from = value;
  return Unit{};
}

Result<> add_in(SearchQuery& query, const std::string& name, const std::string& value) {
  FC_TRY(once(!query.in.empty(), name));
  const PeerName peer(value);
  if (peer.empty() || (peer.is_group() && peer.group().empty())) {
    return wrong(name + " needs a conversation, as in in:bob or in:#team");
  }
  query.in = peer;
  return Unit{};
}

Result<> add_has(SearchQuery& query, const std::string& name, const std::string& value) {
  if (value != "file" && value != "link") return wrong(name + " takes file or link: has:file, has:link");
  (value == "file" ? query.file : query.link) = true;
  return Unit{};
}

Result<> add_moment(int64_t& to, const std::string& name, const std::string& value, int64_t now_ms) {
  FC_TRY(once(to != 0, name));
  const auto moment = read_moment(value, now_ms);
  if (!moment) return wrong(name + " needs a day or a time, as in " + name + "2026-01-31 or " + name + "2h");
  to = *moment;
  return Unit{};
}

Result<> add_operator(SearchQuery& query, std::string name, const std::string& value, int64_t now_ms) {
  for (char& letter : name) letter = static_cast<char>(letter == ':' ? ':' : letter | 0x20);
  if (name == "from:") return add_from(query, name, value);
  if (name == "in:") return add_in(query, name, value);
  if (name == "has:") return add_has(query, name, value);
  if (name == "after:") return add_moment(query.from_ms, name, value, now_ms);
  if (name == "before:") return add_moment(query.until_ms, name, value, now_ms);
  return wrong("There is no " + name + " in a search. Quotation marks search for the text: \"" + name + value + "\"");
}

Result<> add_word(SearchQuery& query, const std::string& word, int64_t now_ms) {
  const bool marked = word.starts_with('"');
  if (marked && (word.size() == 1 || !word.ends_with('"'))) {
    return wrong("A phrase needs a quotation mark at its end: " + word);
  }
  const std::string phrase = marked ? word.substr(1, word.size() - 2) : word;
  if (phrase.find_first_not_of(' ') == std::string::npos) return wrong("A phrase needs at least one word.");
  const size_t size = marked || word.find(' ') != std::string::npos ? 0 : operator_size(word);
  // An unknown name with nothing behind its colon, such as "todo:", is a word.
  const bool alone = size == word.size() && word != "from:" && word != "in:" && word != "has:" && word != "before:" &&
                     word != "after:";
  if (size > 0 && !alone) return add_operator(query, word.substr(0, size), word.substr(size), now_ms);
  query.texts.push_back(phrase);
  return Unit{};
}

}  // namespace

std::vector<std::string> search_words(std::string_view line) {
  std::vector<std::string> out;
  for (size_t at = line.find_first_not_of(' '); at < line.size(); at = line.find_first_not_of(' ', at)) {
    size_t end = line.find(' ', at);
    if (line[at] == '"') {
      const size_t mark = line.find('"', at + 1);
      end = mark == std::string_view::npos ? mark : mark + 1;
    }
    end = std::min(end, line.size());
    out.emplace_back(line.substr(at, end - at));
    at = end;
  }
  return out;
}

Result<SearchQuery> parse_search(const std::vector<std::string>& words, int64_t now_ms) {
  SearchQuery query;
  for (const std::string& word : words) FC_TRY(add_word(query, word, now_ms));
  if (query.until_ms != 0 && query.from_ms != 0 && query.from_ms >= query.until_ms) {
    return wrong("after: must name an earlier time than before: does.");
  }
  return query;
}

bool holds_link(std::string_view folded) {
  return std::any_of(std::begin(kSchemes), std::end(kSchemes), [&](std::string_view scheme) {
    const size_t at = folded.find(scheme);
    return at != std::string_view::npos && at + scheme.size() < folded.size() && folded[at + scheme.size()] != ' ';
  });
}

}  // namespace fastchat::client
