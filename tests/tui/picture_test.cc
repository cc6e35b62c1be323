// Pictures: the child's output is parsed without trust. The decoders refuse by size before they decode.
#include <gmock/gmock.h>
#include <png.h>
#include <turbojpeg.h>

#include <sys/stat.h>

#include <array>
#include <clocale>
#include <filesystem>
#include <fstream>

#include "client/tui/pages/local_file_reader.h"
#include "client/tui/pages/view_page.h"
#include "client/tui/picture/cells.h"
#include "client/tui/picture/decode.h"
#include "client/tui/picture/draw.h"
#include "client/tui/picture/exif.h"
#include "client/tui/picture/pack.h"
#include "client/tui/picture/palette.h"
#include "client/tui/picture/scale.h"
#include "client/tui/terminal/picture_graphic.h"
#include "common/clock.h"
#include "tests/common/temporary.h"
#include "tests/tui/pages.h"

namespace fastchat::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string png_of(uint32_t width, uint32_t height, std::vector<uint8_t> rgba) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = PNG_FORMAT_RGBA;
  png_alloc_size_t size = 0;
  png_image_write_get_memory_size(image, size, 0, rgba.data(), 0, nullptr);
  std::string out(size, '\0');
  png_image_write_to_memory(&image, out.data(), &size, 0, rgba.data(), 0, nullptr);
  return out;
}

std::vector<uint8_t> filled(uint32_t width, uint32_t height, std::array<uint8_t, 4> colour) {
  std::vector<uint8_t> out;
  for (uint32_t i = 0; i < width * height; ++i) out.insert(out.end(), colour.begin(), colour.end());
  return out;
}

// Sets the width and height in a PNG's header, and corrects the checksum.
void set_png_size(std::string& png, uint32_t width, uint32_t height) {
  const auto put = [&](size_t at, uint32_t v) {
    for (size_t i = 0; i < 4; ++i) png[at + i] = static_cast<char>(v >> (24 - 8 * i));
  };
  put(16, width);
  put(20, height);
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t i = 12; i < 29; ++i) {
    crc ^= static_cast<uint8_t>(png[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
  }
  put(29, ~crc);
}

TEST(Picture, PngAndJpegBecomePixels) {
  const auto png = tui::decode_picture(png_of(3, 2, filled(3, 2, {255, 0, 0, 255})));
  ASSERT_TRUE(png.ok()) << png.error().text;
  EXPECT_EQ(png->width, 3u);
  EXPECT_EQ(png->height, 2u);
  EXPECT_THAT(std::vector<int>(png->rgba.begin(), png->rgba.begin() + 4), ElementsAre(255, 0, 0, 255));

  const auto pixels = filled(16, 8, {0, 0, 255, 255});
  unsigned char* jpeg = nullptr;
  unsigned long size = 0;
  const tjhandle encoder = tjInitCompress();
  ASSERT_EQ(tjCompress2(encoder, pixels.data(), 16, 0, 8, TJPF_RGBA, &jpeg, &size, TJSAMP_444, 90, 0), 0);
  const auto decoded = tui::decode_picture({reinterpret_cast<char*>(jpeg), size});
  tjFree(jpeg);
  tjDestroy(encoder);
  ASSERT_TRUE(decoded.ok()) << decoded.error().text;
  EXPECT_EQ(decoded->width, 16u);
  EXPECT_GT(decoded->rgba[2], 200);
}

std::string picture_file(const std::string& name) {
  return read_file(std::string(FC_TEST_PICTURES) + "/" + name);
}

// Returns a part of a JPEG with its marker and length.
std::string part_of(char marker, const std::string& content) {
  const size_t length = content.size() + 2;
  return std::string("\xff") + marker + static_cast<char>(length >> 8) + static_cast<char>(length & 0xff) + content;
}

std::string exif_part(int orientation, bool big_endian) {
  const auto number = [&](uint32_t value, int size) {
    std::string out;
    for (int i = 0; i < size; ++i) {
      out += static_cast<char>(value >> 8 * (big_endian ? size - 1 - i : i));
    }
    return out;
  };
  const std::string other = number(0x0100, 2) + number(3, 2) + number(1, 4) + number(16, 2) + number(0, 2);
  const std::string entry =
      number(0x0112, 2) + number(3, 2) + number(1, 4) + number(static_cast<uint32_t>(orientation), 2) + number(0, 2);
  const std::string tiff = std::string(big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) + number(2, 2) + other +
                           entry + number(0, 4);
  return part_of('\xe1', std::string("Exif\0\0", 6) + tiff);
}

// Returns a JPEG of 16 x 8: red and green above, blue and white below.
std::string four_colours() {
  std::vector<uint8_t> pixels;
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 16; ++x) {
      const bool left = x < 8, top = y < 4;
      const uint8_t rest = !left && !top ? 255 : 0;
      pixels.insert(pixels.end(),
                    {static_cast<uint8_t>(left && top ? 255 : rest), static_cast<uint8_t>(!left && top ? 255 : rest),
                     static_cast<uint8_t>(left && !top ? 255 : rest), 255});
    }
  }
  unsigned char* jpeg = nullptr;
  unsigned long size = 0;
  const tjhandle encoder = tjInitCompress();
  FC_CHECK(tjCompress2(encoder, pixels.data(), 16, 0, 8, TJPF_RGBA, &jpeg, &size, TJSAMP_444, 95, 0) == 0);
  std::string out(reinterpret_cast<char*>(jpeg), size);
  tjFree(jpeg);
  tjDestroy(encoder);
  return out;
}

