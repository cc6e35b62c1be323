// The rules of the messages about files (PROTOCOL.md, "Files" and section 7). Only wire.cc uses them. Pure.
#pragma once

#include "common/bytes.h"
#include "proto/client.pb.h"

namespace fastchat::wire {

// Checks the recipient, the id, and that the size matches the number of chunks: all chunks but the last are full.
bool fits(const v1::OpenUpload& m);
bool fits(const v1::PutChunk& m);  // all but the data
// Reads a chunk except its data, which is read in place. Returns false to refuse the frame.
bool read_put_chunk(ByteView in, v1::PutChunk* out, ByteView* data);
bool read_chunk(ByteView in, ByteView* data);
bool fits(const v1::GetChunk& m);
bool fits(const v1::FileDone& m);

}  // namespace fastchat::wire
