// Runs inputs through a target with the ordinary compiler: fuzz_replay TARGET FOLDER. An input that breaks a property
// aborts the program, with the input's name as the last line. Exits with 1 when the folder has no input, because then
// nothing was tested.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "tests/fuzz/targets.h"

namespace {

std::vector<std::filesystem::path> inputs_of(const char* folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: fuzz_replay TARGET FOLDER\n");
    return 2;
  }
  const auto* target = std::find_if(std::begin(fastchat::fuzz::kTargets), std::end(fastchat::fuzz::kTargets),
                                    [argv](const auto& t) { return std::strcmp(t.name, argv[1]) == 0; });
  if (target == std::end(fastchat::fuzz::kTargets)) {
    std::fprintf(stderr, "no target is named %s\n", argv[1]);
    return 2;
  }
  const auto inputs = inputs_of(argv[2]);
  for (const auto& path : inputs) {
    std::fprintf(stderr, "%s\n", path.c_str());
    std::ifstream file(path, std::ios::binary);
    const fastchat::Bytes bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    target->run(bytes);
  }
  std::printf("%zu inputs of %s\n", inputs.size(), target->name);
  return inputs.empty() ? 1 : 0;
}
