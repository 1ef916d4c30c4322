// HashTable: the one hash table of the engine: keyspace, big hashes, sets, sorted sets' dictionaries.
//
// Linear hashing (Litwin 1980): the table grows and shrinks by one bucket at a time, so no operation ever
// moves more than a bucket's records, and the load stays the same at every size. The run of buckets grows by
// a sixteenth, without copying once it is large (see growing_block.h).
//
//   bucket: one cache line of 8 slots; a full one links to an overflow bucket through its last slot
//   slot:   bits 0..43 record address / 8 | bit 44 link | bits 45..63 tag of the record's hash
//
// A lookup compares tags within the line and touches a record only when its tag fits (a wrong one fits once
// in 2^18). Buckets are numbered by the low bits of the hash, tags come from bits 35..53, so both stay
// independent of each other and of the top bits, which choose a shard.
//
// Invariants: 1. buckets [0, bucket_count) exist, bucket_count = 2^level + split, split < 2^level.
// 2. A record with hash h is in the chain of h mod 2^level, or of h mod 2^(level+1) if the former is below
// `split`. 3. The slots of a chain are filled without gaps. 4. No overflow bucket is empty.
//
// Policy: `using Record`, `static uint64_t hash(const Record*)`, `static bool equals(const Record*,
// std::string_view key)`. Records are owned by the caller and are 8-byte aligned.
//
// Threads: shard-local. Memory from heap::.
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "base/growing_block.h"
#include "base/heap.h"
#include "base/random.h"

namespace redstart {

template <class Policy>
class HashTable {
 public:
  using Record = typename Policy::Record;

  HashTable() = default;
  HashTable(HashTable&& other) noexcept { swap(other); }
  HashTable& operator=(HashTable&& other) noexcept {
    swap(other);
    return *this;
  }
  ~HashTable() { free_buckets(); }

  void swap(HashTable& other) noexcept {
    std::swap(buckets_, other.buckets_);
    std::swap(bucket_count_, other.bucket_count_);
    std::swap(capacity_, other.capacity_);
    std::swap(size_, other.size_);
    std::swap(overflow_count_, other.overflow_count_);
    std::swap(level_, other.level_);
  }

  static uint64_t policy_hash(const Record* record) { return Policy::hash(record); }

  size_t size() const { return size_; }
  size_t memory_bytes() const {
    if (!buckets_) return 0;
    return growing_block::allocated_size(capacity_ * sizeof(Bucket)) + overflow_count_ * sizeof(Bucket);
  }

  Record* find(uint64_t hash, std::string_view key) const {
    if (!buckets_) return nullptr;
    const uint64_t tag = tag_of(hash);
    for (const Bucket* bucket = &buckets_[index_of(hash)]; bucket; bucket = bucket->next()) {
      for (const uint64_t slot : bucket->slots) {
        if ((slot & kTagMask) != tag) continue;
        Record* record = record_of(slot);
        __builtin_prefetch(reinterpret_cast<const char*>(record) + 64);  // it will be wanted next
        if (Policy::equals(record, key)) return record;
      }
    }
    return nullptr;
  }

  // REQUIRES: no record with this key is in the table.
  void insert(uint64_t hash, Record* record) {
    grow_if_full();
    add_slot(&buckets_[index_of(hash)], tag_of(hash) | address_of(record));
    ++size_;
  }

  // Makes the buckets that this many records want, so that none is split until they are there. Removals give back what
  // was too much. Nothing happens unless the table is empty.
  void presize(size_t records) {
    const size_t buckets = std::min<size_t>(records * 100 / kSplitLoad, UINT32_MAX / 2);
    if (buckets_ || buckets == 0) return;
    reserve(buckets);
    std::memset(buckets_, 0, buckets * sizeof(Bucket));
    bucket_count_ = static_cast<uint32_t>(buckets);
    level_ = static_cast<uint32_t>(std::bit_width(buckets)) - 1;
  }

  // A record with this hash, or null. For callers that have no key at hand: another key may have the same hash.
  Record* find_hash(uint64_t hash) const {
    Record* found = nullptr;
    if (!buckets_) return found;
    for (const Bucket* bucket = &buckets_[index_of(hash)]; bucket && !found; bucket = bucket->next()) {
      for (const uint64_t slot : bucket->slots) {
        if ((slot & kTagMask) != tag_of(hash) || Policy::hash(record_of(slot)) != hash) continue;
        found = record_of(slot);
        break;
      }
    }
    return found;
  }

