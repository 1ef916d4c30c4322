#include "durability/rdb/reader.h"

#include <liblzf/lzf.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/numbers.h"
#include "durability/rdb/extent.h"
#include "durability/rdb/stream.h"
#include "durability/rdb/ziplist.h"
#include "types/hash/hash.h"
#include "types/intset.h"
#include "types/list/list.h"
#include "types/listpack.h"
#include "types/set/set.h"
#include "types/zset/sorted_set.h"

namespace redstart {
namespace {

using rdb::ValueType;

constexpr int64_t kFieldDeadlineEndMs = int64_t{1} << 48;  // deadlines of fields have 48 bits
constexpr size_t kPassedBytes = 64 * 1024;  // values of up to so many can be passed over, sometimes larger ones
constexpr uint64_t kLzfGainMax = 264;  // a back reference of three bytes stands for no more

template <class T>
T integer_of(std::string_view bytes) {
  T value{};
  bytes.copy(reinterpret_cast<char*>(&value), bytes.size());
  return value;
}

// Frees what was built so far unless it is kept.
class Building {
 public:
  explicit Building(Object object) : object_(object) {}
  ~Building() {
    if (object_.data != nullptr) destroy(object_);
  }
  Building(const Building&) = delete;
  Object& object() { return object_; }
  Object keep() { return std::exchange(object_, Object{}); }

