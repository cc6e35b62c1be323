// Implements LocalFiles. Reads files on a thread, has a child process draw pictures, and lists names for completion.
// The answers come from the loop.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/tui/pages/event.h"
#include "client/tui/pages/local_file_reader.h"
#include "client/tui/picture/loader.h"
#include "client/tui/ports/local_files.h"

namespace fastchat::tui {

class DiskFiles : public LocalFiles {
 public:
  DiskFiles(Loop& loop, EventHandler hear);

  std::vector<std::string> paths(const std::string& begin) override;
  void read(const std::string& path) override { reader_.read(path); }
  void draw(const std::string& path, int columns, int rows) override;

  // Sets the form of pictures. Sends PictureFormChanged when the form differs from the one before.
  void set_form(const PictureForm& form);
  const PictureForm& form() const { return form_; }

 private:
  EventHandler hear_;
  PictureLoader pictures_;
  PictureForm form_;
  LocalFileReader reader_;
};

}  // namespace fastchat::tui
