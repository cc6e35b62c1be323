#include "client/files/transfers.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/try.h"

namespace fastchat::client {

Transfers::Transfers(Machine& machine, Turn& turn, Server& server, store::FileTable& table, const Account& account,
                     FileRecords& records, Timeline& timeline, Sender& sender, Outbox& outbox, Listener& listener)
    : turn_(turn),
      server_(server),
      account_(account),
      worker_(machine, [this](FileAnswer& answer) { on_answer(answer); }),
      releases_(server),
      reports_(turn, timeline, listener),
      uploads_(turn, server, table, account, timeline, sender, outbox, worker_, releases_, reports_),
      downloads_(turn, server, account, records, timeline, worker_, releases_, reports_) {}

Result<> Transfers::restore() {
  if (restored_ || !account_.unlocked()) return Unit{};
  FC_TRY(uploads_.restore());
  restored_ = true;
  return downloads_.restore();
}

void Transfers::send(const PeerName& to, const std::string& path, const SendOptions& options, Outbox::Done done,
                     Uploads::Kept kept) {
  if (auto r = restore(); !r.ok()) return turn_.before_commit([done, e = r.error()] { done(e); });
  uploads_.send(to, path, options, std::move(done), std::move(kept));
}

void Transfers::fetch(const std::string& message_id, const std::string& directory, Downloads::Fetched done) {
  if (auto r = restore(); !r.ok()) return turn_.before_commit([done, e = r.error()] { done(e); });
  downloads_.fetch(message_id, directory, std::move(done));
}

void Transfers::cancel(const std::string& id) {
  if (!uploads_.cancel(id)) downloads_.cancel(id);
}

Result<std::vector<TransferInfo>> Transfers::list() {
  FC_TRY(restore());
  std::map<uint64_t, TransferInfo> by_key;
  uploads_.list(by_key);
  downloads_.list(by_key);
  std::vector<TransferInfo> out;
  for (auto& [key, info] : by_key) out.push_back(std::move(info));
  return out;
}

void Transfers::work() {
  // A command that only reads must not begin the transfers of another run.
  if (!server_.opened()) return;
  const bool attached = server_.attached();
  if (releases_.attach(attached)) downloads_.release_all();
  uploads_.work(attached);
  downloads_.work(attached);
}

int64_t Transfers::next_wake() const {
  return std::min(uploads_.next_wake(), downloads_.next_wake());
}

void Transfers::on_answer(FileAnswer& answer) {
  turn_.wake();
  if (!uploads_.on_answer(answer)) downloads_.on_answer(answer);
}

}  // namespace fastchat::client
