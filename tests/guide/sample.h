// What the samples of the documentation stand in; see extract.py.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <redstart/redstart.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace sample {

// redstart::open() with the server that the test has started in the place of the one that the text names.
inline redstart::result<redstart::Client> open(std::string url, redstart::OpenOptions options = {}) {
  const std::pair<std::string, const char*> replaced[] = {{"127.0.0.1:6379", std::getenv("REDSTART_SAMPLE_ADDRESS")},
                                                          {"/tmp/redstart.sock", std::getenv("REDSTART_SAMPLE_SOCKET")},
                                                          {"file:/tmp", std::getenv("REDSTART_SAMPLE_DIRECTORY")}};
  for (const auto& [written, real] : replaced) {
    const size_t place = url.find(written);
    if (real && place != std::string::npos) url.replace(place, written.size(), real);
  }
  return redstart::open(url, std::move(options));
}

struct Sample {
  Sample(const char* place, void (*function)(), bool runs);
  const char* place;  // page:line
  void (*function)();
  bool runs;  // false: it is only compiled
};

}  // namespace sample
