#include "redstart/patterns/kernel_check.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace redstart {
namespace {

struct Row {
  const char* name;
  const char* recommended;
  bool more_is_fine;  // a limit: higher values do no harm
  const char* note;
};

constexpr Row kRows[] = {
    {"net.core.rmem_max", "16777216", true, "the largest receive buffer of a socket"},
    {"net.core.wmem_max", "16777216", true, "the largest send buffer of a socket"},
    {"net.ipv4.tcp_rmem", "4096 87380 16777216", true, "receive buffers of TCP: least, at first, most"},
    {"net.ipv4.tcp_wmem", "4096 65536 16777216", true, "send buffers of TCP: least, at first, most"},
    {"net.core.somaxconn", "65535", true, "connections that wait to be accepted; cuts the server's tcp-backlog"},
    {"net.ipv4.tcp_max_syn_backlog", "65535", true, "connections that are being opened"},
    {"net.ipv4.tcp_fin_timeout", "30", false, "seconds that a closing connection is kept"},
    {"net.ipv4.tcp_tw_reuse", "1", false, "lets outgoing connections reuse ports: for machines with clients"},
    {"vm.overcommit_memory", "1", false, "lets a server fork for a snapshot when memory is short: for redis-server"},
    {"vm.swappiness", "1", false, "keeps the data out of the swap, machine-wide"},
};

std::vector<long long> numbers_in(const std::string& text) {
  std::istringstream stream(text);
  std::vector<long long> numbers;
  for (long long number; stream >> number;) numbers.push_back(number);
  return numbers;
}

bool meets(const Row& row, const std::string& actual) {
  const auto wanted = numbers_in(row.recommended), found = numbers_in(actual);
  if (!row.more_is_fine) return wanted == found;
  return wanted.size() == found.size() &&
         std::ranges::equal(found, wanted, [](long long have, long long want) { return have >= want; });
}

}  // namespace

std::vector<KernelSetting> check_kernel(const std::string& root) {
  std::vector<KernelSetting> settings;
  for (const Row& row : kRows) {
    KernelSetting setting{row.name, row.recommended, {}, KernelSetting::State::unreadable, row.note};
    std::string path = setting.name;
    std::ranges::replace(path, '.', '/');
    std::ifstream file(root + "/" + path);
    if (std::getline(file, setting.actual)) {
      std::ranges::replace(setting.actual, '\t', ' ');
      setting.state = meets(row, setting.actual) ? KernelSetting::State::ok : KernelSetting::State::deviates;
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

}  // namespace redstart