  // The removed record, or null.
  Record* erase(uint64_t hash, std::string_view key) {
    if (!buckets_) return nullptr;
    const uint64_t tag = tag_of(hash);
    Bucket* head = &buckets_[index_of(hash)];
    for (Bucket* bucket = head; bucket; bucket = bucket->next()) {
      for (uint64_t& slot : bucket->slots) {
        if ((slot & kTagMask) != tag) continue;
        Record* record = record_of(slot);
        if (!Policy::equals(record, key)) continue;
        remove_slot(head, &slot);
        --size_;
        shrink_if_sparse();
        return record;
      }
    }
    return nullptr;
  }

  // `fresh` takes the place of `old`, which is in the table under the same hash.
  void replace(uint64_t hash, const Record* old, Record* fresh) {
    const uint64_t wanted = tag_of(hash) | address_of(old);
    for (Bucket* bucket = &buckets_[index_of(hash)]; bucket; bucket = bucket->next()) {
      for (uint64_t& slot : bucket->slots) {
        if (slot != wanted) continue;
        slot = tag_of(hash) | address_of(fresh);
        return;
      }
    }
    assert(false && "the record to replace is not in the table");
  }

  // Fetches what a lookup will touch into the caches, a step at a time, so that the misses of many keys
  // overlap: step 0 the bucket, each next one the record, or the overflow bucket behind the one that
  // the step before has fetched. Returns whether another step is of use.
  bool prefetch(uint64_t hash, size_t step) const {
    if (!buckets_) return false;
    const Bucket* bucket = &buckets_[index_of(hash)];
    if (step == 0) {
      __builtin_prefetch(bucket);
      return true;
    }
    while (--step > 0 && bucket) bucket = bucket->next();
    if (!bucket) return false;
    const uint64_t tag = tag_of(hash);
    for (const uint64_t slot : bucket->slots) {
      if ((slot & kTagMask) != tag) continue;
      const char* record = reinterpret_cast<const char*>(record_of(slot));
      __builtin_prefetch(record);
      __builtin_prefetch(record + 64);
      return false;
    }
    bucket = bucket->next();
    if (bucket) __builtin_prefetch(bucket);
    return bucket != nullptr;
  }

  // Calls fn(Record*) for each record in the chain that a key with this hash belongs to. The low 32 bits
  // of the hash suffice.
  template <class Fn>
  void for_each_in_bucket(uint64_t hash, Fn&& fn) const {
    if (!buckets_) return;
    for (const Bucket* bucket = &buckets_[index_of(hash)]; bucket; bucket = bucket->next()) {
      for (const uint64_t slot : bucket->slots) {
        if (slot != 0 && !(slot & kLink)) fn(record_of(slot));
      }
    }
  }

  // In no order. fn must not change the table.
  template <class Fn>
  void for_each(Fn&& fn) const {
    for_each_while([&](Record* record) {
      fn(record);
      return true;
    });
  }
  // The same until fn returns false.
  template <class Fn>
  void for_each_while(Fn&& fn) const {
    // The records lie anywhere: those of some buckets ahead are fetched meanwhile, so that their misses overlap.
    constexpr size_t kBucketsAhead = 4;
    const auto prefetch = [](const Record* record) { __builtin_prefetch(record); };
    for (size_t index = 0; index < std::min<size_t>(kBucketsAhead, bucket_count_); ++index) {
      for_each_in_chain(index, prefetch);
    }
    bool goes_on = true;
    for (size_t index = 0; index < bucket_count_ && goes_on; ++index) {
      if (index + kBucketsAhead < bucket_count_) for_each_in_chain(index + kBucketsAhead, prefetch);
      for_each_in_chain(index, [&](Record* record) { goes_on = goes_on && fn(record); });
    }
  }

  // Removes everything; `free` gets each record.
  template <class Free>
  void clear(Free&& free) {
    for_each(free);
    free_buckets();
    *this = HashTable();
  }

