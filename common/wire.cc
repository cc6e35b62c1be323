#include "common/wire.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <utility>

#include "common/wire_contacts.h"
#include "common/wire_files.h"
#include "common/wire_groups.h"
#include "common/wire_hot.h"
#include "common/wire_log.h"
#include "common/wire_reader.h"
#include "common/wire_vaults.h"

namespace fastchat::wire {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using wire::fits;  // of the files wire_*.h

static_assert(static_cast<int>(Code::kMissingPart) == v1::MISSING_PART && v1::ErrorCode_MAX == v1::MISSING_PART,
              "result.h and client.proto list the same codes");
static_assert(static_cast<int>(Code::kBusy) == v1::BUSY && static_cast<int>(Code::kConflict) == v1::CONFLICT);

Error malformed(const char* what) {
  return err(Code::kMalformed, what);
}

// Returns true when the message and all messages below it have no unknown field and no unlisted enum value.
bool known_throughout(const Message& m) {
  const auto* refl = m.GetReflection();
  if (!refl->GetUnknownFields(m).empty()) return false;
  std::vector<const FieldDescriptor*> fields;
  refl->ListFields(m, &fields);
  for (const auto* f : fields) {
    const int n = f->is_repeated() ? refl->FieldSize(m, f) : 1;
    for (int i = 0; i < n; ++i) {
      if (f->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        if (!known_throughout(f->is_repeated() ? refl->GetRepeatedMessage(m, f, i) : refl->GetMessage(m, f)))
          return false;
      } else if (f->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        const int v = f->is_repeated() ? refl->GetRepeatedEnumValue(m, f, i) : refl->GetEnumValue(m, f);
        if (f->enum_type()->FindValueByNumber(v) == nullptr) return false;
      }
    }
  }
  return true;
}

template <class M>
bool parse_strictly(ByteView in, M* out) {
  // protobuf prints a line on standard error for a string that is not UTF-8, so a peer could fill the log or the
  // screen.
  const google::protobuf::LogSilencer silence;
  return in.size() <= INT32_MAX && out->ParseFromArray(in.data(), static_cast<int>(in.size())) &&
         known_throughout(*out);
}

bool within(const std::string& s, size_t least, size_t most) {
  return s.size() >= least && s.size() <= most;
}

bool fits(const v1::SignUp& m) {
  return within(m.public_key(), 1, kMaxPublicKey) && within(m.identity_blob(), 1, kMaxIdentityBlob) &&
         within(m.vault(), 1, kMaxVault) && m.verifier().size() == kAuth && within(m.invite(), 0, kMaxLabel) &&
         within(m.user(), 0, kMaxLabel);
}

// The database stores no text with a zero byte.
bool is_label(const std::string& s, size_t least) {
  return within(s, least, kMaxLabel) && s.find('\0') == std::string::npos;
}

bool is_device(const Bytes& id) {
  return id.size() == kDeviceId && id != Bytes(kDeviceId, '\0');
}

// Accepts a login with the password (and, perhaps, the fields for it), or with the device's secret alone.
bool fits(const v1::LogIn& m) {
  const bool by_password = m.auth().size() == kAuth && m.secret().empty() &&
                           (m.secret_hash().empty() || m.secret_hash().size() == kSecret) &&
                           (m.replaces().empty() || (is_device(m.replaces()) && m.replaces() != m.device()));
  const bool by_secret =
      m.auth().empty() && m.secret().size() == kSecret && m.secret_hash().empty() && m.replaces().empty();
  return (by_password || by_secret) && is_device(m.device()) && is_label(m.device_name(), 0) && m.resume().empty() &&
         within(m.user(), 0, kMaxLabel);
}

// Accepts at most `most` texts of 1 to `size` bytes.
template <class Texts>
bool are_texts(const Texts& texts, size_t most, size_t size) {
  return static_cast<size_t>(texts.size()) <= most &&
         std::all_of(texts.begin(), texts.end(), [size](const Bytes& text) { return within(text, 1, size); });
}

// Accepts a change of the password alone, or one that changes the user's key too.
bool fits(const v1::ChangePassword& m) {
  const bool no_rekey = m.public_key().empty() && m.rekeys().empty() && m.rekey() == 0;
  const bool rekey = within(m.public_key(), 1, kMaxPublicKey) && m.rekeys_size() > 0 &&
                     are_texts(m.rekeys(), kMaxRekeys, kMaxRekey) &&
                     m.rekey() >= static_cast<uint64_t>(m.rekeys_size()) && m.rekey() <= kMaxRekeys;
  return (no_rekey || rekey) && m.auth().size() == kAuth && m.verifier().size() == kAuth &&
         within(m.identity_blob(), 1, kMaxIdentityBlob) && within(m.vault(), 1, kMaxVault) && m.vault_version() >= 2 &&
         m.vault_version() <= INT64_MAX;
}

template <class Devices>
bool are_devices(const Devices& devices) {
  return devices.size() <= static_cast<int>(kMaxDevices) &&
         std::all_of(devices.begin(), devices.end(), [](const v1::Device& d) {
           return is_device(d.device()) && within(d.name(), 0, kMaxLabel) && within(d.address(), 0, kMaxLabel);
         });
}

bool fits(const v1::Query& m) {
  if (static_cast<size_t>(m.open_size()) > kMaxInFlight) return false;
  for (const auto& o : m.open()) {
    if (o.ref() == 0 || o.seq() == 0 || o.seq() > INT64_MAX || o.stream().size() != kStream) return false;
  }
  return true;
}

bool fits(const v1::GetUsers& m) {
  return m.names_size() >= 1 && are_texts(m.names(), kMaxNamesPerLookup, kMaxLabel);
}

// Checks the rules of each cold message that the schema cannot express.
bool fits(const v1::ClientFrame& f) {
  using F = v1::ClientFrame;
  const bool may_lack_request = f.body_case() == F::kPing || f.body_case() == F::kBye;
  if (f.request() == 0 && !may_lack_request) return false;
  switch (f.body_case()) {
    case F::kHello:
      return within(f.hello().agent(), 0, kMaxLabel);
    case F::kSignUp:
      return fits(f.sign_up());
    case F::kLogIn:
      return fits(f.log_in());
    case F::kAttach:
      return f.attach().device().size() == kDeviceId && within(f.attach().agent(), 0, kMaxLabel);
    case F::kQuery:
      return fits(f.query());
    case F::kGetUsers:
      return fits(f.get_users());
    case F::kRemoveDevice:
      return f.remove_device().device().size() == kDeviceId;
    case F::kPutVault:
      return fits(f.put_vault());
    case F::kPutVaultParts:
      return fits(f.put_vault_parts());
    case F::kGetVaultParts:
      return fits(f.get_vault_parts());
    case F::kPutGroup:
      return fits(f.put_group());
    case F::kGetGroup:
      return fits(f.get_group());
    case F::kLeaveGroup:
      return f.leave_group().group_id().size() == kGroupId;
    case F::kDeleteGroup:
      return f.delete_group().group_id().size() == kGroupId;
    case F::kOpenUpload:
      return fits(f.open_upload());
    case F::kPutChunk:
      return fits(f.put_chunk());
    case F::kGetChunk:
      return fits(f.get_chunk());
    case F::kFileDone:
      return fits(f.file_done());
    case F::kChangePassword:
      return fits(f.change_password());
    case F::kDeleteAccount:
      return f.delete_account().auth().size() == kAuth;
    case F::kGetRekeys:
      return within(f.get_rekeys().user(), 1, kMaxLabel);
    case F::kRenameDevice:
      return f.rename_device().device().size() == kDeviceId && is_label(f.rename_device().name(), 1);
    case F::kPutContacts:
      return fits(f.put_contacts());
    case F::kGetContacts:
      return fits(f.get_contacts());
    case F::kPutCard:
      return fits(f.put_card());
    case F::kRedeemCard:
      return fits(f.redeem_card());
    case F::kGetLogHead:
      return fits(f.get_log_head());
    case F::kGetLogProofs:
      return fits(f.get_log_proofs());
    case F::kGetLogLeaves:
      return fits(f.get_log_leaves());
    case F::kListGroups:
    case F::kGetDevices:
    case F::kGetVault:
    case F::kPing:
    case F::kBye:
      return true;
    case F::kTraffic:
    case F::BODY_NOT_SET:
      return false;
  }
  return false;
}

bool fits(const v1::ServerFrame& f) {
  using F = v1::ServerFrame;
  switch (f.body_case()) {
    case F::kHello:
      return f.hello().realm().size() == kRealm && within(f.hello().agent(), 0, kMaxLabel) &&
             (f.hello().log_key().empty() || f.hello().log_key().size() == kLogKey);
    case F::kLoggedIn:
      return within(f.logged_in().identity_blob(), 0, kMaxIdentityBlob) && within(f.logged_in().vault(), 1, kMaxVault);
    case F::kError:
      return are_devices(f.error().devices()) && are_texts(f.error().groups(), kMaxOwnedGroups, kMaxLabel);
    case F::kAssignment:
      return f.assignment().key().size() == kCurveKey && within(f.assignment().endpoint(), 1, 512) &&
             within(f.assignment().worker(), 0, kMaxLabel);
    case F::kVault:
      return within(f.vault().blob(), 1, kMaxVault);
    case F::kVaultParts:
      return fits(f.vault_parts());
    case F::kGroup:
      return fits(f.group());
    case F::kGroups:
      return fits(f.groups());
    case F::kGroupChanged:
      return f.group_changed().group_id().size() == kGroupId;
    case F::kRekeys:
      return within(f.rekeys().first_public_key(), 1, kMaxPublicKey) &&
             are_texts(f.rekeys().rekeys(), kMaxRekeys, kMaxRekey);
    case F::kContacts:
      return fits(f.contacts());
    case F::kLogGrowth:
      return fits(f.log_growth());
    case F::kLogProofs:
      return fits(f.log_proofs());
    case F::kLogLeaves:
      return fits(f.log_leaves());
    case F::kUploadOpen:
      return f.upload_open().next_chunk() <= kMaxFileChunks;
    case F::kChunkStored:
      return f.chunk_stored().upto() <= kMaxFileChunks;
    case F::kTraffic:
    case F::BODY_NOT_SET:
      return false;
    default:
      return true;
  }
}

bool fits(const v1::Peer& p) {
  return p.worker_id() != 0 && within(p.bus_endpoint(), 1, 512) && within(p.name(), 0, kMaxLabel);
}

template <class Peers>
bool all_fit(const Peers& peers) {
  return std::all_of(peers.begin(), peers.end(), [](const auto& p) { return fits(p); });
}

// A frame's `request` (or `from`) and its one body.
struct Split {
  uint64_t id = 0;
  uint32_t field = 0;  // of the body; 0: none
  ByteView body;
};
bool split(ByteView frame, bool fixed_id, Split* out) {
  Reader r(frame);
  while (!r.done()) {
    uint32_t field = 0, type = 0;
    if (!r.tag(&field, &type)) return false;
    if (field == 1) {
      if (fixed_id ? !(type == Reader::kFixed64 && r.fixed64(&out->id))
                   : !(type == Reader::kVarint && r.varint(&out->id)))
        return false;
      continue;
    }
    if (type != Reader::kBytes || std::exchange(out->field, field) != 0 || !r.bytes(&out->body)) return false;
  }
  return true;
}

}  // namespace

