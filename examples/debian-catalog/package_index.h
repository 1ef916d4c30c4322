// The Debian package index of this machine, package by package.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

struct Package {
  std::string name, version, section, priority, maintainer, description;
  int64_t installed_kib = 0;
  int64_t download_bytes = 0;
  std::vector<std::string> tags;          // debtags: "role::program"
  std::vector<std::string> dependencies;  // names; of alternatives the first
};

// Reads the index as a stream, so that memory stays small however long it is.
class PackageIndex {
 public:
  // From a file in the format of Debian's Packages files, or from apt-cache when `path` is empty.
  // Throws std::runtime_error when there is nothing to read.
  explicit PackageIndex(const std::string& path);
  ~PackageIndex();
  PackageIndex(const PackageIndex&) = delete;

  // The next package; nothing at the end.
  std::optional<Package> next();

 private:
  bool read_line(std::string& line);

  std::FILE* stream_;
  const bool is_process_;
};
