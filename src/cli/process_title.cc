#include "cli/process_title.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

namespace redstart {
namespace {

// The kernel shows the bytes from the first argument to the end of the environment.
std::span<char> title_bytes;

std::string listen_address(const Config& config) {
  if (config.port() == 0) return "unixsocket:" + config.unix_socket();
  const auto addresses = config.bind_addresses();
  std::string address = addresses.empty() ? "*" : addresses.front();
  if (address.starts_with('-')) address.erase(0, 1);
  return address + ":" + std::to_string(config.port());
}

}  // namespace

void ProcessTitle::prepare(int argc, char** argv) {
  if (argc == 0) return;
  char* end = argv[0];
  const auto extend = [&](char* text) {
    if (text == end) end = text + std::strlen(text) + 1;
  };
  for (int i = 0; i < argc; ++i) extend(argv[i]);
  std::vector<std::string> variables;
  for (char** variable = environ; *variable; ++variable) {
    extend(*variable);
    variables.emplace_back(*variable);
  }
  ::clearenv();
  for (const std::string& variable : variables) {
    const size_t equals = variable.find('=');
    if (equals == std::string::npos) continue;
    ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  title_bytes = {argv[0], end};
}

void ProcessTitle::set(std::string_view title) {
  if (title_bytes.empty()) return;
  const std::string_view cut = title.substr(0, title_bytes.size() - 1);
  std::ranges::fill(title_bytes, '\0');
  std::ranges::copy(cut, title_bytes.begin());
}

std::string process_title(const Config& config, const std::string& program) {
  const std::map<std::string, std::string, std::less<>> variables = {
      {"title", program},
      {"listen-addr", listen_address(config)},
      {"server-mode", ""},
      {"port", std::to_string(config.port())},
      {"tls-port", config.value_of("tls-port").value_or("")},
      {"unixsocket", config.unix_socket()},
      {"config-file", config.file_path()},
  };
  const std::string pattern = config.value_of("proc-title-template").value_or("");
  std::string title;
  for (size_t at = 0; at < pattern.size();) {
    const size_t end = pattern[at] == '{' ? pattern.find('}', at) : std::string::npos;
    const auto found = end == std::string::npos
                           ? variables.end()
                           : variables.find(std::string_view(pattern).substr(at + 1, end - at - 1));
    if (found == variables.end()) {
      title += pattern[at++];
    } else {
      title += found->second;
      at = end + 1;
    }
  }
  title.erase(title.find_last_not_of(' ') + 1);
  return title;
}

}  // namespace redstart