Result<ClientIn*> ClientFrameParser::parse(ByteView frame) {
  if (frame.size() > kMaxClientFrame) return malformed("the frame is over 1 MiB");
  Split s;
  if (!split(frame, false, &s)) return malformed("the frame does not parse");
  in_.request = s.id;
  in_.is_traffic = s.field == v1::ClientFrame::kTrafficFieldNumber;
  in_.data = {};
  if (in_.is_traffic) {
    if (!read_upstream(s.body, &in_.traffic)) return malformed("the traffic breaks the protocol");
    return &in_;
  }
  bool read = false;
  if (s.field == v1::ClientFrame::kPutChunkFieldNumber) {
    in_.cold.set_request(s.id);
    read = read_put_chunk(s.body, in_.cold.mutable_put_chunk(), &in_.data);
  } else {
    read = parse_strictly(frame, &in_.cold);
  }
  if (!read || !fits(in_.cold)) return malformed("the request breaks the protocol");
  return &in_;
}

Result<ServerIn*> ServerFrameParser::parse(ByteView frame) {
  if (frame.size() > kMaxServerFrame) return malformed("the frame is over 1 MiB");
  Split s;
  if (!split(frame, false, &s)) return malformed("the frame does not parse");
  in_.request = s.id;
  in_.is_traffic = s.field == v1::ServerFrame::kTrafficFieldNumber;
  in_.data = {};
  if (in_.is_traffic) {
    if (!read_downstream(s.body, &in_.traffic)) return malformed("the traffic breaks the protocol");
    return &in_;
  }
  bool read = false;
  if (s.field == v1::ServerFrame::kChunkFieldNumber) {
    in_.cold.set_request(s.id);
    in_.cold.mutable_chunk()->clear_data();
    read = read_chunk(s.body, &in_.data);
  } else {
    read = parse_strictly(frame, &in_.cold);
  }
  if (!read || !fits(in_.cold)) return malformed("the answer breaks the protocol");
  return &in_;
}

