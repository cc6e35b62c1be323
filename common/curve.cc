#include "common/curve.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <optional>

#include "common/pasted.h"
#include "common/random.h"
#include "common/try.h"
#include "common/write_all.h"

namespace fastchat {
namespace {

constexpr size_t kMaxFile = 256;

unsigned char* data_of(Bytes& b) {
  return reinterpret_cast<unsigned char*>(b.data());
}

Error disk(const std::string& path, const std::string& what) {
  return err(Code::kLocalDisk, path + ": " + what);
}
Error disk_errno(const std::string& path) {
  return disk(path, std::strerror(errno));
}

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

// Returns the bytes in the one line of a file; nullopt in the Result when there is no file.
Result<std::optional<Bytes>> read_line(const std::string& path, size_t size, bool secret) {
  Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) {
    if (errno == ENOENT) return std::optional<Bytes>();
    return disk_errno(path);
  }
  struct stat info {};
  if (fstat(file.fd, &info) != 0) return disk_errno(path);
  if (secret && (info.st_mode & 077) != 0) return disk(path, "is readable by others; run chmod 600 on it");
  char text[kMaxFile];
  const ssize_t got = read(file.fd, text, sizeof text);
  if (got < 0) return disk_errno(path);
  auto value = from_base64url(trimmed({text, static_cast<size_t>(got)}));
  sodium_memzero(text, sizeof text);
  if (!value || value->size() != size)
    return disk(path, "is not a line of " + std::to_string(size) + " bytes in base64url");
  return std::optional<Bytes>(std::move(*value));
}

Result<Bytes> read_existing(const std::string& path, size_t size, bool secret) {
  auto found = read_line(path, size, secret);
  if (!found) return found.error();
  if (!*found) return disk(path, "does not exist");
  return std::move(**found);
}

Result<> make_directory(const std::filesystem::path& directory) {
  if (directory.empty() || std::filesystem::exists(directory)) return Unit{};
  if (auto made = make_directory(directory.parent_path()); !made) return made;
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return disk_errno(directory.string());
  return Unit{};
}

// Writes a complete file beside `path` and links it into place: no torn file, and the first of several writers wins.
Result<> publish(const std::string& path, const Bytes& value) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  if (auto made = make_directory(directory); !made) return made;
  const std::string temporary = path + "." + to_hex(random_bytes(8));
  const std::string line = to_base64url(value) + "\n";
  {
    Descriptor file{open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.fd < 0) return disk_errno(temporary);
    if (!write_all(file.fd, line) || fsync(file.fd) != 0) {
      const Error error = disk_errno(temporary);
      unlink(temporary.c_str());
      return error;
    }
  }
  const bool linked = link(temporary.c_str(), path.c_str()) == 0;
  const int cause = errno;
  unlink(temporary.c_str());
  if (!linked && cause != EEXIST) return disk(path, std::strerror(cause));
  Descriptor folder{open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd >= 0) fsync(folder.fd);
  return Unit{};
}

Result<Bytes> load_or_create(const std::string& path, size_t size, bool secret, const Bytes& fresh) {
  auto found = read_line(path, size, secret);
  if (!found) return found.error();
  if (*found) return std::move(**found);
  FC_TRY(publish(path, fresh));
  return read_existing(path, size, secret);
}

Result<CurvePair> pair_from(Result<Bytes> secret) {
  if (!secret) return secret.error();
  return curve_pair_of(*secret);
}

Error bad_line(const std::string& what) {
  return err(Code::kMalformed, "not an invite line: " + what);
}

bool valid_host(std::string_view host, bool bracketed) {
  if (host.empty() || host.size() > 253) return false;
  for (char c : host) {
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    const bool word = hex || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
    if (bracketed ? !(hex || c == ':' || c == '.') : !word) return false;
  }
  return !bracketed || host.find(':') != host.npos;
}

// Splits "host:port" into `line`.
Result<> parse_authority(std::string_view text, InviteLine& line) {
  const bool bracketed = text.starts_with('[');
  const size_t host_end = bracketed ? text.find(']') : text.find(':');
  if (host_end == text.npos) return bad_line("no port");
  const std::string_view host = bracketed ? text.substr(1, host_end - 1) : text.substr(0, host_end);
  if (!valid_host(host, bracketed)) return bad_line("bad host");
  std::string_view port = text.substr(host_end + (bracketed ? 1 : 0));
  if (!port.starts_with(':')) return bad_line("no port");
  port.remove_prefix(1);
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), line.port);
  if (failed != std::errc() || end != port.data() + port.size() || line.port == 0 || port[0] == '0')
    return bad_line("bad port");
  line.host = host;
  return Unit{};
}

