#include "client/files/file_releases.h"

namespace fastchat::client {

void FileReleases::release(const Bytes& file_id, std::function<void()> released) {
  if (!attached_) return;
  v1::ClientFrame frame;
  frame.mutable_file_done()->set_file_id(file_id);
  ++asked_;
  server_.ask(std::move(frame), [this, released = std::move(released)](const Result<v1::ServerFrame*>& answer) {
    --asked_;
    if (answer.ok()) released();
  });
}

}  // namespace fastchat::client