Result<const BusIn*> BusFrameParser::parse(ByteView topic_and_frame) {
  if (topic_and_frame.size() < 8 || topic_and_frame.size() > kMaxBusFrame) return malformed("not a frame of the bus");
  const ByteView frame = topic_and_frame.substr(8);
  Split s;
  if (!split(frame, true, &s) || s.id == 0) return malformed("the frame does not parse");
  in_.from = s.id;
  in_.is_traffic = s.field == v1::BusFrame::kTrafficFieldNumber;
  if (in_.is_traffic) {
    if (!read_bus_traffic(s.body, &in_.traffic)) return malformed("the traffic breaks the protocol");
    return &in_;
  }
  if (!parse_strictly(frame, &in_.cold) || in_.cold.body_case() == v1::BusFrame::BODY_NOT_SET) {
    return malformed("the frame breaks the protocol");
  }
  return &in_;
}

Result<v1::WorkerFrame> parse_worker_frame(ByteView frame) {
  v1::WorkerFrame f;
  if (frame.size() > kMaxControlFrame || !parse_strictly(frame, &f)) return malformed("not a worker's frame");
  if (f.body_case() == v1::WorkerFrame::BODY_NOT_SET) return malformed("a worker's frame without a body");
  if (f.has_register_()) {
    const auto& r = f.register_();
    if (r.worker_id() == 0 || !within(r.name(), 1, kMaxLabel) || !within(r.endpoint(), 1, 512) ||
        r.key().size() != kCurveKey || !within(r.bus_endpoint(), 1, 512) || r.realm().size() != kRealm) {
      return malformed("a registration that breaks the protocol");
    }
  }
  return f;
}