 private:
  Object object_;
};

bool has_longer_than(const listpack::Blob blob, size_t limit_bytes) {
  for (size_t at = listpack::first(blob); at != listpack::kNone; at = listpack::next(blob, at)) {
    const listpack::Value value = listpack::get(blob, at);
    if (!value.is_integer && value.bytes.size() > limit_bytes) return true;
  }
  return false;
}

std::string_view text_at(const listpack::Blob blob, size_t at, NumberBuffer& buffer) {
  return listpack::get(blob, at).text(buffer.text);
}

bool is_score(std::string_view text) {
  const auto score = parse_double(text);
  return score && !std::isnan(*score);
}

// fn(first, second) for the pairs of a listpack; ends, with false, when fn returns false.
template <class Fn>
bool for_each_pair(const listpack::Blob blob, Fn&& fn) {
  NumberBuffer first, second;
  for (size_t at = listpack::first(blob); at != listpack::kNone; at = listpack::next(blob, at)) {
    const std::string_view name = text_at(blob, at, first);
    at = listpack::next(blob, at);
    if (!fn(name, text_at(blob, at, second))) return false;
  }
  return true;
}

// Whether scores are numbers and pairs in the order that a sorted set keeps.
enum class Order : uint8_t { kept, broken, no_numbers };
Order order_of(const listpack::Blob blob) {
  Order order = Order::kept;
  double last_score = -INFINITY;
  std::string last_member;
  const bool are_numbers = for_each_pair(blob, [&](std::string_view member, std::string_view text) {
    if (!is_score(text)) return false;
    const double score = *parse_double(text);
    if (compare_scored(last_score, last_member, score, member) > 0) order = Order::broken;
    last_score = score;
    last_member = member;
    return true;
  });
  return are_numbers ? order : Order::no_numbers;
}

}  // namespace

// --- Bytes

void RdbReader::fail(std::string_view what) {
  if (failed()) return;
  error_ = std::string(what) + " at byte " + std::to_string(source_.offset());
}

std::string_view RdbReader::take(size_t size) {
  if (failed()) return {};
  if (size > source_.bytes_left()) {
    fail("the data ends in the middle of a value");
    return {};
  }
  const std::string_view bytes = source_.peek(size);
  if (bytes.size() < size) {
    fail("the data ends in the middle of a value");
    return {};
  }
  source_.skip(size);
  return bytes;
}

uint8_t RdbReader::byte() { return integer_of<uint8_t>(take(1)); }
uint32_t RdbReader::word() { return integer_of<uint32_t>(take(4)); }
int64_t RdbReader::seconds() { return integer_of<int32_t>(take(4)); }  // signed, in Redis too
int64_t RdbReader::milliseconds() { return integer_of<int64_t>(take(8)); }
double RdbReader::number() { return integer_of<double>(take(8)); }

uint64_t RdbReader::length() {
  const uint8_t head = byte();
  switch (head & 0xc0) {
    case rdb::kLength6Bits: return head & 63;
    case rdb::kLength14Bits: return static_cast<uint64_t>(head & 63) << 8 | byte();
    default: break;
  }
  if (head == rdb::kLength32Bits) return __builtin_bswap32(word());
  if (head == rdb::kLength64Bits) return __builtin_bswap64(integer_of<uint64_t>(take(8)));
  fail("a length was expected");
  return 0;
}

std::string_view RdbReader::decompress() {
  const uint64_t compressed_bytes = length();
  const uint64_t size = length();
  const std::string_view compressed = take(compressed_bytes);
  if (failed()) return {};
  if (size == 0 || size / kLzfGainMax > compressed.size()) {
    fail("a compressed string has an impossible size");
    return {};
  }
  scratch_.resize_and_overwrite(size, [&](char* place, size_t room) {
    return lzf_decompress(compressed.data(), static_cast<unsigned>(compressed.size()), place,
                          static_cast<unsigned>(room));
  });
  if (scratch_.size() == size) return scratch_;
  fail("a compressed string is broken");
  return {};
}

std::string_view RdbReader::string() {
  const std::string_view head = failed() ? std::string_view() : source_.peek(1);
  if (head.empty() || (static_cast<uint8_t>(head[0]) & 0xc0) != rdb::kEncodedString) {
    return take(length());
  }
  int64_t integer;
  switch (byte() & 63) {
    case rdb::kInt8: integer = integer_of<int8_t>(take(1)); break;
    case rdb::kInt16: integer = integer_of<int16_t>(take(2)); break;
    case rdb::kInt32: integer = integer_of<int32_t>(take(4)); break;
    case rdb::kLzf: return decompress();
    default: fail("a string in an unknown encoding"); return {};
  }
  if (failed()) return {};
  NumberBuffer buffer;
  scratch_.assign(buffer.text, format_int64(integer, buffer.text));
  return scratch_;
}

double RdbReader::text_number() {
  constexpr uint8_t kNan = 253, kInfinity = 254, kNegativeInfinity = 255;
  const uint8_t size = byte();
  if (size == kNan) return NAN;
  if (size == kInfinity) return INFINITY;
  if (size == kNegativeInfinity) return -INFINITY;
  const auto value = parse_double(take(size));
  if (!value) fail("a score is not a number");
  return value.value_or(0);
}

// --- Values

Entry* RdbReader::value(ValueType type, std::string_view key, const Shape& shape) {
  if (type == ValueType::string) {
    const std::string_view text = string();
    if (failed()) return nullptr;
    return Entry::create_text(key, text, {.deadline_ms = shape.deadline_ms, .access = shape.access});
  }
  Object read = object(type);
  if (read.data == nullptr) return nullptr;
  if (failed() || (vanishes_when_empty(read.type) && element_count(read) == 0)) {
    destroy(read);
    return nullptr;
  }
  Entry* entry = Entry::create(key, {.type = read.type,
                                     .encoding = read.encoding,
                                     .value_bytes = sizeof(void*),
                                     .deadline_ms = shape.deadline_ms,
                                     .access = shape.access});
  entry->set_object(read);
  return entry;
}

std::optional<std::string_view> RdbReader::pass_over(ValueType type) {
  if (failed()) return std::nullopt;
  std::string_view seen = source_.seen();
  auto extent = rdb::value_extent(type, seen);
  if (!extent && seen.size() < kPassedBytes) {
    seen = source_.peek(kPassedBytes);
    extent = rdb::value_extent(type, seen);
  }
  if (!extent) return std::nullopt;
  source_.skip(*extent);
  return seen.substr(0, *extent);
}

Object RdbReader::object(ValueType type) {
  switch (type) {
    case ValueType::string: break;
    case ValueType::list: return list_of_strings();
    case ValueType::set: return set_of_strings();
    case ValueType::zset_text_scores: return sorted_set(true);
    case ValueType::hash: return hash();
    case ValueType::zset: return sorted_set(false);
    case ValueType::module_1:
    case ValueType::module_2: fail("a value of a module, which only that module can read"); break;
    case ValueType::set_intset: return set_of_integers();
    case ValueType::list_quicklist: return list_of_nodes(false);
    case ValueType::list_quicklist_2: return list_of_nodes(true);
    case ValueType::hash_zipmap:
    case ValueType::list_ziplist:
    case ValueType::zset_ziplist:
    case ValueType::hash_ziplist:
    case ValueType::hash_listpack:
    case ValueType::zset_listpack:
    case ValueType::set_listpack: return packed(type);
    case ValueType::hash_deadlines: return hash_with_deadlines();
    case ValueType::hash_listpackex: return hash_of_triples();
    case ValueType::stream:
    case ValueType::stream_2:
    case ValueType::stream_3: return rdb::read_stream(*this, type);
  }
  fail("a value of the unknown type " + std::to_string(static_cast<int>(type)));
  return {};
}

Object RdbReader::list_of_strings() {
  Building built(List::make());
  List list(built.object());
  for (uint64_t left = length(); left > 0 && !failed(); --left) {
    const std::string_view element = string();
    if (!failed()) list.push(List::End::tail, element, limits_);
  }
  return built.keep();
}

Object RdbReader::list_of_nodes(bool listpacks) {
  Building built(List::make());
  List list(built.object());
  for (uint64_t left = length(); left > 0 && !failed(); --left) {
    const uint64_t container = listpacks ? length() : rdb::kPackedNode;
    const std::string_view node = string();
    if (failed()) break;
    if (node.empty()) {
      fail("an empty node of a list");
    } else if (container == rdb::kPlainNode) {
      list.push(List::End::tail, node, limits_);
    } else if (container != rdb::kPackedNode) {
      fail("a node of a list in an unknown form");
    } else if (!listpacks) {
      const auto push = [&](std::string_view element) { list.push(List::End::tail, element, limits_); };
      if (!rdb::for_each_in_ziplist(node, push)) fail("a broken ziplist");
    } else if (const listpack::Blob blob = listpack::restore(node)) {
      listpack::count(blob) > 0 ? list.append_chunk(blob, limits_) : listpack::free(blob);
    } else {
      fail("a broken listpack");
    }
  }
  return built.keep();
}

Object RdbReader::set_of_strings() {
  Building built(Set::make());
  Set set(built.object());
  for (uint64_t left = length(); left > 0 && !failed(); --left) {
    const std::string_view member = string();
    if (!failed() && !set.add(member, limits_)) fail("a member stands twice in a set");
  }
  return built.keep();
}

Object RdbReader::set_of_integers() {
  const std::string_view bytes = string();
  if (failed()) return {};
  const intset::Blob blob = intset::restore(bytes);
  if (!blob) {
    fail("a broken intset");
    return {};
  }
  Building integers(Object{Type::set, Encoding::intset, blob});
  if (intset::count(blob) <= limits_.set_max_intset_entries) return integers.keep();
  Building built(Set::make());
  Set set(built.object());
  Set(integers.object()).for_each([&](std::string_view member) { set.add(member, limits_); });
  return built.keep();
}

Object RdbReader::sorted_set(bool text_scores) {
  Building built(SortedSet::make());
  SortedSet set(built.object());
  std::string member;
  std::vector<std::string> negative_zeros;
  for (uint64_t left = length(); left > 0 && !failed(); --left) {
    member = string();
    const double score = text_scores ? text_number() : number();
    if (failed()) break;
    if (std::isnan(score)) {
      fail("a score is not a number");
    } else if (!set.set(member, score, limits_)) {
      fail("a member stands twice in a sorted set");
    } else if (score == 0 && std::signbit(score)) {
      negative_zeros.push_back(member);
    }
  }
  // A listpack makes them 0. One that has become a tree by now was never a listpack to Redis.
  if (!set.is_compact()) {
    for (const std::string& zero : negative_zeros) {
      set.remove(zero);
      set.set(zero, -0.0, limits_);
    }
  }
  return built.keep();
}

Object RdbReader::hash() {
  Building built(Hash::make());
  Hash hash(built.object());
  std::string field;
  for (uint64_t left = length(); left > 0 && !failed(); --left) {
    field = string();
    const std::string_view value = string();
    if (!failed() && !hash.set(field, value, limits_)) fail("a field stands twice in a hash");
  }
  return built.keep();
}

Object RdbReader::hash_with_deadlines() {
  const int64_t earliest_ms = milliseconds();
  Building built(Hash::make());
  Hash hash(built.object());
  std::string field;
  for (uint64_t left = length(); left > 0 && !failed(); --left) {
    const uint64_t after = length();
    field = string();
    const std::string_view value = string();
    if (failed()) break;
    int64_t deadline_ms = 0;
    if (after > 0 && (earliest_ms < 0 || after > INT64_MAX ||
                      __builtin_add_overflow(earliest_ms, static_cast<int64_t>(after - 1), &deadline_ms) ||
                      deadline_ms >= kFieldDeadlineEndMs)) {
      fail("a field has an impossible deadline");
    } else if (!hash.set(field, value, limits_)) {
      fail("a field stands twice in a hash");
    } else if (after > 0) {
      hash.set_deadline_ms(field, deadline_ms);
    }
  }
  return built.keep();
}

Object RdbReader::hash_of_triples() {
  milliseconds();  // the earliest deadline, which the fields tell too
  const std::string_view bytes = string();
  if (failed()) return {};
  listpack::Blob blob = listpack::restore(bytes);
  Building built(Hash::make());
  Hash hash(built.object());
  const bool is_whole = blob && listpack::count(blob) % 3 == 0;
  if (!is_whole) fail("a broken listpack of fields with deadlines");
  for (size_t at = is_whole ? listpack::first(blob) : listpack::kNone; at != listpack::kNone && !failed();) {
    char field_buffer[24], value_buffer[24];
    const size_t value_at = listpack::next(blob, at), deadline_at = listpack::next(blob, value_at);
    const std::string_view field = listpack::get(blob, at).text(field_buffer);
    const listpack::Value deadline = listpack::get(blob, deadline_at);
    if (!deadline.is_integer || deadline.integer < 0 || deadline.integer >= kFieldDeadlineEndMs) {
      fail("a field has an impossible deadline");
    } else if (!hash.set(field, listpack::get(blob, value_at).text(value_buffer), limits_)) {
      fail("a field stands twice in a hash");
    } else if (deadline.integer > 0) {
      hash.set_deadline_ms(field, deadline.integer);
    }
    at = listpack::next(blob, deadline_at);
  }
  if (blob) listpack::free(blob);
  return built.keep();
}

Object RdbReader::packed(ValueType type) {
  const std::string_view bytes = string();
  if (failed()) return {};
  listpack::Blob blob;
  const bool is_old = type == ValueType::hash_zipmap || type == ValueType::list_ziplist ||
                      type == ValueType::zset_ziplist || type == ValueType::hash_ziplist;
  if (is_old) {
    blob = listpack::create();
    const auto append = [&](std::string_view element) { listpack::append(blob, element); };
    if (!(type == ValueType::hash_zipmap ? rdb::for_each_in_zipmap(bytes, append)
                                         : rdb::for_each_in_ziplist(bytes, append))) {
      listpack::free(blob);
      blob = nullptr;
    }
  } else {
    blob = listpack::restore(bytes);
  }
  if (!blob) {
    fail(type == ValueType::hash_zipmap ? "a broken zipmap" : is_old ? "a broken ziplist" : "a broken listpack");
    return {};
  }
  if (type == ValueType::set_listpack) return set_of(blob);
  if (type == ValueType::list_ziplist) {
    Building built(List::make());
    listpack::count(blob) > 0 ? List(built.object()).append_chunk(blob, limits_) : listpack::free(blob);
    return built.keep();
  }
  if (listpack::count(blob) % 2 != 0) {
    listpack::free(blob);
    fail("a listpack of pairs holds half a pair");
    return {};
  }
  const bool is_zset = type == ValueType::zset_listpack || type == ValueType::zset_ziplist;
  return is_zset ? sorted_set_of(blob) : hash_of(blob);
}

Object RdbReader::hash_of(uint8_t* blob) {
  Building compact(Object{Type::hash, Encoding::listpack, blob});
  if (listpack::has_repeated(blob, 2)) {
    fail("a field stands twice in a hash");
    return {};
  }
  if (listpack::count(blob) / 2 <= limits_.hash_max_listpack_entries &&
      !has_longer_than(blob, limits_.hash_max_listpack_value)) {
    return compact.keep();
  }
  Building built(Hash::make());
  Hash hash(built.object());
  for_each_pair(blob, [&](std::string_view field, std::string_view value) {
    hash.set(field, value, limits_);
    return true;
  });
  return built.keep();
}

Object RdbReader::sorted_set_of(uint8_t* blob) {
  Building compact(Object{Type::zset, Encoding::listpack, blob});
  const Order order = order_of(blob);
  if (order == Order::no_numbers) fail("a score is not a number");
  if (listpack::has_repeated(blob, 2)) fail("a member stands twice in a sorted set");
  if (failed()) return {};
  const size_t members = listpack::count(blob) / 2;
  if (order == Order::kept && members <= limits_.zset_max_listpack_entries &&
      !has_longer_than(blob, limits_.zset_max_listpack_value)) {
    return compact.keep();
  }
  Building built(SortedSet::make_for({.members = members, .member_bytes_max = 0}, limits_));
  SortedSet set(built.object());
  for_each_pair(blob, [&](std::string_view member, std::string_view score) {
    set.set(member, *parse_double(score), limits_);
    return true;
  });
  return built.keep();
}

Object RdbReader::set_of(uint8_t* blob) {
  Building compact(Object{Type::set, Encoding::listpack, blob});
  if (listpack::has_repeated(blob, 1)) {
    fail("a member stands twice in a set");
    return {};
  }
  if (listpack::count(blob) <= limits_.set_max_listpack_entries &&
      !has_longer_than(blob, limits_.set_max_listpack_value)) {
    return compact.keep();
  }
  Building built(Set::make());
  Set set(built.object());
  Set(compact.object()).for_each([&](std::string_view member) { set.add(member, limits_); });
  return built.keep();
}

}  // namespace redstart
