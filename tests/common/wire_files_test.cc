// Messages about files that PROTOCOL.md allows and forbids.
#include <gtest/gtest.h>

#include <functional>

#include "common/frames.h"
#include "common/wire.h"
#include "tests/common/frame_codes.h"

namespace fastchat {
namespace {

v1::ClientFrame upload() {
  v1::ClientFrame f;
  f.set_request(1);
  auto* m = f.mutable_open_upload();
  m->set_file_id(Bytes(16, 'f'));
  m->set_size(wire::kMaxFileChunk + 82);
  m->set_chunks(2);
  m->set_to("bob");
  return f;
}

Code upload_with(const std::function<void(v1::OpenUpload&)>& change) {
  v1::ClientFrame f = upload();
  change(*f.mutable_open_upload());
  return parse(f);
}

TEST(WireFiles, TakesAnUploadForAPersonOrForAGroup) {
  EXPECT_EQ(parse(upload()), Code::kOk);
  EXPECT_EQ(upload_with([](auto& m) {
              m.clear_to();
              m.set_group(Bytes(32, 'g'));
              m.set_epoch(3);
            }),
            Code::kOk);
}

TEST(WireFiles, AChunkBehindItsHeadIsTheFrameThatProtobufWouldWrite) {
  for (const uint64_t index : {uint64_t{0}, uint64_t{1}, uint64_t{300}, wire::kMaxFileChunks - 1}) {
    for (const size_t size : {wire::kFileChunkOverhead, wire::kMaxFileChunk}) {
      v1::ClientFrame f;
      f.set_request(70'000);
      f.mutable_put_chunk()->set_file_id(Bytes(16, 'f'));
      f.mutable_put_chunk()->set_index(index);
      f.mutable_put_chunk()->set_data(Bytes(size, 'd'));
      v1::ClientFrame written;
      EXPECT_TRUE(written.ParseFromString(put_chunk_head(70'000, Bytes(16, 'f'), index, size) + Bytes(size, 'd')));
      EXPECT_EQ(written.SerializeAsString(), f.SerializeAsString());
    }
  }
}

TEST(WireFiles, ReadsTheDataOfAChunkInPlace) {
  wire::ClientFrameParser p;
  for (const uint64_t index : {uint64_t{300}, uint64_t{0}}) {
    const Bytes frame = put_chunk_head(70'000, Bytes(16, 'f'), index, 100) + Bytes(100, 'd');
    const auto in = p.parse(frame);
    ASSERT_TRUE(in.ok());
    EXPECT_EQ((*in)->request, 70'000u);
    EXPECT_EQ((*in)->cold.request(), 70'000u);
    EXPECT_EQ((*in)->cold.put_chunk().file_id(), Bytes(16, 'f'));
    EXPECT_EQ((*in)->cold.put_chunk().index(), index);
    EXPECT_EQ((*in)->data.data(), frame.data() + frame.size() - 100);
    EXPECT_EQ((*in)->data, Bytes(100, 'd'));
  }
  v1::ClientFrame next;
  next.set_request(1);
  next.mutable_get_chunk()->set_file_id(Bytes(16, 'f'));
  const Bytes bytes = next.SerializeAsString();
  const auto in = p.parse(bytes);
  ASSERT_TRUE(in.ok());
  EXPECT_EQ((*in)->cold.SerializeAsString(), bytes);
  EXPECT_TRUE((*in)->data.empty()) << "nothing is left of the chunk";
}

TEST(WireFiles, ReadsTheDataOfAnAnsweredChunkInPlace) {
  wire::ServerFrameParser p;
  const Bytes frame = chunk_head(70'000, 100) + Bytes(100, 'd');
  const auto in = p.parse(frame);
  ASSERT_TRUE(in.ok());
  EXPECT_EQ((*in)->request, 70'000u);
  EXPECT_TRUE((*in)->cold.has_chunk());
  EXPECT_EQ((*in)->data.data(), frame.data() + frame.size() - 100);
  EXPECT_EQ((*in)->data, Bytes(100, 'd'));
  v1::ServerFrame next;
  next.set_request(1);
  next.mutable_chunk_stored()->set_upto(3);
  const Bytes bytes = next.SerializeAsString();
  ASSERT_TRUE(p.parse(bytes).ok());
  EXPECT_EQ((*in)->cold.SerializeAsString(), bytes);
  EXPECT_TRUE((*in)->data.empty()) << "nothing is left of the chunk";
  v1::ServerFrame odd;
  odd.mutable_chunk()->set_data(Bytes(100, 'd'));
  odd.mutable_chunk()->GetReflection()->MutableUnknownFields(odd.mutable_chunk())->AddVarint(2, 1);
  EXPECT_EQ(p.parse(odd.SerializeAsString()).code(), Code::kMalformed);
}

TEST(WireFiles, RefusesAChunkWithWhatIsNotInTheSchema) {
  const auto with = [](auto change) {
    v1::ClientFrame f;
    f.set_request(1);
    v1::PutChunk& m = *f.mutable_put_chunk();
    m.set_file_id(Bytes(16, 'f'));
    m.set_index(5);
    m.set_data(Bytes(100, 'd'));
    change(m, *m.GetReflection()->MutableUnknownFields(&m));
    return parse(f);
  };
  EXPECT_EQ(with([](auto&, auto&) {}), Code::kOk);
  EXPECT_EQ(with([](auto&, auto& more) { more.AddVarint(4, 1); }), Code::kMalformed) << "a field that there is not";
  EXPECT_EQ(with([](auto&, auto& more) { more.AddLengthDelimited(2, ""); }), Code::kMalformed) << "the index as bytes";
  EXPECT_EQ(with([](auto&, auto& more) { more.AddVarint(3, 1); }), Code::kMalformed) << "the data as a number";
  EXPECT_EQ(with([](auto& m, auto&) { m.clear_data(); }), Code::kMalformed);
  EXPECT_EQ(with([](auto& m, auto&) { m.clear_file_id(); }), Code::kMalformed);
  EXPECT_EQ(with([](auto& m, auto&) { m.set_index(wire::kMaxFileChunks); }), Code::kMalformed);
}

TEST(WireFiles, AnAnswerBehindItsHeadIsTheFrameThatProtobufWouldWrite) {
  for (const size_t size : {wire::kFileChunkOverhead, wire::kMaxFileChunk}) {
    v1::ServerFrame f;
    f.set_request(70'000);
    f.mutable_chunk()->set_data(Bytes(size, 'd'));
    EXPECT_EQ(chunk_head(70'000, size) + Bytes(size, 'd'), f.SerializeAsString());
  }
}

TEST(WireFiles, RefusesAnUploadWhoseSizeAndChunksDoNotGoTogether) {
  EXPECT_EQ(upload_with([](auto& m) { m.set_chunks(1); }), Code::kMalformed);
  EXPECT_EQ(upload_with([](auto& m) { m.set_chunks(3); }), Code::kMalformed);
  EXPECT_EQ(upload_with([](auto& m) { m.set_chunks(0); }), Code::kMalformed);
  EXPECT_EQ(upload_with([](auto& m) { m.set_size(wire::kMaxFileChunk + 81); }), Code::kMalformed) << "an empty chunk";
  EXPECT_EQ(upload_with([](auto& m) { m.set_chunks(UINT64_MAX), m.set_size(UINT64_MAX); }), Code::kMalformed);
  EXPECT_EQ(upload_with([](auto& m) { m.set_size(81), m.set_chunks(1); }), Code::kOk) << "an empty file";
  EXPECT_EQ(upload_with([](auto& m) { m.set_size(80), m.set_chunks(1); }), Code::kMalformed);
}

TEST(WireFiles, RefusesAnUploadForNobodyOrForTwo) {
  EXPECT_EQ(upload_with([](auto& m) { m.clear_to(); }), Code::kMalformed);
  EXPECT_EQ(upload_with([](auto& m) { m.set_group(Bytes(32, 'g')), m.set_epoch(1); }), Code::kMalformed);
  EXPECT_EQ(upload_with([](auto& m) { m.set_epoch(1); }), Code::kMalformed);
  EXPECT_EQ(upload_with([](auto& m) { m.clear_to(), m.set_group(Bytes(31, 'g')), m.set_epoch(1); }), Code::kMalformed);
  EXPECT_EQ(upload_with([](auto& m) { m.clear_to(), m.set_group(Bytes(32, 'g')); }), Code::kMalformed);
}

TEST(WireFiles, RefusesAnIdOrAChunkOfTheWrongLength) {
  EXPECT_EQ(upload_with([](auto& m) { m.set_file_id(Bytes(15, 'f')); }), Code::kMalformed);
  v1::ClientFrame f;
  f.set_request(1);
  f.mutable_put_chunk()->set_file_id(Bytes(16, 'f'));
  f.mutable_put_chunk()->set_data(Bytes(wire::kMaxFileChunk, 'd'));
  EXPECT_EQ(parse(f), Code::kOk);
  f.mutable_put_chunk()->set_data(Bytes(wire::kMaxFileChunk + 1, 'd'));
  EXPECT_EQ(parse(f), Code::kMalformed);
  f.mutable_put_chunk()->set_data(Bytes(80, 'd'));
  EXPECT_EQ(parse(f), Code::kMalformed);
  f.mutable_put_chunk()->set_data(Bytes(81, 'd'));
  f.set_request(0);
  EXPECT_EQ(parse(f), Code::kMalformed) << "without a request number";
  f.set_request(1);
  f.mutable_get_chunk()->set_file_id(Bytes(16, 'f'));
  EXPECT_EQ(parse(f), Code::kOk);
  f.mutable_get_chunk()->set_index(wire::kMaxFileChunks);
  EXPECT_EQ(parse(f), Code::kMalformed);
  f.mutable_file_done()->set_file_id("short");
  EXPECT_EQ(parse(f), Code::kMalformed);
}

TEST(WireFiles, RefusesAChunkFromTheServerThatCannotBeOne) {
  wire::ServerFrameParser p;
  v1::ServerFrame f;
  f.set_request(1);
  f.mutable_chunk()->set_data(Bytes(wire::kMaxFileChunk, 'd'));
  EXPECT_EQ(p.parse(f.SerializeAsString()).code(), Code::kOk);
  f.mutable_chunk()->set_data(Bytes(wire::kMaxFileChunk + 1, 'd'));
  EXPECT_EQ(p.parse(f.SerializeAsString()).code(), Code::kMalformed);
  f.mutable_upload_open()->set_next_chunk(wire::kMaxFileChunks + 1);
  EXPECT_EQ(p.parse(f.SerializeAsString()).code(), Code::kMalformed);
}

}  // namespace
}  // namespace fastchat
