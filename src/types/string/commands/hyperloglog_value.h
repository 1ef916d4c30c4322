// What the HyperLogLog commands have in common: values checked on the way in, and put back.
//
// Threads: as CommandContext.
#pragma once

#include <string>
#include <string_view>

#include "execution/command_context.h"
#include "types/string/hyperloglog.h"

namespace redstart {

// A key's value for reading; views into `buffer` for a string that is an integer. Only valid
// headers come back: a wrong type, and a string that is something else, have been replied.
struct ReadSketch {
  bool failed = false;
  bool exists = false;
  std::string_view value = {};
};
ReadSketch read_sketch(CommandContext& c, std::string_view key);

// Whether the key that is edited holds a HyperLogLog or nothing; false: the error has been replied.
bool holds_sketch(CommandContext& c, const Edit& edit);
// Keeps a changed value under the key, in the raw encoding.
void store_sketch(Edit& edit, std::string_view value);

void reply_corrupt_sketch(CommandContext& c);

}  // namespace redstart
