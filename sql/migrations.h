// The schema's migrations, in order, as the files of this folder hold them. Forward only.
#pragma once

#include <string>
#include <vector>

namespace fastchat::sql {

struct Migration {
  int number;        // from 1, consecutive
  std::string name;  // file name without ".sql"
  std::string text;
};

const std::vector<Migration>& migrations();

}  // namespace fastchat::sql
