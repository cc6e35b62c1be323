// The one parser of untrusted bytes. Every frame from another program passes here before any other code reads it. The
// parser checks sizes, field numbers, wire types, enums, UTF-8 and the limits of PROTOCOL.md sections 2 and 7, and
// refuses a frame that breaks them as a whole. Pure; a parser object is reused so that the hot path allocates nothing.
//
// Traffic (sends, deliveries, acknowledgements, receipts) and the chunks of files are read in place. The views point
// into the caller's bytes. The views live as long as those bytes and until the next parse(). protobuf parses all other
// ("cold") frames.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"
#include "proto/bus.pb.h"
#include "proto/client.pb.h"
#include "proto/control.pb.h"

namespace fastchat::wire {

inline constexpr uint32_t kVersion = 5;     // the newest, on all links
inline constexpr uint32_t kMinVersion = 1;  // the oldest that is still supported
inline constexpr size_t kMaxClientFrame = 1 << 20;
inline constexpr size_t kMaxServerFrame = 1 << 20;
inline constexpr size_t kMaxControlFrame = 1 << 20;
inline constexpr size_t kMaxBusFrame = 8 << 20;
inline constexpr size_t kMaxEnvelope = 24 * 1024;
inline constexpr size_t kMaxSendsPerFrame = 1024;
inline constexpr size_t kMaxSignal = 4 * 1024;
inline constexpr size_t kMaxSignalsPerFrame = 16;  // from a client
inline constexpr size_t kMaxInFlight = 4096;       // sends of a session without a receipt, and items of a query
inline constexpr size_t kMaxIdentityBlob = 64 * 1024;
inline constexpr size_t kMaxVault = 896 * 1024;
inline constexpr size_t kMaxVaultPart = 256 * 1024;
inline constexpr size_t kMaxVaultParts = 4096;  // of one vault
inline constexpr size_t kMaxPartsPerPut = 64, kMaxPartsPerGet = 256;
inline constexpr size_t kPartsPerAnswer = kMaxVault;  // bytes of parts in one answer
inline constexpr size_t kMaxPublicKey = 1024;
inline constexpr size_t kMaxRekey = 2048;
inline constexpr size_t kMaxRekeys = 256;       // of a user, ever
inline constexpr size_t kMaxLabel = 128;        // agent, device name, invite token, address of a device
inline constexpr size_t kMaxDevices = 256;      // in a list; servers allow fewer
inline constexpr size_t kMaxOwnedGroups = 256;  // named by one error
inline constexpr size_t kMaxNamesPerLookup = 128;
inline constexpr size_t kMaxContactChanges = 256;    // in one PutContacts
inline constexpr size_t kMaxContactsPerPage = 4096;  // in one answer
inline constexpr size_t kMaxLogSizes = 16;           // in one GetLogHead
inline constexpr size_t kMaxLogProofs = 64;          // users in one GetLogProofs
inline constexpr size_t kMaxLogLeaves = 4096;        // in one answer
inline constexpr size_t kMaxLogPath = 64;            // hashes
inline constexpr size_t kMaxGroupState = 128 * 1024;
inline constexpr size_t kMaxGroupMembers = 1024;
inline constexpr size_t kFileChunk = 256 * 1024;  // plaintext of every chunk but the last
inline constexpr size_t kFileChunkOverhead = 81;  // added by sealing (docs/e2e.md, section 2)
inline constexpr size_t kMaxFileChunk = kFileChunk + kFileChunkOverhead;
inline constexpr uint64_t kMaxFileChunks = uint64_t{1} << 22;
static_assert(kMaxVault + kMaxIdentityBlob + 4 * 1024 <= kMaxServerFrame,
              "an account fits one SignUp and one LoggedIn");
inline constexpr size_t kDeviceId = 16, kStream = 16, kGroupId = 32, kRealm = 16, kCurveKey = 32, kAuth = 32,
                        kFileId = 16, kSecret = 32, kCardToken = 16, kCardHash = 32, kLogKey = 32, kLogHash = 32,
                        kLogSignature = 64, kPartHash = 32;

struct SendView {
  uint64_t ref = 0;
  ByteView to, stream;
  uint64_t seq = 0;
  ByteView envelope;
  ByteView group;      // 32 bytes, or empty: then `to` is a name
  uint64_t epoch = 0;  // of the group, from 1
};
struct SignalView {
  ByteView to, group;  // as in a SendView
  uint64_t epoch = 0;
  ByteView envelope;
};
struct UpstreamView {
  std::vector<SendView> sends;
  std::vector<SignalView> signals;
  uint64_t ack_upto = 0;
  std::vector<uint64_t> receipt_acks;
};
struct ClientIn {
  uint64_t request = 0;
  bool is_traffic = false;
  UpstreamView traffic;
  v1::ClientFrame cold;  // a put_chunk is here without its data
  ByteView data;         // of a put_chunk
};

// Parses frames from clients (broker, worker). Fails only with Code::kMalformed. An envelope over its limit is not the
// frame's fault: it arrives as a SendView with an envelope longer than kMaxEnvelope (answer TOO_LARGE). The caller may
// move parts out of the result; the next parse() overwrites it.
class ClientFrameParser {
 public:
  Result<ClientIn*> parse(ByteView frame);

