// Traffic frames, read in place, with one small function per message. Each returns false on anything that is not in the
// schema.
#include "common/wire_hot.h"

#include "common/names.h"
#include "common/wire_reader.h"

namespace fastchat::wire {
namespace {

constexpr size_t kMaxItems = 1 << 20;  // the largest frame holds no more anyway

template <class F>
bool each_field(ByteView in, F&& f) {
  Reader r(in);
  while (!r.done()) {
    uint32_t field = 0, type = 0;
    if (!r.tag(&field, &type) || !f(r, field, type)) return false;
  }
  return true;
}

bool number(Reader& r, uint32_t type, uint64_t* out) {
  return type == Reader::kVarint && r.varint(out);
}
bool view(Reader& r, uint32_t type, ByteView* out) {
  return type == Reader::kBytes && r.bytes(out);
}

// Returns true for a recipient: a user, or an epoch of a group.
bool addressed(ByteView to, ByteView group, uint64_t epoch) {
  return group.empty() ? epoch == 0 && valid_user_name(to)
                       : group.size() == kGroupId && to.empty() && epoch != 0 && epoch <= INT64_MAX;
}

bool read_send(ByteView in, SendView* s) {
  const bool parsed = each_field(in, [s](Reader& r, uint32_t field, uint32_t type) {
    switch (field) {
      case 1:
        return number(r, type, &s->ref);
      case 2:
        return view(r, type, &s->to);
      case 3:
        return view(r, type, &s->stream);
      case 4:
        return number(r, type, &s->seq);
      case 5:
        return view(r, type, &s->envelope);
      case 6:
        return view(r, type, &s->group);
      case 7:
        return number(r, type, &s->epoch);
      default:
        return false;
    }
  });
  return parsed && s->ref != 0 && s->seq != 0 && s->seq <= INT64_MAX && s->ref <= INT64_MAX &&
         s->stream.size() == kStream && !s->envelope.empty() && addressed(s->to, s->group, s->epoch);
}

bool is_signal(ByteView envelope) {
  return !envelope.empty() && envelope.size() <= kMaxSignal;
}

bool read_signal(ByteView in, SignalView* s) {
  const bool parsed = each_field(in, [s](Reader& r, uint32_t field, uint32_t type) {
    switch (field) {
      case 1:
        return view(r, type, &s->to);
      case 2:
        return view(r, type, &s->group);
      case 3:
        return number(r, type, &s->epoch);
      case 4:
        return view(r, type, &s->envelope);
      default:
        return false;
    }
  });
  return parsed && is_signal(s->envelope) && addressed(s->to, s->group, s->epoch);
}

bool delivery_kind(Reader& r, uint32_t type, v1::DeliveryKind* out) {
  uint64_t kind = 0;
  if (!number(r, type, &kind) || kind > INT32_MAX || !v1::DeliveryKind_IsValid(static_cast<int>(kind))) return false;
  *out = static_cast<v1::DeliveryKind>(kind);
  return true;
}

bool read_delivery(ByteView in, DeliveryView* d) {
  const bool parsed = each_field(in, [d](Reader& r, uint32_t field, uint32_t type) {
    switch (field) {
      case 1:
        return number(r, type, &d->tag);
      case 2:
        return view(r, type, &d->envelope);
      case 3:
        return delivery_kind(r, type, &d->kind);
      default:
        return false;
    }
  });
  return parsed && d->tag != 0 && !d->envelope.empty() && d->envelope.size() <= kMaxEnvelope;
}

bool read_rejection(ByteView in, RejectionView* x) {
  uint64_t code = 0;
  const bool parsed = each_field(in, [&](Reader& r, uint32_t field, uint32_t type) {
    switch (field) {
      case 1:
        return number(r, type, &x->ref);
      case 2:
        return number(r, type, &code);
      case 3:
        return number(r, type, &x->retry_after_ms);
      default:
        return false;
    }
  });
  if (!parsed || code > INT32_MAX || !v1::ErrorCode_IsValid(static_cast<int>(code)) || code == 0) return false;
  x->code = static_cast<v1::ErrorCode>(code);
  return true;
}

bool read_stored(ByteView in, StoredReceiptView* s) {
  return each_field(in, [s](Reader& r, uint32_t field, uint32_t type) {
    return field >= 1 && field <= 3 && number(r, type, field == 1 ? &s->id : field == 2 ? &s->ref : &s->member);
  });
}

bool read_group_receipt(ByteView in, GroupReceiptView* g, std::vector<uint64_t>* members) {
  g->first_member = members->size();
  const bool parsed = each_field(in, [g, members](Reader& r, uint32_t field, uint32_t type) {
    if (field == 4) return r.numbers(type, members, kMaxItems);
    return field >= 1 && field <= 3 && number(r, type, field == 1 ? &g->ref : field == 2 ? &g->delivered : &g->queued);
  });
  g->member_count = members->size() - g->first_member;
  return parsed;
}

// Reads a message of two numbers: BusAnswer, BusReceipt, BusVault.
bool read_two(ByteView in, uint64_t* a, uint64_t* b) {
  return each_field(in, [a, b](Reader& r, uint32_t field, uint32_t type) {
    if (field == 1) return number(r, type, a);
    if (field == 2) return number(r, type, b);
    return false;
  });
}

template <class T>
bool read_pair_of(Reader& r, uint32_t type, std::vector<T>* out, uint64_t T::*a, uint64_t T::*b) {
  ByteView in;
  if (!view(r, type, &in) || out->size() >= kMaxItems) return false;
  out->emplace_back();
  return read_two(in, &(out->back().*a), &(out->back().*b));
}

bool read_bus_delivery(ByteView in, BusDeliveryView* d, std::vector<uint64_t>* dids) {
  d->first_did = dids->size();
  const bool parsed = each_field(in, [d, dids](Reader& r, uint32_t field, uint32_t type) {
    switch (field) {
      case 1:
        return number(r, type, &d->pid);
      case 2:
        return r.numbers(type, dids, kMaxItems);
      case 3:
        return view(r, type, &d->envelope);
      case 4:
        return delivery_kind(r, type, &d->kind);
      default:
        return false;
    }
  });
  d->did_count = dids->size() - d->first_did;
  return parsed && d->did_count > 0 && !d->envelope.empty() && d->envelope.size() <= kMaxEnvelope;
}

bool read_bus_signal(ByteView in, BusSignalView* s, std::vector<uint64_t>* dids) {
  s->first_did = dids->size();
  const bool parsed = each_field(in, [s, dids](Reader& r, uint32_t field, uint32_t type) {
    if (field == 1) return r.numbers(type, dids, kMaxItems);
    return field == 2 && view(r, type, &s->envelope);
  });
  s->did_count = dids->size() - s->first_did;
  return parsed && s->did_count > 0 && is_signal(s->envelope);
}

bool read_bus_group(ByteView in, BusGroupView* g, std::vector<uint64_t>* uids) {
  g->first_uid = uids->size();
  const bool parsed = each_field(in, [g, uids](Reader& r, uint32_t field, uint32_t type) {
    switch (field) {
      case 1:
        return view(r, type, &g->group_id);
      case 2:
        return number(r, type, &g->epoch);
      case 3:
        return r.numbers(type, uids, kMaxItems);
      default:
        return false;
    }
  });
  g->uid_count = uids->size() - g->first_uid;
  return parsed && g->group_id.size() == kGroupId;
}

}  // namespace

bool read_upstream(ByteView in, UpstreamView* out) {
  out->sends.clear();
  out->signals.clear();
  out->receipt_acks.clear();
  out->ack_upto = 0;
  return each_field(in, [out](Reader& r, uint32_t field, uint32_t type) {
    ByteView item;
    switch (field) {
      case 1:
        if (!view(r, type, &item) || out->sends.size() >= kMaxSendsPerFrame) return false;
        return read_send(item, &out->sends.emplace_back());
      case 2:
        return number(r, type, &out->ack_upto);
      case 3:
        return r.numbers(type, &out->receipt_acks, kMaxInFlight);
      case 4:
        if (!view(r, type, &item) || out->signals.size() >= kMaxSignalsPerFrame) return false;
        return read_signal(item, &out->signals.emplace_back());
      default:
        return false;
    }
  });
}

bool read_downstream(ByteView in, DownstreamView* out) {
  out->deliveries.clear();
  out->delivered.clear();
  out->queued.clear();
  out->rejected.clear();
  out->stored.clear();
  out->group.clear();
  out->members.clear();
  out->signals.clear();
  return each_field(in, [out](Reader& r, uint32_t field, uint32_t type) {
    ByteView item;
    switch (field) {
      case 1:
        return view(r, type, &item) && read_delivery(item, &out->deliveries.emplace_back());
      case 2:
        return r.numbers(type, &out->delivered, kMaxItems);
      case 3:
        return r.numbers(type, &out->queued, kMaxItems);
      case 4:
        return view(r, type, &item) && read_rejection(item, &out->rejected.emplace_back());
      case 5:
        return view(r, type, &item) && read_stored(item, &out->stored.emplace_back());
      case 6:
        return view(r, type, &item) && read_group_receipt(item, &out->group.emplace_back(), &out->members);
      case 7:
        return view(r, type, &out->signals.emplace_back()) && is_signal(out->signals.back());
      default:
        return false;
    }
  });
}

bool read_bus_traffic(ByteView in, BusTrafficView* out) {
  out->deliveries.clear();
  out->dids.clear();
  out->acks.clear();
  out->nacks.clear();
  out->wakes.clear();
  out->receipts.clear();
  out->stale_users.clear();
  out->vaults.clear();
  out->kicks.clear();
  out->contacts.clear();
  out->uids.clear();
  out->groups.clear();
  out->signals.clear();
  return each_field(in, [out](Reader& r, uint32_t field, uint32_t type) {
    ByteView item;
    switch (field) {
      case 1:
        return view(r, type, &item) && read_bus_delivery(item, &out->deliveries.emplace_back(), &out->dids);
      case 2:
        return read_pair_of(r, type, &out->acks, &BusAnswerView::pid, &BusAnswerView::did);
      case 3:
        return read_pair_of(r, type, &out->nacks, &BusAnswerView::pid, &BusAnswerView::did);
      case 4:
        return r.numbers(type, &out->wakes, kMaxItems);
      case 5:
        return read_pair_of(r, type, &out->receipts, &BusReceiptView::did, &BusReceiptView::ref);
      case 6:
        return r.numbers(type, &out->stale_users, kMaxItems);
      case 7:
        return read_pair_of(r, type, &out->vaults, &BusVaultView::uid, &BusVaultView::version);
      case 8:
        return r.numbers(type, &out->kicks, kMaxItems);
      case 9:
        return view(r, type, &item) && read_bus_group(item, &out->groups.emplace_back(), &out->uids);
      case 10:
        return view(r, type, &item) && read_bus_signal(item, &out->signals.emplace_back(), &out->dids);
      case 11:
        return r.numbers(type, &out->contacts, kMaxItems);
      default:
        return false;
    }
  });
}

}  // namespace fastchat::wire