struct Parameter {
  std::string_view name;
  size_t size;  // bytes
  Bytes InviteLine::*target;
};
constexpr Parameter kParameters[] = {{"key", kCurveKeySize, &InviteLine::key},
                                     {"realm", kRealmSize, &InviteLine::realm},
                                     {"log", kLogKeySize, &InviteLine::log_key}};

// Splits "key=...&realm=...&log=..." into `line`.
Result<> parse_query(std::string_view text, InviteLine& line) {
  while (!text.empty()) {
    const size_t amp = text.find('&');
    const std::string_view item = text.substr(0, amp);
    text = amp == text.npos ? std::string_view() : text.substr(amp + 1);
    if (amp != item.npos && text.empty()) return bad_line("ends with '&'");
    const auto parameter = std::find_if(std::begin(kParameters), std::end(kParameters), [item](const Parameter& p) {
      return item.starts_with(p.name) && item.substr(p.name.size()).starts_with('=');
    });
    if (parameter == std::end(kParameters)) return bad_line("unknown parameter");
    Bytes& target = line.*parameter->target;
    if (!target.empty()) return bad_line("a parameter comes twice");
    const auto value = from_base64url(item.substr(parameter->name.size() + 1));
    if (!value || value->size() != parameter->size) return bad_line("bad " + std::string(parameter->name));
    target = *value;
  }
  if (line.key.empty()) return bad_line("no key");
  if (line.realm.empty()) return bad_line("no realm");
  return Unit{};
}

}  // namespace

CurvePair make_curve_pair() {
  static_assert(crypto_box_PUBLICKEYBYTES == kCurveKeySize && crypto_box_SECRETKEYBYTES == kCurveKeySize);
  return *curve_pair_of(random_bytes(kCurveKeySize));
}

Result<CurvePair> curve_pair_of(ByteView secret_key) {
  if (secret_key.size() != kCurveKeySize) return err(Code::kMalformed, "a CURVE key has 32 bytes");
  CurvePair pair{Bytes(kCurveKeySize, '\0'), Bytes(secret_key)};
  crypto_scalarmult_base(data_of(pair.public_key), data_of(pair.secret_key));
  return pair;
}

Result<CurvePair> load_curve_pair(const std::string& path) {
  return pair_from(read_existing(path, kCurveKeySize, true));
}

Result<CurvePair> load_or_create_curve_pair(const std::string& path) {
  return pair_from(load_or_create(path, kCurveKeySize, true, random_bytes(kCurveKeySize)));
}

Result<Bytes> load_realm(const std::string& path) {
  return read_existing(path, kRealmSize, false);
}

Result<Bytes> load_or_create_realm(const std::string& path) {
  return load_or_create(path, kRealmSize, false, random_bytes(kRealmSize));
}

Result<std::optional<LogKeyPair>> find_log_key(const std::string& path) {
  auto secret = read_line(path, kLogKeySize, true);
  if (!secret) return secret.error();
  if (!*secret) return std::optional<LogKeyPair>();
  auto pair = log_key_of(**secret);
  if (!pair) return pair.error();
  return std::optional<LogKeyPair>(std::move(*pair));
}

Result<LogKeyPair> load_or_create_log_key(const std::string& path) {
  const auto secret = load_or_create(path, kLogKeySize, true, make_log_key().secret);
  if (!secret) return secret.error();
  return log_key_of(*secret);
}

Result<Bytes> load_public_key(const std::string& path) {
  return read_existing(path, kCurveKeySize, false);
}

std::string InviteLine::endpoint() const {
  const bool v6 = host.find(':') != host.npos;
  return "tcp://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<InviteLine> parse_invite_line(std::string_view text) {
  constexpr std::string_view kScheme = "fastchat://";
  const std::string line_alone = unwrapped(text);
  text = line_alone;
  if (text.size() > 512) return bad_line("too long");
  if (!text.starts_with(kScheme)) return bad_line("it begins with fastchat://");
  text.remove_prefix(kScheme.size());
  const size_t slash = text.find("/?");
  if (slash == text.npos) return bad_line("no parameters");
  InviteLine line;
  FC_TRY(parse_authority(text.substr(0, slash), line));
  FC_TRY(parse_query(text.substr(slash + 2), line));
  return line;
}

std::string format_invite_line(const InviteLine& line) {
  return "fastchat" + line.endpoint().substr(3) + "/?key=" + to_base64url(line.key) +
         "&realm=" + to_base64url(line.realm) + (line.log_key.empty() ? "" : "&log=" + to_base64url(line.log_key));
}

}  // namespace fastchat
