// How replies show members with scores: one flat array in RESP2, an array of pairs in RESP3.
//
// Threads: thread-compatible.
#pragma once

#include "resp/reply_sink.h"
#include "types/zset/sorted_set.h"

namespace redstart {

// Announces `count` members, with their scores or without.
inline void announce_members(ReplySink& reply, size_t count, bool with_scores) {
  reply.array(with_scores && reply.protocol() == 2 ? count * 2 : count);
}

inline void reply_member(ReplySink& reply, std::string_view member, double score,
                         bool with_scores) {
  if (with_scores && reply.protocol() > 2) reply.array(2);
  reply.bulk(member);
  if (with_scores) reply.number(score);
}

}  // namespace redstart