// Returns the colours of the corners, in reading order.
std::string corners_of(const tui::Pixels& p) {
  std::string out;
  for (const auto& [x, y] : {std::pair{1u, 1u}, {p.width - 2, 1u}, {1u, p.height - 2}, {p.width - 2, p.height - 2}}) {
    const uint8_t* at = &p.rgba[4 * (size_t{y} * p.width + x)];
    const bool red = at[0] > 128, green = at[1] > 128, blue = at[2] > 128;
    out += red && green && blue ? 'W' : red ? 'R' : green ? 'G' : blue ? 'B' : '?';
  }
  return out;
}

TEST(Picture, AJpegStandsAsTheCameraWasHeld) {
  const std::string plain = four_colours(), begin = plain.substr(0, 2), rest = plain.substr(2);
  // The corners when the stored picture is turned and mirrored as TIFF 6.0 defines.
  const char* const kCorners[] = {"RGBW", "GRWB", "WBGR", "BWRG", "RBGW", "BRWG", "WGBR", "GWRB"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big_endian : {false, true}) {
      const std::string part = exif_part(orientation, big_endian);
      // Before APP0, which every encoder writes first, and behind it.
      const size_t app0 = 2 + 2 + (static_cast<uint8_t>(plain[4]) << 8 | static_cast<uint8_t>(plain[5]));
      for (const std::string& file : {begin + part + rest, plain.substr(0, app0) + part + plain.substr(app0)}) {
        const auto picture = tui::decode_picture(file);
        ASSERT_TRUE(picture.ok());
        EXPECT_EQ(corners_of(*picture), kCorners[orientation - 1]) << orientation << big_endian;
        EXPECT_EQ(picture->width, orientation < 5 ? 16u : 8u);
        EXPECT_EQ(picture->height, orientation < 5 ? 8u : 16u);
      }
    }
  }
  for (const int nonsense : {0, 9, 65535}) {
    EXPECT_EQ(tui::exif_orientation(begin + exif_part(nonsense, false) + rest), 1);
  }
  const std::string whole = begin + exif_part(6, true) + rest;
  for (size_t length = 0; length < 60; ++length) {
    const int told = tui::exif_orientation(whole.substr(0, length));
    EXPECT_TRUE(told == 1 || told == 6);
  }
}

TEST(Picture, InksAreMixedToTheColoursOfTheScreen) {
  const auto base = tui::decode_picture(picture_file("base.jpg"));
  ASSERT_TRUE(base.ok());
  for (const char* name : {"cmyk.jpg", "cmyk_noadobe.jpg", "cmyk_prog.jpg"}) {
    const auto picture = tui::decode_picture(picture_file(name));
    ASSERT_TRUE(picture.ok()) << name << ": " << picture.error().text;
    ASSERT_EQ(picture->rgba.size(), base->rgba.size()) << name;
    EXPECT_EQ(corners_of(*picture), corners_of(*base)) << name;
    int64_t difference = 0;
    for (size_t i = 0; i < base->rgba.size(); ++i) difference += std::abs(int{picture->rgba[i]} - int{base->rgba[i]});
    EXPECT_LT(difference / static_cast<int64_t>(base->rgba.size()), 16) << name;
  }
}

