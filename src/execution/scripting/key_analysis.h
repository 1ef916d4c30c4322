// Whether a script, or the functions of a library, provably touch no keys but those that a call declares. Such calls
// run in parallel, under the locks of their keys; all others run one at a time and may take more locks as they go.
//
// The proof is made of words, not of a syntax tree, and is careful: whatever is not known to be harmless means
// no. It holds when
//   1. `redis` is only used as redis.call(...) and redis.pcall(...) of a literal command name, and for members
//      that reach no keys;
//   2. each key argument of those is KEYS[...], or a local that is bound to nothing but KEYS[...];
//   3. KEYS is only read by index or length;
//   4. nothing loads code or reaches globals by other names.
// In a library, the first parameter of the functions that it registers stands for KEYS. It has the same name in all of
// them, nothing else calls them, and no function is made within another, so that none keeps the keys of another call.
// A wrong yes would be an error for the script's caller, not for anybody else: what a script may touch is checked
// again when it does.
//
// Threads: thread-safe.
#pragma once

#include <string_view>

namespace redstart {

class CommandTable;

// `body` is the script without its shebang. Cost: linear.
bool stays_with_its_keys(std::string_view body, const CommandTable& commands);
// The same of all functions of a library; `body` is its code without the shebang.
bool library_stays_with_its_keys(std::string_view body, const CommandTable& commands);

}  // namespace redstart
