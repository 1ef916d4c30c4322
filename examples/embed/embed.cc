// The smallest program with a store in it: counts its arguments' words.
#include <cstdio>
#include <redstart/redstart.hpp>

int main(int argc, char** argv) {
  auto store = redstart::open("memory:");
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 1;
  }
  for (int i = 1; i < argc; ++i) store->zincrby("words", 1, argv[i]).value();
  const auto words = store->zrevrange_with_scores("words", 0, -1);
  if (!words) {
    std::fprintf(stderr, "%s\n", words.error().message.c_str());
    return 1;
  }
  for (const auto& [word, count] : *words) std::printf("%.0f %s\n", count, word.c_str());
  return 0;
}