  // A record that is about as likely as any other. REQUIRES: size() > 0.
  Record* random(Random& random) const {
    while (true) {
      // Some buckets at once, so that their misses overlap.
      size_t candidates[4];
      for (size_t& index : candidates) {
        index = random.below(bucket_count_);
        __builtin_prefetch(&buckets_[index]);
      }
      for (const size_t index : candidates) {
        if (Record* record = random_in(index, random)) return record;
      }
    }
  }

  // Calls fn(Record*) for `count` records (at most kSampleMax; fewer, if there are fewer) from neighbouring buckets
  // at a random place: about as good as random ones, and their misses overlap. REQUIRES: size() > 0.
  static constexpr size_t kSampleMax = 64;
  template <class Fn>
  void sample(Random& random, size_t count, Fn&& fn) const {
    Record* found[kSampleMax];
    size_t found_count = 0;
    count = std::min({count, size_, kSampleMax});
    for (size_t index = random.below(bucket_count_); found_count < count; ++index) {
      if (index == bucket_count_) index = 0;
      for_each_in_chain(index, [&](Record* record) {
        if (found_count == kSampleMax) return;
        __builtin_prefetch(record);
        found[found_count++] = record;
      });
    }
    // Chains hold their records in order of age: none is preferred.
    const size_t first = random.below(found_count);
    for (size_t i = 0; i < count; ++i) fn(found[(first + i) % found_count]);
  }

  // Removes records, about `count` of them, and gives each to `free`. To empty a big table in pieces.
  template <class Free>
  void drain(size_t count, Free&& free) {
    for (size_t drained = 0; size_ > 0 && drained < count;) {
      if (split() == 0 && bucket_count_ > 1) --level_;
      Gathered gathered;
      gather(&buckets_[bucket_count_ - 1], gathered);
      if (bucket_count_ > 1) --bucket_count_;
      size_ -= gathered.size();
      drained += gathered.size();
      gathered.for_each([&](uint64_t slot) { free(record_of(slot)); });
    }
    if (size_ == 0) shrink_if_sparse();
  }

  // One step of an iteration that starts and ends with cursor 0. A record that is in the table from the
  // first step to the last is given at least once, however the table grows and shrinks meanwhile.
  //
  // The cursor counts through bucket numbers with the bits reversed (after Noordhuis, for Redis): when the
  // table has 2^level base buckets, a step covers all buckets whose number ends in the cursor's `level`
  // bits, that is one, or two if it is split. Numbers that the cursor has passed end in bit strings that
  // stay passed when a level is added, since bits are added at the high end, which the reversed count
  // varies first; and when a level is taken away, the bucket that two merge into comes up unless both have
  // been passed.
  template <class Fn>
  uint64_t scan(uint64_t cursor, Fn&& fn) const {
    if (!buckets_) return 0;
    const uint64_t mask = (uint64_t{1} << level_) - 1;
    const uint64_t index = cursor & mask;
    for_each_in_chain(index, fn);
    if (index < split()) for_each_in_chain(index + mask + 1, fn);
    cursor |= ~mask;
    return reversed(reversed(cursor) + 1);
  }

  // Panics when an invariant is broken. For tests. Cost: O(size).
  void check_invariants() const {
    size_t records = 0, overflow = 0;
    for (size_t index = 0; index < bucket_count_; ++index) {
      bool ended = false;
      for (const Bucket* bucket = &buckets_[index]; bucket; bucket = bucket->next()) {
        if (bucket != &buckets_[index]) {
          ++overflow;
          check(bucket->slots[0] != 0, "an overflow bucket is empty");
        }
        for (const uint64_t slot : bucket->slots) {
          if (slot & kLink) continue;
          if (slot == 0) {
            ended = true;
            continue;
          }
          check(!ended, "a chain has a gap");
          const uint64_t hash = Policy::hash(record_of(slot));
          check(index_of(hash) == index, "a record is in the wrong bucket");
          check(tag_of(hash) == (slot & kTagMask), "a slot has the wrong tag");
          ++records;
        }
      }
    }
    check(records == size_, "the size is wrong");
    check(overflow == overflow_count_, "the number of overflow buckets is wrong");
    check(bucket_count_ == 0 || (bucket_count_ >> level_) == 1, "the level is wrong");
  }

