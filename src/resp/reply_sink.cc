#include "resp/reply_sink.h"

#include <charconv>

namespace redstart {

void ReplySink::bulk_integer(int64_t value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  bulk({text, static_cast<size_t>(end - text)});
}

}  // namespace redstart
