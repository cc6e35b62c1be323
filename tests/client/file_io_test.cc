// The disk's side of a transfer. Data that is read is sealed and hashed once; a written file is checked before it gets
// its name. Hostile names, changes during a transfer, full disks and cut-off parts.
#include "client/files/file_io.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "client/files/media_type.h"
#include "client/messages/file_secrets.h"
#include "tests/common/temporary.h"

namespace fastchat::client {
namespace {

namespace fs = std::filesystem;
using e2e::kFileChunk;

std::string content(size_t size) {
  std::string out(size, '\0');
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 7 + i / 251);
  return out;
}

class FileIo : public testing::Test {
 protected:
  std::string write_source(const std::string& bytes) {
    const std::string path = dir_ / "source";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  FileSeal seal(uint64_t size) { return {Bytes(16, 'f'), e2e::Secret::copy_of(Bytes(32, 'k')), size}; }
  // Returns a reader of a new file with these bytes.
  std::unique_ptr<FileReader> reader(const std::string& bytes) {
    const std::string path = write_source(bytes);
    std::string head;
    auto stamp = FileReader::look(path, &head);
    EXPECT_TRUE(stamp.ok());
    auto r = FileReader::open(path, *stamp, seal(bytes.size()));
    EXPECT_TRUE(r.ok());
    return std::move(*r);
  }
  std::string downloads() const { return dir_ / "downloads"; }
  Result<std::unique_ptr<FileWriter>> writer(uint64_t size) {
    return FileWriter::open(downloads(), ".part", seal(size));
  }
  // Carries a whole file through reader and writer; returns its new path.
  Result<std::string> carry(const std::string& bytes, const std::string& name) {
    auto r = reader(bytes);
    auto w = writer(bytes.size());
    if (!w.ok()) return w.error();
    for (uint32_t i = (*w)->next(); i < *e2e::chunk_count(bytes.size()); ++i) {
      auto box = r->sealed(i);
      if (!box.ok()) return box.error();
      if (auto done = (*w)->write(i, *box); !done.ok()) return done.error();
    }
    auto digest = r->digest();
    if (!digest.ok()) return digest.error();
    return (*w)->finish(*digest, name);
  }

  test::Temporary dir_;
};

TEST_F(FileIo, CarriesFilesOfEverySizeAroundAChunk) {
  for (const size_t size : {size_t{0}, size_t{1}, kFileChunk - 1, kFileChunk, kFileChunk + 1, 3 * kFileChunk}) {
    const std::string bytes = content(size);
    auto path = carry(bytes, std::to_string(size));
    ASSERT_TRUE(path.ok()) << path.error().text;
    EXPECT_EQ(test::read_file(*path), bytes);
  }
}

TEST_F(FileIo, NeverWritesOverAFileThatIsThere) {
  EXPECT_EQ(*carry("one", "a.txt"), downloads() + "/a.txt");
  EXPECT_EQ(*carry("two", "a.txt"), downloads() + "/a (2).txt");
  EXPECT_EQ(test::read_file(downloads() + "/a.txt"), "one");
  fs::create_symlink("/nonexistent", downloads() + "/link");
  EXPECT_EQ(*carry("three", "link"), downloads() + "/link (2)") << "nor through a link";
}

TEST_F(FileIo, HostileNamesStayInTheFolder) {
  const std::vector<std::string> names = {
      "../../.bashrc",        "/etc/passwd", "..",      ".",        "-rf",         std::string(255, 'x'),
      "a\xe2\x80\xaetxt.exe", "a\nb\x1b[2J", ".hidden", "\xff\xfe", "con/../../x", std::string("a\0b", 3)};
  for (const std::string& name : names) {
    auto path = carry("x", name);
    ASSERT_TRUE(path.ok()) << name << ": " << path.error().text;
    EXPECT_EQ(fs::path(*path).parent_path(), downloads()) << name;
    const std::string last = fs::path(*path).filename();
    EXPECT_NE(last[0], '.') << name;
    EXPECT_NE(last[0], '-') << name;
    for (const char c : last) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << name;
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(downloads()), fs::directory_iterator()),
            static_cast<ptrdiff_t>(names.size()));
}

TEST_F(FileIo, AFileThatChangesWhileItIsReadIsNotSent) {
  auto r = reader(content(3 * kFileChunk));
  ASSERT_TRUE(r->sealed(0).ok());
  std::ofstream(dir_ / "source", std::ios::app) << "more";
  const auto next = r->sealed(1);
  EXPECT_EQ(next.code(), Code::kLocalUsage);
  EXPECT_NE(next.error().text.find("changed"), std::string::npos);
  EXPECT_FALSE(r->digest().ok());
}

TEST_F(FileIo, AFileThatWasCutOffOrReplacedIsNotSent) {
  const std::string path = write_source(content(2 * kFileChunk));
  std::string head;
  const auto stamp = FileReader::look(path, &head);
  fs::resize_file(path, kFileChunk);
  EXPECT_FALSE(FileReader::open(path, *stamp, seal(2 * kFileChunk)).ok());
  fs::remove(path);
  write_source(content(2 * kFileChunk));
  EXPECT_FALSE(FileReader::open(path, *stamp, seal(2 * kFileChunk)).ok());
}

TEST_F(FileIo, OnlyRegularFilesAreSent) {
  std::string head;
  EXPECT_EQ(FileReader::look(dir_ / "", &head).code(), Code::kLocalUsage);
  EXPECT_EQ(FileReader::look(dir_ / "none", &head).code(), Code::kLocalUsage);
  const std::string pipe = dir_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(FileReader::look(pipe, &head).code(), Code::kLocalUsage) << "and nobody waits for its other end";
}

TEST_F(FileIo, AnUploadThatGoesOnHashesWhatItDoesNotSendAgain) {
  const std::string bytes = content(4 * kFileChunk);
  const Bytes expected = e2e::sha256(bytes);
  auto whole = reader(bytes);
  for (uint32_t i = 0; i < 4; ++i) ASSERT_TRUE(whole->sealed(i).ok());
  EXPECT_EQ(*whole->digest(), expected);
  auto rest = reader(bytes);
  ASSERT_TRUE(rest->sealed(2).ok());
  ASSERT_TRUE(rest->sealed(1).ok()) << "the server said that it has less";
  EXPECT_EQ(*rest->digest(), expected);
  EXPECT_EQ(*reader(bytes)->digest(), expected) << "nothing to send any more";
}

TEST_F(FileIo, ADownloadGoesOnWithItsWholeChunks) {
  const std::string bytes = content(3 * kFileChunk + 10);
  auto r = reader(bytes);
  {
    auto w = writer(bytes.size());
    for (uint32_t i = 0; i < 2; ++i) ASSERT_TRUE((*w)->write(i, *r->sealed(i)).ok());
  }
  std::ofstream(downloads() + "/.part", std::ios::app) << "half a chunk";
  auto w = writer(bytes.size());
  EXPECT_EQ((*w)->next(), 2u);
  for (uint32_t i = 1; i < 4; ++i) ASSERT_TRUE((*w)->write(i, *r->sealed(i)).ok()) << "one that is there is no harm";
  EXPECT_EQ(test::read_file(*(*w)->finish(e2e::sha256(bytes), "x")), bytes);
}

TEST_F(FileIo, AFileThatIsInItsPlaceAlreadyIsFoundThere) {
  const std::string bytes = content(kFileChunk + 10);
  const Bytes digest = e2e::sha256(bytes);
  std::filesystem::create_directories(downloads());
  std::ofstream(downloads() + "/x.bin") << std::string(bytes.size(), 'o');
  const auto found = [&] { return FileWriter::finished(downloads(), ".part", bytes.size(), digest, "x.bin"); };
  EXPECT_FALSE(found());
  auto r = reader(bytes);
  std::string path;
  {
    auto w = writer(bytes.size());
    EXPECT_FALSE(found()) << "it is being fetched";
    for (uint32_t i = 0; i < 2; ++i) ASSERT_TRUE((*w)->write(i, *r->sealed(i)).ok());
    path = *(*w)->finish(digest, "x.bin");
  }
  EXPECT_EQ(path, downloads() + "/x (2).bin");
  EXPECT_EQ(found(), path);
}

TEST_F(FileIo, AChunkThatIsNotTheOneIsRefused) {
  const std::string bytes = content(2 * kFileChunk);
  auto r = reader(bytes);
  auto w = writer(bytes.size());
  Bytes box = *r->sealed(0);
  EXPECT_EQ((*w)->write(0, *r->sealed(1)).code(), Code::kLocalCrypto) << "another place";
  box[1000] = static_cast<char>(box[1000] ^ 1);
  EXPECT_EQ((*w)->write(0, box).code(), Code::kLocalCrypto);
  EXPECT_EQ((*w)->write(0, "short").code(), Code::kLocalCrypto);
  EXPECT_EQ((*w)->next(), 0u);
}

TEST_F(FileIo, AFileWithAnotherDigestGetsNoName) {
  auto r = reader("hello");
  auto w = writer(5);
  ASSERT_TRUE((*w)->write(0, *r->sealed(0)).ok());
  EXPECT_EQ((*w)->finish(Bytes(32, 'd'), "x").code(), Code::kLocalCrypto);
  EXPECT_TRUE(fs::is_empty(downloads()));
}

// A limit on file sizes stands for a full disk, because it needs no privilege and no mount.
TEST_F(FileIo, AFullDiskIsSaidInOneLineAndTheRestGoesOnLater) {
  ASSERT_NE(std::signal(SIGXFSZ, SIG_IGN), SIG_ERR);
  const std::string bytes = content(4 * kFileChunk);
  auto r = reader(bytes);
  auto w = writer(bytes.size());
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 2 * kFileChunk + 100;
  setrlimit(RLIMIT_FSIZE, &small);
  ASSERT_TRUE((*w)->write(0, *r->sealed(0)).ok());
  ASSERT_TRUE((*w)->write(1, *r->sealed(1)).ok());
  const auto full = (*w)->write(2, *r->sealed(2));
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(full.code(), Code::kLocalDisk);
  EXPECT_NE(full.error().text.find("no room"), std::string::npos);
  auto again = writer(bytes.size());
  ASSERT_EQ((*again)->next(), 2u);
  for (uint32_t i = 2; i < 4; ++i) ASSERT_TRUE((*again)->write(i, *r->sealed(i)).ok());
  EXPECT_EQ(test::read_file(*(*again)->finish(e2e::sha256(bytes), "x")), bytes);
}

TEST(MediaType, ComesFromTheFirstBytesThenFromTheName) {
  EXPECT_EQ(media_type("x.txt", "\x89PNG\r\n\x1a\n...."), "image/png");
  EXPECT_EQ(media_type("x.jpeg", "\xff\xd8\xff\xe0"), "image/jpeg");
  EXPECT_EQ(media_type("notes.TXT", "hello\n"), "text/plain");
  EXPECT_EQ(media_type("README", "gr\xc3\xbc\xc3"), "text/plain") << "cut inside a character";
  EXPECT_EQ(media_type("x.md", "# hello"), "text/markdown");
  EXPECT_EQ(media_type("x.md", "# hello\xff?p"), "application/octet-stream") << "no character begins like that";
  EXPECT_EQ(media_type("x.md", "# hello\xe2?"), "application/octet-stream") << "nor goes on like that";
  EXPECT_EQ(media_type("x.md", "# hello\xe2\x82"), "text/markdown") << "a euro sign without its end";
  EXPECT_EQ(media_type("x.txt", std::string_view("\0\1\2", 3)), "application/octet-stream");
  EXPECT_EQ(media_type("x.docx", "PK\x03\x04...."),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
  EXPECT_EQ(media_type("x.md", "PK\x03\x04...."), "application/zip");
  EXPECT_EQ(media_type("", ""), "text/plain");
}

TEST(FileRecords, AreReadAsTheyWereWritten) {
  e2e::FileInfo info;
  info.file_id = Bytes(16, 'f');
  info.key = e2e::Secret::copy_of(Bytes(32, 'k'));
  info.sha256 = Bytes(32, 's');
  info.size = 12345;
  info.name = "a.png";
  info.media_type = "image/png";
  const auto back = unpack_info(pack(info).view());
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->name, "a.png");
  EXPECT_EQ(back->size, 12345u);
  EXPECT_EQ(back->key.view(), Bytes(32, 'k'));
  EXPECT_FALSE(back->reply_to.has_value());
  info.reply_to = e2e::MessageId{Bytes(32, 'a'), Bytes(16, 'b'), 7};
  EXPECT_EQ(unpack_info(pack(info).view())->reply_to, info.reply_to);
  EXPECT_FALSE(unpack_info(pack(info).view().substr(1)).has_value());
  EXPECT_FALSE(unpack_info("").has_value());
  EXPECT_FALSE(unpack_upload(Bytes(4, '\xff')).has_value());
  const auto upload = unpack_upload(
      pack(UploadSecret{e2e::Secret::copy_of(Bytes(32, 'k')), "/a/b", "b", "text/plain", info.reply_to}).view());
  ASSERT_TRUE(upload.has_value());
  EXPECT_EQ(upload->media_type, "text/plain");
  EXPECT_EQ(upload->reply_to, info.reply_to);
}

TEST(FileRecords, OfAnOlderVersionAreRead) {
  Bytes upload, file;
  for (const Bytes& part : {Bytes(32, 'k'), Bytes("/a/b"), Bytes("b"), Bytes("text/plain")}) e2e::put_lp(upload, part);
  const auto first = unpack_upload(upload);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->path, "/a/b");
  EXPECT_FALSE(first->reply_to.has_value());
  for (const Bytes& part : {Bytes(16, 'f'), Bytes(32, 'k'), Bytes(32, 's'), Bytes(8, '\0'), Bytes("n"), Bytes("t")}) {
    e2e::put_lp(file, part);
  }
  const auto second = unpack_info(file);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->media_type, "t");
  EXPECT_FALSE(second->reply_to.has_value());
}

}  // namespace
}  // namespace fastchat::client
