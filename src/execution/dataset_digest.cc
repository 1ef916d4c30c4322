#include "execution/dataset_digest.h"

#include <arpa/inet.h>

#include <cstdio>
#include <limits>
#include <string>

#include "types/hash/hash.h"
#include "types/list/list.h"
#include "types/set/set.h"
#include "types/stream/stream.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

void merge(Sha1Digest& digest, const Sha1Digest& other) {
  for (size_t i = 0; i < digest.size(); ++i) digest[i] ^= other[i];
}

// Order does not matter.
void merge_bytes(Sha1Digest& digest, std::string_view bytes) { merge(digest, sha1(bytes)); }

std::string_view bytes_of(const Sha1Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Order matters.
void mix(Sha1Digest& digest, std::string_view bytes) {
  merge_bytes(digest, bytes);
  digest = sha1(bytes_of(digest));
}

void mix_number(Sha1Digest& digest, uint32_t number) {
  const uint32_t big_endian = htonl(number);
  mix(digest, {reinterpret_cast<const char*>(&big_endian), sizeof big_endian});
}

uint32_t redis_number_of(Type type) {
  switch (type) {
    case Type::list:
      return 1;
    case Type::set:
      return 2;
    case Type::zset:
      return 3;
    case Type::hash:
      return 4;
    case Type::stream:
      return 6;
    default:
      return 0;
  }
}

// Entries alone, as in Redis: groups are left out.
void add_stream(Sha1Digest& digest, const Stream& stream) {
  stream.for_each({}, false, [&](const PackedEntry& entry) {
    mix(digest, std::to_string(entry.id().ms) + "." + std::to_string(entry.id().seq));
    entry.for_each_field([&](const listpack::Value& name, const listpack::Value& value) {
      char buffer[24];
      mix(digest, name.text(buffer));
      mix(digest, value.text(buffer));
    });
    return true;
  });
}

void add_collection(Sha1Digest& digest, Object object) {
  constexpr size_t kAll = std::numeric_limits<size_t>::max();
  const auto merge_pair = [&](std::string_view first, std::string_view second) {
    Sha1Digest pair{};
    mix(pair, first);
    mix(pair, second);
    merge_bytes(digest, bytes_of(pair));
  };
  switch (object.type) {
    case Type::list:
      List(object).for_each(0, kAll, false, [&](std::string_view element) {
        mix(digest, element);
        return true;
      });
      break;
    case Type::set:
      Set(object).for_each([&](std::string_view member) { merge_bytes(digest, member); });
      break;
    case Type::zset:
      SortedSet(object).for_each({0, SortedSet(object).size()}, false,
                                 [&](std::string_view member, double score) {
                                   char text[128];
                                   std::snprintf(text, sizeof text, "%.17g", score);
                                   merge_pair(member, text);
                                   return true;
                                 });
      break;
    case Type::hash:
      Hash(object).for_each_with_deadline(
          [&](std::string_view field, std::string_view value, int64_t deadline_ms) {
            Sha1Digest pair{};
            mix(pair, field);
            mix(pair, value);
            if (deadline_ms != kNoDeadline) merge_bytes(pair, "!!hexpire!!");
            merge_bytes(digest, bytes_of(pair));
          });
      break;
    case Type::stream:
      add_stream(digest, Stream(object));
      break;
    default:
      break;
  }
}

void add_value(Sha1Digest& digest, const Entry& entry) {
  mix_number(digest, redis_number_of(entry.type()));
  if (entry.is_string()) {
    NumberBuffer buffer;
    mix(digest, entry.text(buffer));
  } else {
    add_collection(digest, entry.object());
  }
  if (entry.has_deadline()) merge_bytes(digest, "!!expire!!");
}

}  // namespace

Sha1Digest digest_of_value(const Entry& entry) {
  Sha1Digest digest{};
  add_value(digest, entry);
  return digest;
}

Sha1Digest digest_of_keyspace(Keyspace& keyspace, int64_t now_ms) {
  Sha1Digest total{};
  for (int db = 0; db < keyspace.database_count(); ++db) {
    if (keyspace.key_count(db) == 0) continue;
    mix_number(total, static_cast<uint32_t>(db));
    for (Shard& shard : keyspace.shards()) {
      const DatabaseShard* database = shard.find_database(db);
      if (!database) continue;
      database->entries.for_each([&](const Entry* entry) {
        if (entry->is_expired(now_ms)) return;
        Sha1Digest digest{};
        mix(digest, entry->key());
        add_value(digest, *entry);
        merge_bytes(total, bytes_of(digest));
      });
    }
  }
  return total;
}

}  // namespace redstart