TEST(Picture, ABombIsRefusedByItsHeader) {
  std::string bomb = png_of(1, 1, filled(1, 1, {0, 0, 0, 255}));
  set_png_size(bomb, 50'000, 50'000);
  const auto refused = tui::decode_picture(bomb);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.code(), Code::kTooLarge);
  EXPECT_THAT(refused.error().text, HasSubstr("50000x50000"));
  set_png_size(bomb, 100, 100);
  EXPECT_EQ(tui::decode_picture(bomb).code(), Code::kMalformed) << "the header lies";
  EXPECT_FALSE(tui::decode_picture("\x89PNG\r\n\x1a\n").ok());
  EXPECT_FALSE(tui::decode_picture("\xff\xd8\xff").ok());
  EXPECT_FALSE(tui::decode_picture("GIF89a").ok());
}

TEST(Picture, IsDrawnInItsColoursAndProportions) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  tui::Pixels red{40, 20, filled(40, 20, {255, 0, 0, 255})};
  const auto grid = tui::draw_picture(red, 20, 20, 256);
  EXPECT_EQ(grid.columns, 20);
  EXPECT_EQ(grid.rows, 5) << "twice as wide as high, and a cell is twice as high as wide";
  for (const auto& cell : grid.cells) EXPECT_TRUE(cell.front == 196 || cell.back == 196);
  tui::Pixels own{40, 20, filled(40, 20, {250, 3, 129, 255})};
  for (const auto& cell : tui::draw_picture(own, 20, 20, tui::kExactColours).cells) {
    EXPECT_TRUE(cell.front == tui::exact_colour(0xFA0381) || cell.back == tui::exact_colour(0xFA0381));
  }
  tui::Pixels clear{40, 20, filled(40, 20, {0, 0, 0, 0})};
  for (const auto& cell : tui::draw_picture(clear, 20, 20, tui::kExactColours).cells) EXPECT_EQ(cell.back, -1);
  const auto plain = tui::draw_picture(red, 20, 20, 0);
  for (const auto& cell : plain.cells) EXPECT_EQ(cell.front, -1);
}

TEST(PictureCells, ReadBackAndNothingElseDoes) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  tui::CellGrid grid{2, 1, {{U'▀', 196, -1}, {U' ', tui::exact_colour(0xFFFFFF), tui::exact_colour(0)}}};
  const std::string text = tui::encode_cells(grid);
  const auto back = tui::parse_cells(text);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->cells, grid.cells);
  EXPECT_EQ(tui::width_of(tui::rows_of(*back)[0]), 2);
  const std::string cell = "41:1:1 ";
  for (const std::string& bad :
       std::vector<std::string>{std::string(), text + "x", text.substr(0, text.size() - 1), "0 1\n\n", "301 1\n",
                                "1 1\n1b:1:1 \n", "1 1\n9b:1:1 \n", "1 1\n202e:1:1 \n", "1 1\n6f22:1:1 \n",
                                "1 1\n41:256:1 \n", "1 1\n41:16777215:1 \n", "1 1\n41:33554432:1 \n", "1 1\n41:1:-2 \n",
                                "1 1\n" + cell + cell + "\n", "1 1\n41:1:1\n", "1 1\nzz:1:1 \n", "99999999999 1\n"}) {
    EXPECT_FALSE(tui::parse_cells(bad).ok()) << bad;
  }
}

tui::Graphic graphic(tui::PictureMode mode) {
  tui::Graphic out;
  out.mode = mode;
  out.columns = 2;
  out.rows = 1;
  out.width = 20;
  out.height = 18;
  out.depth = 3;
  out.data = "QUJD";
  if (mode == tui::PictureMode::kSixel) {
    out.palette = {{1, 2, 3}, {10, 0, 255}};
    out.data = std::string(359, '\1') + "\xff";
  }
  return out;
}