 private:
  static constexpr size_t kSlots = 8;
  static constexpr uint64_t kAddressMask = (uint64_t{1} << 44) - 1;
  static constexpr uint64_t kLink = uint64_t{1} << 44;
  static constexpr uint64_t kTagMask = ~((uint64_t{1} << 45) - 1);
  // Records per hundred buckets at which one is split, or merged: about 11.7 bytes of table a record,
  // overflow buckets included, in which every fifth record is.
  static constexpr size_t kSplitLoad = 750;
  static constexpr size_t kMergeLoad = 300;
  // Records in a chain up to which each is exactly as likely as any other; a longer chain's are a little less. A
  // bucket that is about to be split has twice the average, so few chains are longer.
  static constexpr size_t kUniformMax = 24;

  struct alignas(64) Bucket {
    uint64_t slots[kSlots];
    Bucket* next() const {
      return slots[kSlots - 1] & kLink
                 ? reinterpret_cast<Bucket*>((slots[kSlots - 1] & kAddressMask) << 3)
                 : nullptr;
    }
    size_t capacity() const { return slots[kSlots - 1] & kLink ? kSlots - 1 : kSlots; }
  };

  static uint64_t tag_of(uint64_t hash) { return (hash >> 35 | 1) << 45; }
  static uint64_t address_of(const void* record) {
    return reinterpret_cast<uintptr_t>(record) >> 3;
  }
  static Record* record_of(uint64_t slot) {
    return reinterpret_cast<Record*>((slot & kAddressMask) << 3);
  }
  static uint64_t reversed(uint64_t bits) {
    bits = __builtin_bswap64(bits);
    bits = (bits >> 4 & 0x0f0f0f0f0f0f0f0f) | (bits & 0x0f0f0f0f0f0f0f0f) << 4;
    bits = (bits >> 2 & 0x3333333333333333) | (bits & 0x3333333333333333) << 2;
    return (bits >> 1 & 0x5555555555555555) | (bits & 0x5555555555555555) << 1;
  }
  static void check(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
  }

  size_t split() const { return bucket_count_ - (size_t{1} << level_); }
  size_t index_of(uint64_t hash) const {
    const uint64_t mask = (uint64_t{1} << level_) - 1;
    const uint64_t index = hash & mask;
    return index < split() ? hash & (mask << 1 | 1) : index;
  }

  template <class Fn>
  void for_each_in_chain(size_t index, Fn&& fn) const {
    for (const Bucket* bucket = &buckets_[index]; bucket; bucket = bucket->next()) {
      for (const uint64_t slot : bucket->slots) {
        if (slot != 0 && !(slot & kLink)) fn(record_of(slot));
      }
    }
  }

  // A record of the chain, or null: a chain is taken as often as it is full, so that its records are as
  // likely as others.
  Record* random_in(size_t index, Random& random) const {
    size_t count = 0;
    for_each_in_chain(index, [&](Record*) { ++count; });
    if (count < kUniformMax && random.below(kUniformMax) >= count) return nullptr;
    size_t skip = random.below(count);
    Record* found = nullptr;
    for_each_in_chain(index, [&](Record* record) {
      if (skip-- == 0) found = record;
    });
    return found;
  }

  void add_slot(Bucket* bucket, uint64_t fresh) {
    while (Bucket* next = bucket->next()) bucket = next;
    for (uint64_t& slot : bucket->slots) {
      if (slot != 0) continue;
      slot = fresh;
      return;
    }
    auto* overflow = static_cast<Bucket*>(heap::allocate(sizeof(Bucket)));
    std::memset(overflow, 0, sizeof(Bucket));
    ++overflow_count_;
    overflow->slots[0] = bucket->slots[kSlots - 1];
    overflow->slots[1] = fresh;
    bucket->slots[kSlots - 1] = kLink | address_of(overflow);
  }

  // Fills the gap with the chain's last slot.
  void remove_slot(Bucket* head, uint64_t* gap) {
    Bucket* previous = nullptr;
    Bucket* last = head;
    while (Bucket* next = last->next()) previous = std::exchange(last, next);
    size_t position = kSlots;
    while (last->slots[position - 1] == 0) --position;
    *gap = last->slots[position - 1];
    last->slots[position - 1] = 0;
    if (!previous || position > 1) return;
    previous->slots[kSlots - 1] = 0;
    free_overflow(last);
  }

