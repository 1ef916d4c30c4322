// Files as seeds: those under tests/fuzz/seeds whose names end in a certain way.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace redstart::fuzz {

class SeedFiles {
 public:
  explicit SeedFiles(std::string_view ending) {
    std::vector<std::filesystem::path> paths;
    for (const auto& file : std::filesystem::directory_iterator(REDSTART_FUZZ_SEEDS)) {
      if (file.path().string().ends_with(ending)) paths.push_back(file.path());
    }
    std::ranges::sort(paths);
    for (const auto& path : paths) {
      std::ifstream file(path, std::ios::binary);
      files_.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    views_.assign(files_.begin(), files_.end());
  }
  const std::vector<std::string_view>& views() const { return views_; }

 private:
  std::vector<std::string> files_;
  std::vector<std::string_view> views_;
};

}  // namespace redstart::fuzz
