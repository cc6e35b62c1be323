#include "client/files/media_type.h"

#include <algorithm>
#include <cstddef>

#include "common/bytes.h"

namespace fastchat::client {
namespace {

using namespace std::string_view_literals;

struct Magic {
  size_t offset;
  std::string_view bytes;
  const char* type;
};
constexpr Magic kMagic[] = {
    {0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    {0, "\xff\xd8\xff"sv, "image/jpeg"},
    {0, "GIF8"sv, "image/gif"},
    {8, "WEBP"sv, "image/webp"},
    {0, "BM"sv, "image/bmp"},
    {0, "%PDF-"sv, "application/pdf"},
    {0, "PK\x03\x04"sv, "application/zip"},
    {0, "\x1f\x8b"sv, "application/gzip"},
    {0, "\xfd\x37zXZ\0"sv, "application/x-xz"},
    {0, "\x28\xb5\x2f\xfd"sv, "application/zstd"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "application/x-7z-compressed"},
    {4, "ftyp"sv, "video/mp4"},
    {0, "\x1a\x45\xdf\xa3"sv, "video/webm"},
    {0, "OggS"sv, "audio/ogg"},
    {0, "ID3"sv, "audio/mpeg"},
    {0, "fLaC"sv, "audio/flac"},
    {0,
     "\x7f"
     "ELF"sv,
     "application/x-executable"},
};

struct Extension {
  std::string_view ending;
  const char* type;
  bool zipped = false;  // a zip archive by its first bytes
};
// Media types by extension, for files whose first bytes give no type or a less exact one.
constexpr Extension kExtensions[] = {
    {"txt", "text/plain"},
    {"md", "text/markdown"},
    {"csv", "text/csv"},
    {"json", "application/json"},
    {"svg", "image/svg+xml"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", true},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", true},
    {"odt", "application/vnd.oasis.opendocument.text", true},
    {"tar", "application/x-tar"},
    {"mp3", "audio/mpeg"},
};

std::string ending_of(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return "";
  std::string ending(name.substr(dot + 1));
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return ending;
}

// Returns the bytes of the multi-byte character that begins with `lead`; 0 when `lead` begins none.
size_t character_size(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 && byte <= 0xef ? 3 : byte >= 0xc2 && byte <= 0xdf ? 2 : 0;
}

// Returns true when the head is text. The head may end inside a character.
bool is_text(std::string_view head) {
  const auto plain = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t';
  };
  if (!std::all_of(head.begin(), head.end(), plain)) return false;
  if (valid_utf8(head)) return true;
  for (size_t cut = 1; cut < 4 && cut <= head.size(); ++cut) {
    const std::string_view tail = head.substr(head.size() - cut);
    const bool begun = cut < character_size(tail[0]) &&
                       std::all_of(tail.begin() + 1, tail.end(), [](char c) { return (c & 0xc0) == 0x80; });
    if (begun) return valid_utf8(head.substr(0, head.size() - cut));
  }
  return false;
}

}  // namespace

std::string media_type(std::string_view name, std::string_view head) {
  const std::string ending = ending_of(name);
  const char *by_name = nullptr, *by_name_zipped = nullptr;
  for (const auto& e : kExtensions) {
    if (e.ending != ending) continue;
    by_name = e.type;
    if (e.zipped) by_name_zipped = e.type;
  }
  for (const auto& m : kMagic) {
    if (head.size() < m.offset + m.bytes.size() || head.substr(m.offset, m.bytes.size()) != m.bytes) continue;
    const bool container = std::string_view(m.type) == "application/zip";
    return container && by_name_zipped != nullptr ? by_name_zipped : m.type;
  }
  const bool text = is_text(head);
  if (by_name != nullptr && (text || std::string_view(by_name).substr(0, 5) != "text/")) return by_name;
  return text ? "text/plain" : "application/octet-stream";
}

}  // namespace fastchat::client
