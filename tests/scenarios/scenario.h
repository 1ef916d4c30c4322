// The suite Scenario: what holds for every store. Several files have tests of it; scenarios_test.cc lists the stores.
#pragma once

#include <string>
#include <vector>

#include "tests/scenarios/stores.h"

namespace redstart::scenarios {

using Strings = std::vector<std::string>;

class Scenario : public StoreTest {};

}  // namespace redstart::scenarios
