// Redstart: start here.
//
//   #include <redstart/redstart.hpp>
//
//   auto client = redstart::open("memory:").value();         // an engine inside this process, or
//   // auto client = redstart::open("redis://127.0.0.1:6379").value();   a server: the same code
//
//   client.set("greeting", "hello").value();                 // result<T>: a value or an Error
//   std::optional<std::string> greeting = client.get("greeting").value();
//
//   auto pipeline = client.pipeline();                       // many commands, one round trip
//   auto visits = pipeline.incr("visits");
//   pipeline.expire("visits", std::chrono::hours(1));
//   if (pipeline.run()) use(**visits);
//
// Where to go on:
//   client.h                    Client, Pipeline, transactions, open() and its options
//   commands.h, commands/        the typed commands, a header for each group
//   reply.h, result.h           untyped replies; errors and what they say about a write
//   async.h                     coroutines, callbacks and futures
//   subscriber.h                messages, over sessions that are made anew
//   client_cache.h              values kept in this process, invalidated by the store
//   script.h                    a Lua script that loads itself
//   patterns/cache.h            cache-aside: one load per key, refresh ahead, stale values, tags, writing through, a
//                               local level in the process
//   patterns/cached_function.h  a function whose results are cached
//   patterns/write_behind.h     updates that readers see at once and a database a little later
//   patterns/compressed_value.h  values that say how they are compressed
//   patterns/pipelined_writer.h bulk writes with an outcome for every one of them
//   patterns/async_batch_writer.h, write_buffer.h   writes that return at once, from a bounded buffer
//   patterns/stream_buffer.h    writes that wait in a stream and survive crashes
//   patterns/adaptive_writer.h  bulk writes that make way for the store's persistence
//   patterns/object_hashes.h, packed_counters.h, time_series.h, compressed_store.h   layouts that need little memory
//   patterns/message_pack.h     MessagePack; needs msgpack-cxx, and is not included here
//   patterns/write_monitor.h, layout_comparison.h, kernel_check.h   what writes, layouts and the machine are like
//   command_facts.h             a command's keys, and whether it may be done twice
//   recipes/                    task queue, locks, rate limits, sessions, carts, counters, feeds, tags, graphs,
//                               leaderboards, trending: each a header of its own, not included here
#pragma once

#include "redstart/async.h"
#include "redstart/client.h"
#include "redstart/client_cache.h"
#include "redstart/commands.h"
#include "redstart/command_facts.h"
#include "redstart/patterns/adaptive_writer.h"
#include "redstart/patterns/async_batch_writer.h"
#include "redstart/patterns/cache.h"
#include "redstart/patterns/compressed_store.h"
#include "redstart/patterns/cached_function.h"
#include "redstart/patterns/compressed_value.h"
#include "redstart/patterns/kernel_check.h"
#include "redstart/patterns/layout_comparison.h"
#include "redstart/patterns/object_hashes.h"
#include "redstart/patterns/packed_counters.h"
#include "redstart/patterns/pipelined_writer.h"
#include "redstart/patterns/stream_buffer.h"
#include "redstart/patterns/time_series.h"
#include "redstart/patterns/write_behind.h"
#include "redstart/patterns/write_buffer.h"
#include "redstart/patterns/write_monitor.h"
#include "redstart/reply.h"
#include "redstart/result.h"
#include "redstart/script.h"
#include "redstart/subscriber.h"
