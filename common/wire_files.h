// The rules of the messages about files (PROTOCOL.md, "Files" and section 7), used by wire.cc alone. Pure.
#pragma once

#include "common/bytes.h"
#include "proto/client.pb.h"

namespace fastchat::wire {

// A recipient, an id and a size that goes with the number of chunks: all chunks but the last are full.
bool fits(const v1::OpenUpload& m);
bool fits(const v1::PutChunk& m);  // but for its data
// A chunk but for its data, which is read in place. False: refuse the frame.
bool read_put_chunk(ByteView in, v1::PutChunk* out, ByteView* data);
bool read_chunk(ByteView in, ByteView* data);
bool fits(const v1::GetChunk& m);
bool fits(const v1::FileDone& m);

}  // namespace fastchat::wire
