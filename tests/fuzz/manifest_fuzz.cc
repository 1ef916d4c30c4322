// Fuzzes manifests of logs: what is understood is written again as something that means the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "durability/log/manifest.h"
#include "tests/fuzz/fuzz_main.h"
#include "tests/fuzz/seeds.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto manifest = redstart::parse_manifest(input);
  if (!manifest) {
    redstart::fuzz::require(!manifest.error().empty(), "nothing is said", input);
    return 0;
  }
  const std::string text = manifest->text();
  const auto again = redstart::parse_manifest(text);
  const bool is_empty = !manifest->base && manifest->increments.empty() && manifest->history.empty();
  redstart::fuzz::require(is_empty || (again && again->text() == text), "what was written means something else", input);
  for (const redstart::LogFile& file : manifest->increments) {
    redstart::fuzz::require(file.name.find('/') == std::string::npos, "a name leads elsewhere", input);
  }
  return 0;
}

#ifndef REDSTART_LIBFUZZER
int main(int argc, char** argv) {
  const redstart::fuzz::SeedFiles seeds("manifest");
  return redstart::fuzz::run(argc, argv, seeds.views(), "bih 0123456789\n\"'\\#.-/");
}
#endif