Result<tui::Graphic> parsed(const std::string& text, tui::PictureMode mode) {
  return tui::parse_graphic(text, {mode}, 8, 4);  // cells of 10x20
}

TEST(Graphic, ReadsBack) {
  for (const auto mode : {tui::PictureMode::kKitty, tui::PictureMode::kSixel}) {
    const auto back = parsed(tui::encode_graphic(graphic(mode)), mode);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->mode, mode);
    EXPECT_EQ(back->height, 18);
    EXPECT_EQ(back->palette, graphic(mode).palette);
    EXPECT_EQ(back->data, graphic(mode).data);
  }
}

TEST(Graphic, OfKittyIsBase64OfBoundedLengthAndNothingElse) {
  const auto refused = [](const std::string& text) { return !parsed(text, tui::PictureMode::kKitty).ok(); };
  EXPECT_FALSE(refused("2 1 20 18 3\nQUI=")) << "padded";
  EXPECT_FALSE(refused("2 1 20 18 4\nQQ=="));
  for (const std::string& data : std::vector<std::string>{"", "QUJ", "QUJDQ", "QU\033C", "QU;C", "QU-_", "=UJD",
                                                          "Q===", "QUJD\n", "QU\\D", std::string("QU\0D", 4),
                                                          "QU\x9c"
                                                          "D",
                                                          std::string(4000, 'A')}) {
    EXPECT_TRUE(refused("2 1 20 18 3\n" + data)) << data;
  }
  for (const char* header : {"9 1 20 18 3", "2 5 20 18 3", "0 1 20 18 3", "2 0 20 18 3", "2 1 0 18 3", "2 1 20 0 3",
                             "2 1 20 18 2", "2 1 20 18 5", "2 1 2000 2000 3", "2 1 20 99999999999 3", "2 1 -20 18 3",
                             "2 1 20 18", "2  1 20 18 3", " 2 1 20 18 3", "2 1 20 18 3 ", "x"}) {
    EXPECT_TRUE(refused(header + std::string("\nQUJD"))) << header;
  }
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("the picture is damaged"));
}

TEST(Graphic, OfSixelHasOnePixelForEachInItsCellsAndOnlyItsColours) {
  const auto refused = [](const std::string& text) { return !parsed(text, tui::PictureMode::kSixel).ok(); };
  const std::string text = tui::encode_graphic(graphic(tui::PictureMode::kSixel));
  const std::string data = text.substr(text.find('\n'));
  EXPECT_FALSE(refused(text));
  EXPECT_TRUE(refused(text + "x"));
  EXPECT_TRUE(refused(text.substr(0, text.size() - 1)));
  EXPECT_TRUE(refused(text.substr(0, text.size() - 1) + "\2")) << "a third colour of two";
  for (const char* header : {"2 1 20 18 3", "2 1 20 18 0", "2 1 20 18 256", "1 1 20 18 2", "2 1 18 20 2", "2 2 40 9 2",
                             "3 1 20 18 2", "2 1 20 18 -1"}) {
    EXPECT_TRUE(refused(header + data)) << header;
  }
  tui::Graphic high = graphic(tui::PictureMode::kSixel);
  high.height = 24;
  high.data.assign(480, '\1');
  EXPECT_TRUE(refused(tui::encode_graphic(high))) << "higher than its row";
}

TEST(PictureScale, EachPixelIsTheMeanOfWhatItCovers) {
  // Black and white in turn, the last a bare hint of red.
  tui::Pixels line{5, 1, {0, 0, 0, 255, 200, 200, 200, 255, 0, 0, 0, 255, 200, 200, 200, 255, 255, 0, 0, 0}};
  const auto half = tui::scale_picture({4, 1, {line.rgba.begin(), line.rgba.begin() + 16}}, 2, 1);
  EXPECT_THAT(std::vector<int>(half.rgba.begin(), half.rgba.end()),
              ElementsAre(100, 100, 100, 255, 100, 100, 100, 255));
  const auto one = tui::scale_picture(line, 1, 3);
  EXPECT_EQ(one.height, 3u);
  EXPECT_EQ(one.rgba[0], 100) << "what is transparent has no colour";
  EXPECT_EQ(one.rgba[3], 204);
  const auto large = tui::scale_picture(line, 500, 100);
  EXPECT_EQ(large.rgba[4 * 150], 200);
  EXPECT_EQ(large.rgba.size(), 500u * 100 * 4);
  EXPECT_FALSE(tui::is_opaque(line));
  EXPECT_TRUE(tui::is_opaque(half));
}

