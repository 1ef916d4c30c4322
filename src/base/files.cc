#include "base/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace redstart {

std::optional<std::string> read_whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.good() && !file.eof()) return std::nullopt;
  return std::move(text).str();
}

std::optional<std::string> replace_file(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".tmp";
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file << text;
    file.flush();
    if (!file) return std::strerror(errno);
  }
  if (std::rename(temporary.c_str(), path.c_str()) == 0) return std::nullopt;
  const std::string problem = std::strerror(errno);
  std::remove(temporary.c_str());
  return problem;
}

}  // namespace redstart