  void free_overflow(Bucket* bucket) {
    heap::deallocate(bucket, sizeof(Bucket));
    --overflow_count_;
  }

  // The slots of a chain, taken out of it.
  struct Gathered {
    uint64_t few[4 * kSlots];
    size_t count = 0;
    std::vector<uint64_t> many;  // beyond: a chain this long means that hashes collide
    void add(uint64_t slot) {
      if (count < std::size(few)) {
        few[count++] = slot;
      } else {
        many.push_back(slot);
      }
    }
    size_t size() const { return count + many.size(); }
    template <class Fn>
    void for_each(Fn&& fn) const {
      for (size_t i = 0; i < count; ++i) fn(few[i]);
      for (const uint64_t slot : many) fn(slot);
    }
  };

  void gather(Bucket* head, Gathered& gathered) {
    Bucket* next = head;
    while (Bucket* bucket = next) {
      next = bucket->next();
      for (const uint64_t slot : bucket->slots) {
        if (slot == 0 || (slot & kLink)) continue;
        __builtin_prefetch(record_of(slot));
        gathered.add(slot);
      }
      if (bucket != head) free_overflow(bucket);
    }
    std::memset(head, 0, sizeof(Bucket));
  }

  void grow_if_full() {
    if (size_ * 100 < bucket_count_ * kSplitLoad) return;
    if (!buckets_) {
      reserve(1);
      bucket_count_ = 1;
      level_ = 0;
      std::memset(buckets_, 0, sizeof(Bucket));
      return;
    }
    if (bucket_count_ == capacity_) reserve(capacity_ + std::max<size_t>(1, capacity_ / 16));
    Gathered gathered;
    Bucket* old = &buckets_[split()];
    gather(old, gathered);
    const size_t fresh_index = bucket_count_++;
    Bucket* fresh = &buckets_[fresh_index];
    std::memset(fresh, 0, sizeof(Bucket));
    const uint64_t bit = uint64_t{1} << level_;
    gathered.for_each([&](uint64_t slot) {
      add_slot(Policy::hash(record_of(slot)) & bit ? fresh : old, slot);
    });
    if (bucket_count_ == bit << 1) ++level_;
  }

  void shrink_if_sparse() {
    if (size_ == 0) {
      free_buckets();
      buckets_ = nullptr;
      bucket_count_ = capacity_ = 0;
      level_ = 0;
      return;
    }
    if (bucket_count_ == 1 || size_ * 100 >= bucket_count_ * kMergeLoad) return;
    if (split() == 0) --level_;
    Gathered gathered;
    gather(&buckets_[bucket_count_ - 1], gathered);
    --bucket_count_;
    Bucket* into = &buckets_[split()];
    gathered.for_each([&](uint64_t slot) { add_slot(into, slot); });
    if (bucket_count_ + bucket_count_ / 4 + 8 < capacity_) reserve(bucket_count_ + bucket_count_ / 8);
  }

  void reserve(size_t capacity) {
    // What the allocator rounds up to anyway is used.
    capacity = growing_block::usable_size(capacity * sizeof(Bucket)) / sizeof(Bucket);
    buckets_ = static_cast<Bucket*>(growing_block::resize(buckets_, capacity_ * sizeof(Bucket),
                                                          capacity * sizeof(Bucket)));
    capacity_ = static_cast<uint32_t>(capacity);
  }

  void free_buckets() {
    if (!buckets_) return;
    for (size_t index = 0; index < bucket_count_; ++index) {
      Bucket* next = buckets_[index].next();
      while (Bucket* bucket = next) {
        next = bucket->next();
        free_overflow(bucket);
      }
    }
    growing_block::resize(buckets_, capacity_ * sizeof(Bucket), 0);
    buckets_ = nullptr;
  }

  Bucket* buckets_ = nullptr;
  uint32_t bucket_count_ = 0;
  uint32_t capacity_ = 0;
  size_t size_ = 0;
  uint32_t overflow_count_ = 0;
  uint32_t level_ = 0;
};

}  // namespace redstart
