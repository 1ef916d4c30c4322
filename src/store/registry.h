// The stores that this process has open by name, so that its clients share them.
//
// Threads: thread-safe. Ownership: keeps no store alive; one goes with the last that uses it.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "store/store.h"

namespace redstart {

// The store of `memory:NAME`, made at first use. An empty name: a new one for this caller alone.
std::shared_ptr<Store> open_memory_store(const std::string& name);

// The store of `file:DIRECTORY`. Waits for another thread that is just closing it. Error: why it cannot be opened.
std::expected<std::shared_ptr<Store>, std::string> open_file_store(const std::string& directory);

}  // namespace redstart