TEST(PicturePalette, FewColoursAreKeptAndManyAreChosen) {
  tui::Pixels two{2, 2, {255, 0, 0, 255, 0, 0, 255, 255, 255, 0, 0, 255, 9, 9, 9, 0}};
  const auto flag = tui::index_picture(two, 16);
  EXPECT_THAT(flag.palette, testing::UnorderedElementsAre(tui::Rgb{255, 0, 0}, tui::Rgb{0, 0, 255}));
  EXPECT_EQ(flag.palette[static_cast<size_t>(flag.pixels[0])], (tui::Rgb{255, 0, 0}));
  EXPECT_EQ(flag.palette[static_cast<size_t>(flag.pixels[1])], (tui::Rgb{0, 0, 255}));
  EXPECT_EQ(static_cast<uint8_t>(flag.pixels[3]), tui::kNoColour);
  tui::Pixels grey{256, 4, {}};
  for (int i = 0; i < 1024; ++i) {
    const auto part = static_cast<uint8_t>(i % 256);
    grey.rgba.insert(grey.rgba.end(), {part, part, part, 255});
  }
  const auto few = tui::index_picture(grey, 8);
  EXPECT_EQ(few.palette.size(), 8u);
  int sum = 0;
  for (const char c : few.pixels) sum += few.palette[static_cast<size_t>(c)][0];
  EXPECT_NEAR(sum / 1024, 127, 3) << "what a pixel lacks its neighbours have";
  const auto nothing = tui::index_picture({1, 1, {1, 2, 3, 0}}, 8);
  EXPECT_EQ(nothing.palette.size(), 1u);
}

TEST(PicturePack, IsBase64OfZlib) {
  const std::string packed = tui::pack_pixels({2, 1, {1, 2, 3, 255, 4, 5, 6, 255}}, false);
  ASSERT_EQ(packed.size() % 4, 0u);
  EXPECT_TRUE(packed.starts_with("eJ")) << "zlib's header";
  EXPECT_NE(packed, tui::pack_pixels({2, 1, {1, 2, 3, 255, 4, 5, 6, 255}}, true));
}

class View : public PagesTest {};

TEST_F(View, APictureIsAskedForAgainInItsNewSizeAndTextIsText) {
  tui::ViewPage picture(fake.screen, fake.local_files, "/a.png");
  EXPECT_THAT(screen(picture), HasSubstr("Reading"));
  EXPECT_THAT(fake.asked, ElementsAre("look /a.png")) << "it is not drawn before it is known to be a picture";
  fake.asked.clear();
  picture.hear(tui::FileRead{"/other", tui::LocalFile{tui::LocalFile::Kind::kText, "not asked for", false}});
  picture.hear(tui::FileRead{"/a.png", tui::LocalFile{tui::LocalFile::Kind::kPicture, "", false}});
  EXPECT_THAT(screen(picture), HasSubstr("Drawing"));
  screen(picture, 100, 40);
  screen(picture, 100, 40);
  EXPECT_THAT(fake.asked, ElementsAre("draw /a.png 78x21", "draw /a.png 98x37"));
  picture.hear(tui::PictureDrawn{"/a.png", tui::Picture(tui::CellGrid{1, 1, {{U'▀', 1, 2}}})});
  EXPECT_THAT(screen(picture), HasSubstr("▀"));
  picture.hear(tui::PictureDrawn{"/a.png", err(Code::kTooLarge, "too large to draw")});
  EXPECT_THAT(screen(picture), HasSubstr("too large to draw"));
  tui::ViewPage text(fake.screen, fake.local_files, "/notes.txt");
  text.hear(tui::FileRead{"/notes.txt", tui::LocalFile{tui::LocalFile::Kind::kText, "line one\nline two", true}});
  EXPECT_THAT(screen(text), AllOf(HasSubstr("line two"), HasSubstr("first MiB")));
  tui::ViewPage other(fake.screen, fake.local_files, "/song.ogg");
  other.hear(tui::FileRead{"/song.ogg", tui::LocalFile{tui::LocalFile::Kind::kOther, "", false}});
  EXPECT_THAT(screen(other), AllOf(HasSubstr("neither text nor a picture"), HasSubstr("/song.ogg")));
}

