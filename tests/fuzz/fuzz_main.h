// The main function of fuzz targets that are not built with libFuzzer: PROGRAM SECONDS mutates the
// target's seeds. The random numbers start from the same state each time, so that a failure
// repeats.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace redstart::fuzz {

inline void mutate(std::string& input, std::span<const std::string_view> seeds,
                   std::string_view alphabet, std::mt19937_64& random) {
  const size_t at = random() % (input.size() + 1);
  switch (random() % 5) {
    case 0:
      input.insert(at, 1, alphabet[random() % alphabet.size()]);
      break;
    case 1:
      input.erase(at, random() % 4);
      break;
    case 2:
      input.insert(at, seeds[random() % seeds.size()]);
      break;
    case 3:
      if (at < input.size()) input[at] = static_cast<char>(random());
      break;
    default:
      if (at < input.size()) input[at] = alphabet[random() % alphabet.size()];
  }
}

// Gives mutated seeds to the target until the time is over; the target aborts when it finds a
// fault.
inline int run(int argc, char** argv, std::span<const std::string_view> seeds,
               std::string_view alphabet) {
  const std::chrono::seconds duration(argc > 1 ? std::atoi(argv[1]) : 10);
  const auto end = std::chrono::steady_clock::now() + duration;
  std::mt19937_64 random(20240607);
  uint64_t runs = 0;
  while (std::chrono::steady_clock::now() < end) {
    std::string input(seeds[random() % seeds.size()]);
    for (uint64_t i = random() % 8; i > 0; --i) mutate(input, seeds, alphabet, random);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
    ++runs;
  }
  std::printf("%llu inputs, no fault\n", static_cast<unsigned long long>(runs));
  return 0;
}

// Ends the program with the input shown, when `holds` is false.
inline void require(bool holds, const char* what, std::string_view input) {
  if (holds) return;
  std::fprintf(stderr, "%s, for the input:\n", what);
  std::fwrite(input.data(), 1, input.size(), stderr);
  std::abort();
}

}  // namespace redstart::fuzz
