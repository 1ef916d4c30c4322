// guide_samples: runs the samples of the documentation one after the other. Exits with 1 when one ends by an exception.
//
//   guide_samples [PART OF page:line]
#include <exception>
#include <string_view>

#include "tests/guide/sample.h"

namespace sample {
namespace {

std::vector<const Sample*>& samples() {
  static std::vector<const Sample*> all;
  return all;
}

}  // namespace

Sample::Sample(const char* sample_place, void (*sample_function)(), bool sample_runs)
    : place(sample_place), function(sample_function), runs(sample_runs) {
  samples().push_back(this);
}

}  // namespace sample

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  int ran = 0, failed = 0;
  for (const sample::Sample* one : sample::samples()) {
    if (!one->runs || std::string_view(one->place).find(wanted) == std::string_view::npos) continue;
    std::printf("--- %s\n", one->place);
    std::fflush(stdout);
    ++ran;
    try {
      one->function();
    } catch (const std::exception& error) {
      std::printf("FAILED: %s: %s\n", one->place, error.what());
      ++failed;
    }
  }
  std::printf("%d samples ran, %d failed\n", ran, failed);
  return ran == 0 || failed > 0 ? 1 : 0;
}
