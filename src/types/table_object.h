// What the collections that keep their records in a HashTable share: making, copying, measuring, freeing.
//
// Threads: shard-local.
#pragma once

#include <new>

#include "base/hash_table.h"
#include "base/heap.h"

namespace redstart {

template <class Table>
Table* make_table() {
  return new (heap::allocate(sizeof(Table))) Table();
}

template <class Table, class Destroy>
void destroy_table(Table* table, Destroy&& destroy_record) {
  table->clear(destroy_record);
  table->~Table();
  heap::deallocate(table, sizeof(Table));
}

template <class Table, class Copy>
Table* clone_table(const Table& table, Copy&& copy_record) {
  auto* copy = make_table<Table>();
  table.for_each([&](typename Table::Record* record) {
    auto* fresh = copy_record(record);
    copy->insert(Table::policy_hash(record), fresh);
  });
  return copy;
}

// `bytes_of(record)` is asked for `samples` records (0: all) and extrapolated.
template <class Table, class BytesOf>
size_t table_memory_bytes(const Table& table, size_t samples, BytesOf&& bytes_of) {
  size_t measured = 0, bytes = 0;
  uint64_t cursor = 0;
  do {
    cursor = table.scan(cursor, [&](typename Table::Record* record) {
      ++measured;
      bytes += bytes_of(record);
    });
  } while (cursor != 0 && (samples == 0 || measured < samples));
  if (measured > 0) bytes = bytes * table.size() / measured;
  return heap::allocated_size(sizeof(Table)) + table.memory_bytes() + bytes;
}

}  // namespace redstart
