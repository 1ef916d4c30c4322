// DatasetDigest: a fingerprint of data that does not depend on order or encoding, the same that
// Redis's DEBUG DIGEST gives for the same data.
//
// A value's digest mixes in type, content and whether it has a deadline; unordered collections xor
// the digests of their elements. The digests of all keys are xored.
//
// Threads: the shards of what is read are locked by the caller.
#pragma once

#include <string_view>

#include "base/sha1.h"
#include "engine/entry.h"
#include "engine/keyspace.h"

namespace redstart {

Sha1Digest digest_of_value(const Entry& entry);
// Of all databases; keys that are due by `now_ms` are left out. REQUIRES: every shard is locked.
Sha1Digest digest_of_keyspace(Keyspace& keyspace, int64_t now_ms);

}  // namespace redstart
