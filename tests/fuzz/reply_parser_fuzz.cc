// Fuzzes ReplyParser: the same bytes in one piece and in fragments give the same replies, or both
// an error.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resp/reply_parser.h"
#include "tests/fuzz/fuzz_main.h"

namespace {

using redstart::Reply;

struct Outcome {
  std::vector<Reply> replies;
  bool failed = false;
};

Outcome parse(std::string_view bytes, size_t fragment_bytes) {
  redstart::ReplyParser parser({.bulk_bytes_max = 1 << 20,
                                .elements_max = 1 << 20,
                                .line_bytes_max = 256,
                                .nesting_max = 16});
  Outcome outcome;
  for (size_t at = 0; at < bytes.size() && !outcome.failed; at += fragment_bytes) {
    parser.feed(bytes.substr(at, fragment_bytes));
    while (true) {
      auto reply = parser.next();
      if (!reply) outcome.failed = true;
      if (!reply || !*reply) break;
      outcome.replies.push_back(std::move(**reply));
    }
  }
  return outcome;
}

// NaN, which equals nothing, is compared by its kind.
bool same(const Reply& a, const Reply& b) {
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (a.type() == Reply::Type::number) {
    return a.as_number() == b.as_number() ||
           (a.as_number() != a.as_number() && b.as_number() != b.as_number());
  }
  for (size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return a.is_aggregate() || a == b;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = parse(bytes, size);
  const Outcome fragments = parse(bytes, 1 + data[0] % 7);
  bool equal = whole.failed == fragments.failed && whole.replies.size() == fragments.replies.size();
  for (size_t i = 0; equal && i < whole.replies.size(); ++i) {
    equal = same(whole.replies[i], fragments.replies[i]);
  }
  redstart::fuzz::require(equal, "fragments change the outcome", bytes);
  return 0;
}

#ifndef REDSTART_LIBFUZZER
int main(int argc, char** argv) {
  constexpr std::string_view kSeeds[] = {
      "+OK\r\n-ERR x\r\n:12\r\n$3\r\nabc\r\n$-1\r\n*-1\r\n_\r\n#t\r\n,1.5\r\n(123\r\n",
      "*2\r\n$1\r\na\r\n*1\r\n:1\r\n%1\r\n+k\r\n~1\r\n+v\r\n>2\r\n+message\r\n+x\r\n",
      "|1\r\n+ttl\r\n:1\r\n=7\r\ntxt:abc\r\n!3\r\nERR\r\n*3\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n:"
      "3\r\n",
      "*1\r\n*1\r\n*1\r\n*1\r\n*0\r\n,inf\r\n,-inf\r\n,nan\r\n",
  };
  return redstart::fuzz::run(argc, argv, kSeeds, "\r\n$*+-:_#,(=!%~>|0123456789tfa?");
}
#endif
