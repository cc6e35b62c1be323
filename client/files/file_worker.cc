#include "client/files/file_worker.h"

#include <unordered_map>
#include <utility>

namespace fastchat::client {

class FileWorker::Desk {
 public:
  // Performs a job. Returns null when the job has no answer (Close).
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

class FileWorker::Work final : public Task {
 public:
  Work(FileWorker& owner, FileJob job) : owner_(owner), job_(std::move(job)) {}
  void work() override { answer_ = owner_.desk_->serve(job_); }
  void done() override {
    if (answer_) owner_.answer_(*answer_);
  }

 private:
  FileWorker& owner_;
  FileJob job_;
  std::unique_ptr<FileAnswer> answer_;
};

FileWorker::FileWorker(Machine& machine, std::function<void(FileAnswer&)> answer)
    : answer_(std::move(answer)), desk_(std::make_unique<Desk>()), background_(machine.make_background("files")) {}

FileWorker::~FileWorker() = default;

void FileWorker::post(FileJob job) {
  background_->post(std::make_unique<Work>(*this, std::move(job)));
}

}  // namespace fastchat::client
