// redstart convert FROM TO [--from-format F] [--to-format F]: data from one kind of file to another.
#pragma once

#include <span>
#include <string>

namespace redstart {

// 0: done; 1: something is wrong with FROM, or TO cannot be written; 2: the arguments are wrong.
int convert_files(std::span<const std::string> arguments);

}  // namespace redstart
