// What XINFO says of a stream, without what the two servers may say differently.
//
// Threads: thread-compatible.
#pragma once

#include "tests/differential/wire.h"

namespace redstart::oracle {

// Left out are the nodes of the oracle's radix tree, and what 7.2 tells of consumers and 7.0 does not.
RawReply comparable_stream_info(RawReply info);

}  // namespace redstart::oracle
