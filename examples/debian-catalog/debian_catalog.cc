// debian-catalog: loads this machine's Debian package index into a store and answers questions from
// it.
//
//   debian-catalog [URL] [--index FILE]
//
// URL is any store: memory: (the default), redis://127.0.0.1:6379, unix:/path/to/socket.
//
// What it stores, for package P, section S and tag T:
//   package:P            hash        version, section, priority, maintainer, description, sizes
//   section:S, tag:T     sets        names of packages
//   sizes, sizes:S       sorted sets packages by installed size in KiB
//   depends:P, needed:P  sets        whom P depends on, who depends on P
//   dependents           sorted set  packages by how many depend on them
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <deque>
#include <redstart/redstart.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "package_index.h"

namespace {

using Clock = std::chrono::steady_clock;

// Ends the program with what went wrong when a call failed.
template <class T>
T must(redstart::result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// --- Loading

// The writes that a package becomes.
std::vector<redstart::WriteOp> writes_of(const Package& package) {
  const std::string kib = std::to_string(package.installed_kib);
  std::vector<redstart::WriteOp> writes;
  writes.push_back({"HSET", "package:" + package.name, "version", package.version, "section",
                    package.section, "priority", package.priority, "maintainer", package.maintainer,
                    "description", package.description, "installed_kib", kib, "download_bytes",
                    std::to_string(package.download_bytes)});
  writes.push_back({"SADD", "section:" + package.section, package.name});
  writes.push_back({"ZADD", "sizes", kib, package.name});
  writes.push_back({"ZADD", "sizes:" + package.section, kib, package.name});
  for (const std::string& tag : package.tags) {
    writes.push_back({"SADD", "tag:" + tag, package.name});
  }
  if (!package.dependencies.empty()) {
    redstart::WriteOp depends{"SADD", "depends:" + package.name};
    depends.insert(depends.end(), package.dependencies.begin(), package.dependencies.end());
    writes.push_back(std::move(depends));
  }
  for (const std::string& needed : package.dependencies) {
    writes.push_back({"SADD", "needed:" + needed, package.name});
    writes.push_back({"ZINCRBY", "dependents", "1", needed});
  }
  return writes;
}

struct Loaded {
  size_t packages = 0;
  size_t writes = 0;
  double seconds = 0;  // in the store, without the reading of the index
};

Loaded load(redstart::Client& client, PackageIndex& index) {
  redstart::PipelinedWriter writer(client);
  Loaded loaded;
  std::deque<redstart::WriteOp> pending;
  double reading_s = 0;
  const auto start = Clock::now();
  const auto next = [&]() -> std::optional<redstart::WriteOp> {
    if (pending.empty()) {
      const auto read_start = Clock::now();
      if (const auto package = index.next()) {
        ++loaded.packages;
        for (auto& write : writes_of(*package)) pending.push_back(std::move(write));
      }
      reading_s += seconds_since(read_start);
    }
    if (pending.empty()) return std::nullopt;
    redstart::WriteOp write = std::move(pending.front());
    pending.pop_front();
    return write;
  };
  loaded.writes =
      must(writer.stream_write(next, [](const redstart::WriteOp& write, const auto& error) {
        std::fprintf(stderr, "%s %s failed: %s\n", write[0].c_str(), write[1].c_str(),
                     error.message.c_str());
      }));
  loaded.seconds = seconds_since(start) - reading_s;
  return loaded;
}

// --- Questions

void show_largest(redstart::Client& client, const std::string& section) {
  std::printf("\nThe largest packages of the section %s:\n", section.c_str());
  for (const auto& [name, kib] : must(client.zrevrange_with_scores("sizes:" + section, 0, 4))) {
    const auto description = must(client.hget("package:" + name, "description"));
    std::printf("  %8.1f MiB  %-28s %s\n", kib / 1024, name.c_str(),
                description.value_or("").substr(0, 44).c_str());
  }
}

void show_tagged(redstart::Client& client, const std::vector<std::string>& tags) {
  std::vector<std::string> keys;
  std::string title;
  for (const std::string& tag : tags) {
    keys.push_back("tag:" + tag);
    title += (title.empty() ? "" : ", ") + tag;
  }
  auto names = must(client.sinter(keys));
  std::ranges::sort(names);
  std::printf("\n%zu packages are tagged %s:\n ", names.size(), title.c_str());
  for (size_t i = 0; i < std::min<size_t>(names.size(), 8); ++i) {
    std::printf(" %s", names[i].c_str());
  }
  std::printf("%s\n", names.size() > 8 ? " ..." : "");
}

void show_most_needed(redstart::Client& client) {
  std::printf("\nThe packages that most others depend on:\n");
  for (const auto& [name, count] : must(client.zrevrange_with_scores("dependents", 0, 4))) {
    std::printf("  %8.0f  %s\n", count, name.c_str());
  }
}

// Everything that `name` needs, directly or not: one pipeline for each step away from it.
void show_closure(redstart::Client& client, const std::string& name) {
  std::set<std::string> seen{name};
  std::vector<std::string> frontier{name};
  size_t steps = 0;
  while (!frontier.empty()) {
    auto pipeline = client.pipeline();
    std::vector<redstart::Pending<std::vector<std::string>>> replies;
    for (const std::string& package : frontier) {
      replies.push_back(pipeline.smembers("depends:" + package));
    }
    if (auto ran = pipeline.run(); !ran) throw std::runtime_error(ran.error().message);
    frontier.clear();
    for (const auto& reply : replies) {
      for (const std::string& needed : must(*reply)) {
        if (seen.insert(needed).second) frontier.push_back(needed);
      }
    }
    if (!frontier.empty()) ++steps;
  }
  const auto dependents = must(client.scard("needed:" + name));
  std::printf("\n%s needs %zu other packages, at most %zu steps away; %" PRId64
              " packages depend on it directly\n",
              name.c_str(), seen.size() - 1, steps, dependents);
}

double used_mib(redstart::Client& client) {
  const std::string info = must(client.info("memory"));
  const std::string field = "used_memory:";
  const size_t at = info.find(field);
  return at == std::string::npos ? 0 : std::stod(info.substr(at + field.size())) / (1 << 20);
}

void answer(redstart::Client& client) {
  const auto start = Clock::now();
  show_largest(client, "games");
  show_tagged(client, {"role::program", "interface::commandline", "implemented-in::c++"});
  show_most_needed(client);
  show_closure(client, "git");
  std::printf("\nanswered in %.1f ms\n", seconds_since(start) * 1000);
}

}  // namespace

int main(int argc, char** argv) try {
  std::string url = "memory:", index_path;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--index" && i + 1 < argc) {
      index_path = argv[++i];
    } else if (!argument.starts_with("-")) {
      url = argument;
    } else {
      std::fprintf(stderr, "usage: debian-catalog [URL] [--index FILE]\n");
      return 2;
    }
  }
  redstart::Client client = must(redstart::open(url));
  PackageIndex index(index_path);
  const double before_mib = used_mib(client);
  const Loaded loaded = load(client, index);
  if (loaded.packages == 0) {
    throw std::runtime_error("the package index is empty; run 'apt-get update' first");
  }
  std::printf("%zu packages became %zu writes to %s in %.2f s: %.0f writes/s\n", loaded.packages,
              loaded.writes, url.c_str(), loaded.seconds,
              static_cast<double>(loaded.writes) / loaded.seconds);
  std::printf("%" PRId64 " keys take %.1f MiB\n", must(client.dbsize()),
              used_mib(client) - before_mib);
  answer(client);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "debian-catalog: %s\n", error.what());
  return 1;
}
