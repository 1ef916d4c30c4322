// Fuzzes RequestParser: the same bytes in one piece and in fragments give the same commands, or the
// same error; every word lies within the buffer (or is one of an inline command).
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resp/request_parser.h"
#include "tests/fuzz/fuzz_main.h"

namespace {

using redstart::RequestParser;

struct Outcome {
  std::vector<std::vector<std::string>> commands;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

// Parses as a connection does: what is complete is taken off the front of the buffer, the rest
// waits.
Outcome parse(std::string_view bytes, size_t fragment_bytes) {
  RequestParser parser;
  parser.set_limits({.bulk_bytes_max = 1 << 20, .unauthenticated = false});
  Outcome outcome;
  std::string buffer;
  for (size_t at = 0; at < bytes.size(); at += fragment_bytes) {
    buffer += bytes.substr(at, fragment_bytes);
    size_t begin = 0;
    std::vector<std::string_view> words;
    while (true) {
      size_t length;
      words.clear();
      const auto status = parser.next(std::string_view(buffer).substr(begin), words, length);
      if (status == RequestParser::Status::error) {
        outcome.error = parser.error();
        return outcome;
      }
      if (status == RequestParser::Status::need_more) break;
      if (status == RequestParser::Status::command) {
        outcome.commands.emplace_back(words.begin(), words.end());
      }
      begin += length;
    }
    buffer.erase(0, begin);
    parser.release();
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = parse(bytes, size);
  redstart::fuzz::require(whole == parse(bytes, 1 + data[size / 2] % 7),
                          "fragments change the outcome", bytes);
  return 0;
}

#ifndef REDSTART_LIBFUZZER
int main(int argc, char** argv) {
  constexpr std::string_view kSeeds[] = {
      "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n*1\r\n$4\r\nPING\r\n",
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\n\r\n*1\r\n$4\r\nPI\r\n",
      "PING\r\nSET \"a b\\x41\\n\" 'c\\'d'\r\n\r\n\nGET k\n",
      "*0\r\n*-1\r\n*1\r\n$0\r\n\r\n*1\r\n$70000\r\nabc",
      "*2147483648\r\n*1\r\n$1048577\r\n*1\r\n:1\r\n",
  };
  return redstart::fuzz::run(argc, argv, kSeeds, "\r\n$*:'\"\\ x0123456789-+aG");
}
#endif