TEST_F(View, WhatCannotBeReadIsOneLine) {
  tui::ViewPage page(fake.screen, fake.local_files, "/pipe");
  page.hear(tui::FileRead{"/pipe", err(Code::kLocalUsage, "/pipe is not a file")});
  EXPECT_THAT(screen(page), HasSubstr("/pipe is not a file"));
}

TEST(LocalFile, OnlyARegularFileIsReadAndOnlyItsBeginning) {
  const std::string dir = testing::TempDir() + "local-file";
  std::filesystem::remove_all(dir);
  std::filesystem::create_directory(dir);
  ASSERT_EQ(mkfifo((dir + "/pipe").c_str(), 0600), 0);
  for (const std::string& path : {dir + "/pipe", std::string("/dev/zero"), dir, dir + "/none"}) {
    const auto refused = tui::read_local_file(path);
    ASSERT_FALSE(refused.ok()) << path;
    EXPECT_THAT(refused.error().text, AllOf(HasSubstr(path), Not(HasSubstr("\n"))));
  }
  std::ofstream(dir + "/a.txt") << "one\x1b[31m\ntwo" << std::string(2 << 20, 'x');
  const auto text = tui::read_local_file(dir + "/a.txt");
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->kind, tui::LocalFile::Kind::kText);
  EXPECT_TRUE(text->more);
  EXPECT_TRUE(text->text.starts_with("one"));
  EXPECT_THAT(text->text.substr(0, 20), Not(HasSubstr("\x1b")));
  EXPECT_LE(text->text.size(), size_t{1} << 20);
  std::ofstream(dir + "/b") << png_of(1, 1, filled(1, 1, {0, 0, 0, 255}));
  EXPECT_EQ(tui::read_local_file(dir + "/b")->kind, tui::LocalFile::Kind::kPicture);
}

TEST(LocalFile, BytesThatSayNothingAreNotShownAsText) {
  const std::string dir = testing::TempDir() + "local-file-kinds";
  std::filesystem::remove_all(dir);
  std::filesystem::create_directory(dir);
  const auto kind_of = [&](const std::string& bytes) {
    std::ofstream(dir + "/f", std::ios::trunc) << bytes;
    return tui::read_local_file(dir + "/f")->kind;
  };
  using Kind = tui::LocalFile::Kind;
  EXPECT_EQ(kind_of(""), Kind::kText);
  EXPECT_EQ(kind_of("na\xC3\xAFve \xE2\x82\xAC\n"), Kind::kText);
  EXPECT_EQ(kind_of("Gru\xDF aus K\xF6ln, 1998 geschrieben"), Kind::kText) << "an old text";
  EXPECT_EQ(kind_of(std::string("PK\3\4\0\0data", 10)), Kind::kOther);
  EXPECT_EQ(kind_of("\x1F\x8B\x88\xF1\xC3\xD5\xAA\xE9"), Kind::kOther);
  std::ofstream(dir + "/whole") << std::string(1 << 20, 'x');
  EXPECT_FALSE(tui::read_local_file(dir + "/whole")->more);
}

TEST(LocalFileReader, AnswersFromTheLoopInTheirOrder) {
  Loop loop;
  std::vector<std::string> answered;
  tui::LocalFileReader reader(
      loop, [&](const std::string& path, const Result<tui::LocalFile>&) { answered.push_back(path); });
  reader.read("/dev/zero");
  reader.read("/etc/passwd");
  EXPECT_TRUE(answered.empty());
  const int64_t give_up = Clock::monotonic_us() + 30'000'000;
  while (answered.size() < 2 && Clock::monotonic_us() < give_up) loop.run_once(100'000);
  EXPECT_THAT(answered, ElementsAre("/dev/zero", "/etc/passwd"));
}

}  // namespace
}  // namespace fastchat::test
