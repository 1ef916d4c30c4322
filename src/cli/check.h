// redstart check FILE|DIRECTORY [--fix]: tells what is in a store's files, and whether a store could load them.
#pragma once

#include <span>
#include <string>

namespace redstart {

// 0: sound; 1: something is wrong; 2: it could not be looked, or the arguments are wrong.
int check(std::span<const std::string> arguments);

}  // namespace redstart