Result<v1::BrokerFrame> parse_broker_frame(ByteView frame) {
  v1::BrokerFrame f;
  if (frame.size() > kMaxControlFrame || !parse_strictly(frame, &f)) return malformed("not a broker's frame");
  if (f.body_case() == v1::BrokerFrame::BODY_NOT_SET) return malformed("a broker's frame without a body");
  if (f.has_grant()) {
    const auto& g = f.grant();
    if (g.client_key().size() != kCurveKey || g.device().size() != kDeviceId || g.uid() == 0 || g.did() == 0) {
      return malformed("a grant that breaks the protocol");
    }
  }
  if (!all_fit(f.welcome().peers()) || !all_fit(f.peers().peers())) return malformed("a peer that breaks the protocol");
  return f;
}

Bytes error_frame(uint64_t request, Code code, std::string_view text, uint64_t retry_after_ms) {
  FC_CHECK(static_cast<int>(code) > 0 && v1::ErrorCode_IsValid(static_cast<int>(code)));
  v1::ServerFrame f;
  f.set_request(request);
  f.mutable_error()->set_code(to_wire(code));
  f.mutable_error()->set_text(std::string(text));
  f.mutable_error()->set_retry_after_ms(retry_after_ms);
  return f.SerializeAsString();
}

}  // namespace fastchat::wire
