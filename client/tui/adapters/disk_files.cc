#include "client/tui/adapters/disk_files.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "client/tui/pages/typed_path.h"

namespace fastchat::tui {
namespace {

constexpr size_t kMaxPaths = 100;

}  // namespace

DiskFiles::DiskFiles(Loop& loop, EventHandler hear)
    : hear_(std::move(hear)),
      pictures_(loop),
      reader_(loop, [this](const std::string& path, const Result<LocalFile>& file) {
        hear_(FileRead{path, file});
      }) {}

std::vector<std::string> DiskFiles::paths(const std::string& begin) {
  const size_t slash = begin.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : begin.substr(0, slash + 1);
  const std::string name = begin.substr(folder.size());
  std::vector<std::string> out;
  const std::string where = folder.empty() ? "./" : from_home(folder);
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(where.c_str()), closedir);
  if (!open) return out;
  while (const dirent* entry = readdir(open.get())) {
    const std::string found = entry->d_name;
    if (found == "." || found == ".." || !found.starts_with(name) || (name.empty() && found[0] == '.')) continue;
    struct stat info {};
    const bool is_folder = stat((where + found).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    out.push_back(folder + found + (is_folder ? "/" : ""));
    if (out.size() == kMaxPaths) break;
  }
  std::sort(out.begin(), out.end());
  return out;
}

void DiskFiles::draw(const std::string& path, int columns, int rows) {
  pictures_.draw(path, columns, rows, form_, [this, path](const Result<Picture>& picture) {
    hear_(PictureDrawn{path, picture});
  });
}

void DiskFiles::set_form(const PictureForm& form) {
  if (form == form_) return;
  form_ = form;
  hear_(PictureFormChanged{});
}

}  // namespace fastchat::tui
