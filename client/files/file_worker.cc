#include "client/files/file_worker.h"

#include <utility>

namespace fastchat::client {
namespace {

constexpr int kAnswersPerTurn = 8;

// Everything that lives on the thread.
class Desk {
 public:
  // Null: nothing to say.
  std::unique_ptr<FileAnswer> serve(FileJob& job) {
    auto answer = std::make_unique<FileAnswer>();
    answer->transfer = job.transfer;
    answer->generation = job.generation;
    if (std::holds_alternative<FileJob::Close>(job.what)) {
      readers_.erase(job.transfer);
      writers_.erase(job.transfer);
      return nullptr;
    }
    std::visit([&](auto& what) { answer->what = run(job.transfer, what); }, job.what);
    return answer;
  }

 private:
  using What = decltype(FileAnswer::what);

  What run(uint64_t, const FileJob::Look& job) {
    FileAnswer::Looked looked;
    Result<FileStamp> stamp = FileReader::look(job.path, &looked.head);
    if (!stamp.ok()) return stamp.error();
    looked.stamp = *stamp;
    return looked;
  }
  What run(uint64_t id, FileJob::OpenSource& job) {
    auto reader = FileReader::open(job.path, job.stamp, std::move(job.seal));
    if (!reader.ok()) return reader.error();
    readers_[id] = std::move(*reader);
    return FileAnswer::Opened{};
  }
  What run(uint64_t id, FileJob::ReadChunk& job) {
    const auto it = readers_.find(id);
    if (it == readers_.end()) return err(Code::kInternal, "the file is not open");
    Result<Bytes> frame = it->second->sealed(job.index, std::move(job.head));
    if (!frame.ok()) return frame.error();
    return FileAnswer::Sealed{job.request, std::move(*frame)};
  }
  What run(uint64_t id, const FileJob::Digest&) {
    const auto it = readers_.find(id);
    if (it == readers_.end()) return err(Code::kInternal, "the file is not open");
    Result<Bytes> digest = it->second->digest();
    readers_.erase(it);
    if (!digest.ok()) return digest.error();
    return FileAnswer::Digested{std::move(*digest)};
  }
  What run(uint64_t id, FileJob::OpenTarget& job) {
    if (!job.sha256.empty()) {
      if (auto path = FileWriter::finished(job.directory, job.part, job.seal.size, job.sha256, job.name)) {
        return FileAnswer::Finished{std::move(*path)};
      }
    }
    auto writer = FileWriter::open(job.directory, job.part, std::move(job.seal));
    if (!writer.ok()) return writer.error();
    const uint32_t done = (*writer)->next();
    writers_[id] = std::move(*writer);
    return FileAnswer::Opened{done};
  }
  What run(uint64_t id, const FileJob::WriteChunk& job) {
    const auto it = writers_.find(id);
    if (it == writers_.end()) return err(Code::kInternal, "the file is not open");
    if (auto r = it->second->write(job.index, job.box.view()); !r.ok()) return r.error();
    return FileAnswer::Written{job.index};
  }
  What run(uint64_t id, const FileJob::Finish& job) {
    const auto it = writers_.find(id);
    if (it == writers_.end()) return err(Code::kInternal, "the file is not open");
    Result<std::string> path = it->second->finish(job.sha256, job.name);
    writers_.erase(it);
    if (!path.ok()) return path.error();
    return FileAnswer::Finished{std::move(*path)};
  }
  What run(uint64_t, const FileJob::Close&) { return FileAnswer::Opened{}; }

  std::unordered_map<uint64_t, std::unique_ptr<FileReader>> readers_;
  std::unordered_map<uint64_t, std::unique_ptr<FileWriter>> writers_;
};

}  // namespace

FileWorker::~FileWorker() {
  if (!thread_) return;
  mine_->unlisten(loop_);
  thread_.reset();
}

void FileWorker::post(FileJob job) {
  if (!thread_) start();
  mine_->post(std::make_unique<FileJob>(std::move(job)));
}

void FileWorker::start() {
  auto [mine, theirs] = make_mailbox<FileAnswer, FileJob>(context_);
  mine_ = std::make_unique<Mine>(std::move(mine));
  mine_->listen(loop_, [this] {
    for (int i = 0; i < kAnswersPerTurn; ++i) {
      std::unique_ptr<FileAnswer> answer = mine_->receive();
      if (!answer) return false;
      answer_(*answer);
    }
    return true;
  });
  thread_ = std::make_unique<LoopThread>(context_, "files", [end = std::move(theirs)](Loop& loop) mutable {
    Desk desk;
    end.listen(loop, [&] {
      const std::unique_ptr<FileJob> job = end.receive();
      if (!job) return false;
      if (auto answer = desk.serve(*job)) end.post(std::move(answer));
      return true;
    });
    loop.run();
    end.unlisten(loop);
  });
}

}  // namespace fastchat::client
