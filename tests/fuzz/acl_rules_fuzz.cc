// Fuzzes the rules of users: whatever they are, they are taken or refused; what they come to can be said in
// rules again, which come to the same; and a refused rule changes nothing.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "command/table.h"
#include "execution/acl/rights.h"
#include "tests/fuzz/fuzz_main.h"

namespace {

using namespace redstart;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = text.find(' ');
    if (end != 0) words.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return words;
}

const AclCatalog& catalog() {
  static const CommandTable table(command_specs());
  static const AclCatalog catalog(table);
  return catalog;
}

// Quotes, and parentheses in patterns, are shown as they are, although they mean something in a rule.
bool is_clear(const AclRights& rights, std::string_view input) {
  const std::string text = rights.describe();
  const auto selectors = static_cast<ptrdiff_t>(rights.selectors().size() - 1);
  return input.find_first_of("\"'\\") == std::string_view::npos &&
         std::ranges::count(text, '(') == selectors && std::ranges::count(text, ')') == selectors;
}

void check(std::string_view input) {
  AclRights rights(catalog(), false);
  for (const std::string& rule : merge_selectors(words_of(input)).rules) {
    const std::string before = rights.describe();
    if (rights.apply(rule)) fuzz::require(rights.describe() == before, "a refused rule changes", input);
  }
  if (!is_clear(rights, input)) return;
  AclRights again(catalog(), false);
  for (const std::string& rule : merge_selectors(words_of(rights.describe())).rules) {
    fuzz::require(!again.apply(rule), "a description is refused", input);
  }
  fuzz::require(again.describe() == rights.describe(), "a description means something else", input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check({reinterpret_cast<const char*>(data), size});
  return 0;
}

#ifndef REDSTART_LIBFUZZER
int main(int argc, char** argv) {
  constexpr std::string_view kSeeds[] = {
      "on >secret ~app:* +@read -get", "(+set ~a* &c)", " +config|get ", " -config ", " reset ",
      " +@all -@dangerous ", " %R~x %W~x ", " resetkeys allchannels ", " +select|1 -select ", "&news.* "};
  return redstart::fuzz::run(argc, argv, kSeeds, "+-@~%&()<>#!|*RW aget");
}
#endif
