// Self-test: histories whose verdict is known, so that a checker that accepts everything is
// noticed.
#pragma once

namespace redstart::linearizability {

// Prints each failure; true when there is none.
bool run_self_test();

}  // namespace redstart::linearizability
