// Durability: how far a write must have come on its way to the disk before its call returns.
#pragma once

#include <cstdint>

namespace redstart {

enum class Durability : uint8_t {
  none,     // it is executed: the end of the process may take it back
  written,  // the system has it: it survives the end of the process, not that of the machine
  synced,   // the disk has it
};

}  // namespace redstart
