#include "types/object.h"

#include <stdexcept>

#include "types/hash/hash.h"
#include "types/list/list.h"
#include "types/set/set.h"
#include "types/stream/stream.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

// Calls `fn` with the view of the object's type.
template <class Fn>
auto with_view(Object& object, Fn&& fn) {
  switch (object.type) {
    case Type::list: return fn(List(object));
    case Type::set: return fn(Set(object));
    case Type::zset: return fn(SortedSet(object));
    case Type::hash: return fn(Hash(object));
    case Type::stream: return fn(Stream(object));
    case Type::none:
    case Type::string: break;
  }
  throw std::logic_error("not a collection");
}

}  // namespace

std::string_view name_of(Type type) {
  switch (type) {
    case Type::none: return "none";
    case Type::string: return "string";
    case Type::list: return "list";
    case Type::set: return "set";
    case Type::zset: return "zset";
    case Type::hash: return "hash";
    case Type::stream: return "stream";
  }
  return "none";
}

std::string_view name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::raw: return "raw";
    case Encoding::int_: return "int";
    case Encoding::embstr: return "embstr";
    case Encoding::listpack: return "listpack";
    case Encoding::quicklist: return "quicklist";
    case Encoding::intset: return "intset";
    case Encoding::hashtable: return "hashtable";
    case Encoding::skiplist: return "skiplist";
    case Encoding::stream: return "stream";
    case Encoding::listpackex: return "listpackex";
    case Encoding::timed_table: return "hashtable";
  }
  return "raw";
}

Object make_object(Type type) {
  switch (type) {
    case Type::list: return List::make();
    case Type::set: return Set::make();
    case Type::zset: return SortedSet::make();
    case Type::hash: return Hash::make();
    case Type::stream: return Stream::make();
    case Type::none:
    case Type::string: break;
  }
  throw std::logic_error("not a collection");
}

void destroy(Object& object) {
  with_view(object, [](auto view) { view.destroy(); });
}

bool is_packed(const Object& object) {
  switch (object.encoding) {
    case Encoding::quicklist:
    case Encoding::hashtable:
    case Encoding::timed_table:
    case Encoding::skiplist: return false;
    default: return object.type != Type::stream;
  }
}

namespace {

template <class Table, class Free>
bool drain_table(Table& table, size_t count, Free&& free) {
  table.drain(count, free);
  return table.size() == 0;
}

bool drain_chunks(ListChunks& chunks, size_t count) {
  for (size_t drained = 0; !chunks.row.empty() && drained < count; chunks.row.pop_back()) {
    drained += chunks.row.back().count;
    listpack::free(chunks.row.back());
  }
  return chunks.row.empty();
}

}  // namespace

bool drain(Object& object, size_t count) {
  if (is_packed(object)) return true;
  switch (object.type) {
    case Type::list: return drain_chunks(*static_cast<ListChunks*>(object.data), count);
    case Type::hash:
      return drain_table(*static_cast<HashFieldTable*>(object.data), count, HashRecord::destroy);
    case Type::set: return drain_table(*static_cast<SetTable*>(object.data), count, SetRecord::destroy);
    case Type::zset:
      // The tree does not look at its records any more.
      return drain_table(static_cast<SortedSetData*>(object.data)->table, count, ScoreRecord::destroy);
    default: return true;
  }
}

Object clone(const Object& object) {
  Object borrowed = object;
  return with_view(borrowed, [](auto view) { return view.clone(); });
}

size_t element_count(const Object& object) {
  Object borrowed = object;
  return with_view(borrowed, [](auto view) { return view.size(); });
}

bool has_timed_fields(const Object& object) {
  Object borrowed = object;
  return Hash(borrowed).has_deadlines();
}

int64_t next_element_due_ms(const Object& object) {
  if (!is_timed_encoding(object.encoding)) return kNoDeadline;
  Object borrowed = object;
  return Hash(borrowed).next_due_ms();
}

size_t memory_bytes(const Object& object, size_t samples) {
  Object borrowed = object;
  return with_view(borrowed, [&](auto view) { return view.memory_bytes(samples); });
}

bool prefetch_element(const Object& object, uint64_t hash, size_t step) {
  if (object.encoding == Encoding::skiplist) {
    return static_cast<const SortedSetData*>(object.data)->table.prefetch(hash, step);
  }
  if (object.encoding != Encoding::hashtable && object.encoding != Encoding::timed_table) return false;
  return object.type == Type::hash
             ? static_cast<const HashFieldTable*>(object.data)->prefetch(hash, step)
             : static_cast<const SetTable*>(object.data)->prefetch(hash, step);
}

void check_invariants(const Object& object) {
  Object borrowed = object;
  if (object.encoding == Encoding::listpack || object.encoding == Encoding::listpackex) {
    const auto blob = static_cast<listpack::Blob>(object.data);
    if (!listpack::validate(blob, listpack::bytes(blob))) {
      throw std::logic_error("a listpack is malformed");
    }
  }
  if (object.type == Type::list) List(borrowed).check_invariants();
  if (object.type == Type::zset) SortedSet(borrowed).check_invariants();
  if (object.type == Type::stream) Stream(borrowed).check_invariants();
  if (object.type == Type::hash) Hash(borrowed).check_invariants();
  if (object.encoding == Encoding::hashtable && object.type == Type::set) {
    static_cast<SetTable*>(object.data)->check_invariants();
  }
}

}  // namespace redstart