 private:
  ClientIn in_;
};

struct DeliveryView {
  uint64_t tag = 0;
  ByteView envelope;
  v1::DeliveryKind kind = v1::KIND_NOT_KNOWN;
};
struct RejectionView {
  uint64_t ref = 0;
  v1::ErrorCode code = v1::OK;
  uint64_t retry_after_ms = 0;
};
struct StoredReceiptView {
  uint64_t id = 0, ref = 0, member = 0;
};
struct GroupReceiptView {
  uint64_t ref = 0, delivered = 0, queued = 0;
  size_t first_member = 0, member_count = 0;  // the queued members: a range of DownstreamView::members
};
struct DownstreamView {
  std::vector<DeliveryView> deliveries;
  std::vector<uint64_t> delivered, queued;  // refs
  std::vector<RejectionView> rejected;
  std::vector<StoredReceiptView> stored;
  std::vector<GroupReceiptView> group;
  std::vector<uint64_t> members;
  std::vector<ByteView> signals;
};
struct ServerIn {
  uint64_t request = 0;
  bool is_traffic = false;
  DownstreamView traffic;
  v1::ServerFrame cold;  // a chunk is here without its data
  ByteView data;         // of a chunk
};

// Parses frames from brokers and workers (client).
class ServerFrameParser {
 public:
  Result<ServerIn*> parse(ByteView frame);

 private:
  ServerIn in_;
};

struct BusDeliveryView {
  uint64_t pid = 0;
  size_t first_did = 0, did_count = 0;  // a range of BusTrafficView::dids
  ByteView envelope;
  v1::DeliveryKind kind = v1::KIND_NOT_KNOWN;
};
struct BusAnswerView {
  uint64_t pid = 0, did = 0;
};
struct BusReceiptView {
  uint64_t did = 0, ref = 0;
};
struct BusVaultView {
  uint64_t uid = 0, version = 0;
};
struct BusGroupView {
  ByteView group_id;
  uint64_t epoch = 0;
  size_t first_uid = 0, uid_count = 0;  // a range of BusTrafficView::uids
};
struct BusSignalView {
  size_t first_did = 0, did_count = 0;  // a range of BusTrafficView::dids
  ByteView envelope;
};
struct BusTrafficView {
  std::vector<BusDeliveryView> deliveries;
  std::vector<uint64_t> dids, uids;
  std::vector<BusAnswerView> acks, nacks;
  std::vector<uint64_t> wakes, stale_users, kicks, contacts;
  std::vector<BusReceiptView> receipts;
  std::vector<BusVaultView> vaults;
  std::vector<BusGroupView> groups;
  std::vector<BusSignalView> signals;
};
struct BusIn {
  uint64_t from = 0;
  bool is_traffic = false;
  BusTrafficView traffic;
  v1::BusFrame cold;
};

// Parses frames of the bus, behind their topic (see topic()).
class BusFrameParser {
 public:
  Result<const BusIn*> parse(ByteView topic_and_frame);

 private:
  BusIn in_;
};

// Returns the 8-byte topic of a worker, or of all workers (0).
inline Bytes topic(uint64_t worker_id) {
  Bytes t;
  put_u64(t, worker_id);
  return t;
}

Result<v1::WorkerFrame> parse_worker_frame(ByteView frame);
Result<v1::BrokerFrame> parse_broker_frame(ByteView frame);

// Makes the answer of an Error on the client link. No other function makes one.
Bytes error_frame(uint64_t request, Code code, std::string_view text, uint64_t retry_after_ms = 0);

inline v1::ErrorCode to_wire(Code code) {
  return static_cast<v1::ErrorCode>(static_cast<int>(code));
}

// The text for a peer without a common version.
inline constexpr std::string_view kVersionsText = "this server speaks versions 1 to 5 of the protocol";

// Returns the newest common version with a peer that supports min to max; 0: none.
inline uint32_t common_version(uint32_t min, uint32_t max) {
  return min > kVersion || max < kMinVersion || min > max ? 0 : std::min(max, kVersion);
}

// Returns the code for a peer of that version: a code that its list lacks becomes the nearest one in the list.
Code code_for(uint32_t version, Code code);

}  // namespace fastchat::wire
