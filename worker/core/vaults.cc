#include "worker/core/vaults.h"

#include <string>
#include <utility>

namespace fastchat::worker {
namespace {

constexpr uint32_t kPartsSince = 5;  // version of the protocol

// Returns the bytes that a request carries.
uint64_t bytes_of(const v1::ClientFrame& frame) {
  if (frame.has_put_vault()) return frame.put_vault().blob().size();
  return frame.has_put_vault_parts() ? frame.ByteSizeLong() : 0;
}

}  // namespace

bool Vaults::handle(Session& s, const v1::ClientFrame& frame) {
  using F = v1::ClientFrame;
  const auto body = frame.body_case();
  const bool parts = body == F::kPutVaultParts || body == F::kGetVaultParts;
  if (!parts && body != F::kGetVault && body != F::kPutVault) return false;
  if (s.version < kPartsSince && (parts || frame.put_vault().parts_size() > 0)) {
    out_.send_error(s, frame.request(), Code::kNotAllowed, "version 5 has parts of vaults");
    return true;
  }
  if (!intake_.take(s, frame.request(), bytes_of(frame))) return true;
  const uint64_t most = st_.config.max_vault_bytes;
  switch (body) {
    case F::kGetVault:
      st_.lanes.ask(s, GetVault{s.id, frame.request(), s.uid});
      break;
    case F::kGetVaultParts: {
      const auto& hashes = frame.get_vault_parts().hashes();
      st_.lanes.ask(s, GetVaultParts{s.id, frame.request(), s.uid, {hashes.begin(), hashes.end()}});
      break;
    }
    case F::kPutVaultParts: {
      const auto& all = frame.put_vault_parts().parts();
      st_.lanes.ask(s, PutVaultParts{s.id, frame.request(), s.uid, {all.begin(), all.end()}, most});
      break;
    }
    default: {
      const auto& put = frame.put_vault();
      st_.lanes.ask(
          s,
          PutVault{
              s.id, frame.request(), s.uid, put.version(), put.blob(), {put.parts().begin(), put.parts().end()}, most});
    }
  }
  return true;
}

void Vaults::read(VaultRow reply) {
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  frame.mutable_vault()->set_version(reply.version);
  frame.mutable_vault()->set_blob(std::move(reply.blob));
  out_.send(*s, frame);
}

void Vaults::read(VaultPartRows reply) {
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code != Code::kOk) return out_.send_busy(*s, reply.request);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  frame.mutable_vault_parts()->set_looked(static_cast<uint32_t>(reply.looked));
  for (Bytes& part : reply.parts) frame.mutable_vault_parts()->add_parts(std::move(part));
  out_.send(*s, frame);
}

void Vaults::put(const VaultPut& reply) {
  if (reply.code == Code::kOk) {
    changed(reply.uid, reply.version, reply.session);
    st_.bus_to(0).vault(reply.uid, reply.version);
  }
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code != Code::kOk) return refuse(*s, reply.request, reply.code);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  frame.mutable_vault_stored()->set_version(reply.version);
  out_.send(*s, frame);
}

void Vaults::put(const VaultPartsPut& reply) {
  Session* s = intake_.answered(reply.session, reply.request);
  if (s == nullptr) return;
  if (reply.code != Code::kOk) return refuse(*s, reply.request, reply.code);
  v1::ServerFrame frame;
  frame.set_request(reply.request);
  frame.mutable_vault_parts_stored();
  out_.send(*s, frame);
}

void Vaults::refuse(Session& s, uint64_t request, Code code) {
  switch (code) {
    case Code::kConflict:
      return out_.send_error(s, request, code, "another device changed the vault: fetch it and try again");
    case Code::kMissingPart:
      return out_.send_error(s, request, code, "a part of the vault is not here: put the parts again");
    case Code::kStorageFull:
      ++st_.counters.vaults_full;
      return out_.send_error(
          s, request, code,
          "this server keeps " + std::to_string(st_.config.max_vault_bytes >> 20) + " MiB of an account's vault");
    default:
      return out_.send_busy(s, request);
  }
}

void Vaults::changed(uint64_t uid, uint64_t version, SessionId except) {
  v1::ServerFrame frame;
  frame.mutable_vault_changed()->set_version(version);
  st_.sessions.each_of(uid, [&](Session& s) {
    if (s.id != except) out_.send(s, frame);
  });
}

}  // namespace fastchat::worker
