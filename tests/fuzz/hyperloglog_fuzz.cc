// Fuzzes HyperLogLog values, which are any client's bytes: the input is the body of a sparse value
// (and, made as long, of a dense one) that is read, merged, converted and raised in all ways. All
// ways must agree on whether it is corrupt and on its registers, and a raised register must have
// its rank.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz_main.h"
#include "types/string/dense_registers.h"
#include "types/string/hyperloglog.h"

namespace {

namespace hyperloglog = redstart::hyperloglog;
using hyperloglog::Raised;
using hyperloglog::Registers;

std::string header(bool dense) {
  std::string bytes = hyperloglog::make().substr(0, hyperloglog::kHeaderBytes);
  bytes[4] = dense ? 0 : 1;
  return bytes;
}

void check_sparse(const std::string& value, std::string_view input) {
  Registers registers{};
  const bool whole = hyperloglog::merge(value, registers);
  const auto estimate = hyperloglog::estimate(value);
  redstart::fuzz::require(estimate.has_value() == whole, "an estimate of a corrupt value", input);
  std::string dense = value;
  redstart::fuzz::require(hyperloglog::to_dense(dense) == whole, "a corrupt value converted",
                          input);
  if (!whole) return;
  redstart::fuzz::require(hyperloglog::estimate(dense) == estimate, "estimates differ", input);
  redstart::fuzz::require(hyperloglog::make_dense(value, registers) == dense, "registers differ",
                          input);
}

void check_raised(std::string value, std::string_view input) {
  Registers before{};
  const bool was_whole = hyperloglog::merge(value, before);
  for (const char byte : input.substr(0, 24)) {
    const auto bits = static_cast<uint8_t>(byte);
    const hyperloglog::Observation seen{
        .index = static_cast<uint32_t>(bits * 1021 % hyperloglog::kRegisterCount),
        .rank = static_cast<uint8_t>(bits % 40 + 1)};
    const Raised raised = hyperloglog::raise(value, seen, 60);
    redstart::fuzz::require(!was_whole || raised != Raised::corrupt, "a whole value is refused",
                            input);
    if (raised == Raised::corrupt) return;
    before[seen.index] = std::max(before[seen.index], seen.rank);
  }
  if (!was_whole) return;
  Registers after{};
  redstart::fuzz::require(hyperloglog::merge(value, after), "a raised value is corrupt", input);
  redstart::fuzz::require(after == before, "other registers were raised", input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string sparse = header(false).append(input);
  redstart::fuzz::require(hyperloglog::is_valid(sparse), "a sparse header is refused", input);
  redstart::fuzz::require(hyperloglog::describe_runs(sparse).empty() == input.empty(), "no runs",
                          input);
  check_sparse(sparse, input);
  check_raised(sparse, input);
  std::string dense = header(true);
  while (!input.empty() && dense.size() < hyperloglog::kDenseBytes) dense.append(input);
  dense.resize(hyperloglog::kDenseBytes);
  check_raised(dense, input);
  (void)hyperloglog::estimate(dense);
  return 0;
}

#ifndef REDSTART_LIBFUZZER
int main(int argc, char** argv) {
  const std::string_view seeds[] = {
      {"\x7f\xff", 2},
      {"`\xf3\x80P\xb1\x84K\xfb\x80\x42Z", 11},
      {"\x3f\x3f\x3f\x3f\x7e\xff", 6},
      {"\x83\x83\xff\x80\x7f\xf2", 6},
  };
  return redstart::fuzz::run(argc, argv, seeds,
                             std::string_view("\x00\x01\x3f\x40\x7f\x80\x83\x84\xfc\xff", 10));
}
#endif
