#include "base/lanes.h"

#include <sched.h>

#include <algorithm>

namespace redstart {

size_t usable_processors() {
  cpu_set_t processors;
  if (::sched_getaffinity(0, sizeof processors, &processors) != 0) {
    return std::max(1u, std::thread::hardware_concurrency());
  }
  return static_cast<size_t>(CPU_COUNT(&processors));
}

}  // namespace redstart
