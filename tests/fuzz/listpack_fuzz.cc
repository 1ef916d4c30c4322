// Fuzzes the packed encodings: the input is a program of operations that runs on a listpack and on
// an intset, and on plain vectors and sets beside them; the contents must agree, and a listpack
// must validate. The raw input is also given to listpack::validate, which must withstand any bytes.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/numbers.h"
#include "tests/fuzz/fuzz_main.h"
#include "types/intset.h"
#include "types/listpack.h"

namespace {

namespace listpack = redstart::listpack;
namespace intset = redstart::intset;

// Takes the input apart.
class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}
  bool is_over() const { return bytes_.empty(); }
  uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto value = static_cast<uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    return value;
  }
  // Numbers of all widths, and texts, some of them long.
  std::string text() {
    const uint8_t kind = byte();
    if (kind < 128) {
      const std::string_view taken = bytes_.substr(0, kind % 32);
      bytes_.remove_prefix(taken.size());
      return std::string(taken);
    }
    if (kind < 140) return std::string(size_t{64} << (kind % 8), static_cast<char>(byte()));
    return std::to_string(number());
  }
  int64_t number() {
    const unsigned shift = byte() % 63;
    const int64_t value = (int64_t{1} << shift) + byte() - 128;
    return byte() % 2 ? value : -value;
  }

 private:
  std::string_view bytes_;
};

void run_on_listpack(Script script, std::string_view input) {
  listpack::Blob blob = listpack::create();
  std::vector<std::string> model;
  while (!script.is_over() && model.size() < 200) {
    const uint8_t operation = script.byte();
    const auto index = model.empty() ? 0 : static_cast<int64_t>(script.byte() % model.size());
    const size_t position = model.empty() ? listpack::kNone : listpack::seek(blob, index);
    if (operation % 4 < 2 || model.empty()) {
      const std::string text = script.text();
      listpack::insert(blob, position, text);
      model.insert(model.begin() + index, text);
    } else if (operation % 4 == 2) {
      const std::string text = script.text();
      listpack::replace(blob, position, text);
      model[static_cast<size_t>(index)] = text;
    } else {
      const size_t count =
          std::min<size_t>(1 + script.byte() % 3, model.size() - static_cast<size_t>(index));
      listpack::erase(blob, position, count);
      model.erase(model.begin() + index, model.begin() + index + static_cast<int64_t>(count));
    }
    redstart::fuzz::require(listpack::validate(blob, listpack::bytes(blob)),
                            "a listpack is not well-formed", input);
  }
  std::vector<std::string> contents;
  for (size_t at = listpack::first(blob); at != listpack::kNone; at = listpack::next(blob, at)) {
    char buffer[24];
    contents.emplace_back(listpack::get(blob, at).text(buffer));
  }
  redstart::fuzz::require(contents == model, "a listpack differs from the model", input);
  std::ranges::reverse(model);
  contents.clear();
  for (size_t at = listpack::last(blob); at != listpack::kNone; at = listpack::previous(blob, at)) {
    char buffer[24];
    contents.emplace_back(listpack::get(blob, at).text(buffer));
  }
  redstart::fuzz::require(contents == model, "a listpack differs backwards", input);
  listpack::free(blob);
}

void run_on_intset(Script script, std::string_view input) {
  intset::Blob blob = intset::create();
  std::set<int64_t> model;
  while (!script.is_over() && model.size() < 600) {
    const bool removes = script.byte() % 3 == 0;
    const int64_t value = script.number();
    const bool changed = removes ? intset::remove(blob, value) : intset::add(blob, value);
    const bool expected = removes ? model.erase(value) == 1 : model.insert(value).second;
    redstart::fuzz::require(changed == expected, "an intset tells another outcome", input);
  }
  std::vector<int64_t> contents;
  for (size_t i = 0; i < intset::count(blob); ++i) contents.push_back(intset::get(blob, i));
  redstart::fuzz::require(std::ranges::equal(contents, model), "an intset differs", input);
  intset::free(blob);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  run_on_listpack(Script(input), input);
  run_on_intset(Script(input), input);
  // A copy of exactly this size, so that a sanitizer sees a read beyond it.
  const std::vector<uint8_t> exact(input.begin(), input.end());
  [[maybe_unused]] const bool valid = listpack::validate(exact.data(), exact.size());
  return 0;
}

#ifndef REDSTART_LIBFUZZER
int main(int argc, char** argv) {
  std::string long_seed;
  for (int i = 0; i < 300; ++i) long_seed.push_back(static_cast<char>(i * 37));
  const std::string_view seeds[] = {
      {"\x00\x00\x05hello\x01\x00\xff\x10\x01\x01\x02\x00\x80\x33\x03\x00\x01", 18},
      {"\x0c\x00\x00\x00\x02\x00\x81\x61\x02\x05\x01\xff", 12},
      long_seed,
  };
  return redstart::fuzz::run(argc, argv, seeds,
                             std::string_view("\x00\x01\x02\x03\x7f\x80\x8a\xc0\xf0\xff", 10));
}
#endif
