// SortedBlocks: elements in ascending order of a key, in blocks of up to 63, with an array of the blocks above
// them: a tree of two levels. Streams keep their nodes, groups, consumers and pending entries in it, which nearly
// always come in order and go in order.
//
// Appending fills blocks to the full. Inserting into a full block in the middle splits it; blocks that together
// would be half full are merged.
//
// Invariants: 1. no block is empty. 2. Keys ascend strictly within and across blocks. 3. size() is the sum of the
// blocks' counts.
//
// Cost: find, insert, erase O(log n + block size), and a move of the array of blocks once in 63 inserts in order.
//
// Policy: `static Key key(const T&)`, with an order on Key. T is copied as bytes.
//
// Threads: shard-local. Memory from heap::. What the elements point to is the caller's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <type_traits>

#include "base/heap.h"

namespace redstart {

template <class T, class Policy>
class SortedBlocks {
  static_assert(std::is_trivially_copyable_v<T>);
  static constexpr uint32_t kItemsMax = 63;

 public:
  using Key = decltype(Policy::key(std::declval<const T&>()));

  // Where an element stands. Invalidated by insert() and erase().
  struct Place {
    uint32_t block = 0;
    uint32_t index = 0;
    bool operator==(const Place&) const = default;
  };

  SortedBlocks() = default;
  SortedBlocks(const SortedBlocks&) = delete;
  ~SortedBlocks() { clear(); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  T& operator[](Place place) const { return blocks_[place.block]->items()[place.index]; }
  Place begin() const { return {}; }
  Place end() const { return {block_count_, 0}; }
  Place next(Place place) const {
    if (++place.index < blocks_[place.block]->count) return place;
    return {place.block + 1, 0};
  }
  // REQUIRES: place is not begin().
  Place previous(Place place) const {
    if (place.index > 0) return {place.block, place.index - 1};
    return {place.block - 1, blocks_[place.block - 1]->count - 1};
  }
  T& front() const { return (*this)[begin()]; }
  T& back() const { return (*this)[previous(end())]; }

  // The first element whose key is not below `key`, or end().
  Place lower_bound(const Key& key) const {
    if (block_count_ == 0) return end();
    const uint32_t block = block_for(key);
    const T* items = blocks_[block]->items();
    const T* end_of_items = items + blocks_[block]->count;
    const T* found = std::partition_point(
        items, end_of_items, [&](const T& item) { return Policy::key(item) < key; });
    if (found == end_of_items) return {block + 1, 0};
    return {block, static_cast<uint32_t>(found - items)};
  }
  // Null when there is none.
  T* find(const Key& key) const {
    const Place place = lower_bound(key);
    if (place == end() || key < Policy::key((*this)[place])) return nullptr;
    return &(*this)[place];
  }

  // REQUIRES: no element has its key.
  void insert(const T& item) {
    ++size_;
    if (block_count_ == 0) return insert_block(0, make_block(&item, 1, 1));
    uint32_t block = block_for(Policy::key(item));
    const T* items = blocks_[block]->items();
    uint32_t index = static_cast<uint32_t>(
        std::partition_point(items, items + blocks_[block]->count,
                             [&](const T& other) { return Policy::key(other) < Policy::key(item); }) -
        items);
    if (blocks_[block]->count == kItemsMax) {
      if (block + 1 == block_count_ && index == kItemsMax) {
        return insert_block(block_count_, make_block(&item, 1, 1));
      }
      split(block);
      if (index > blocks_[block]->count) {
        index -= blocks_[block]->count;
        ++block;
      }
    }
    insert_into(blocks_[block], index, item);
  }

  // Returns where the next element then stands.
  Place erase(Place place) {
    Block*& block = blocks_[place.block];
    std::memmove(block->items() + place.index, block->items() + place.index + 1,
                 (block->count - place.index - 1) * sizeof(T));
    --block->count;
    --size_;
    if (block->count == 0) {
      drop_block(block);
      erase_block(place.block);
      return place.block < block_count_ ? Place{place.block, 0} : end();
    }
    if (block->count < kItemsMax / 4 && place.block + 1 < block_count_ &&
        block->count + blocks_[place.block + 1]->count <= kItemsMax / 2) {
      merge_with_next(place.block);
    }
    if (place.index < blocks_[place.block]->count) return place;
    return {place.block + 1, 0};
  }
  // Returns whether there was one.
  bool erase(const Key& key) {
    const Place place = lower_bound(key);
    if (place == end() || key < Policy::key((*this)[place])) return false;
    erase(place);
    return true;
  }

  void clear() {
    for (uint32_t i = 0; i < block_count_; ++i) drop_block(blocks_[i]);
    resize_array(0);
    block_count_ = 0;
    size_ = 0;
  }

  // Calls visit(element) in order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (uint32_t i = 0; i < block_count_; ++i) {
      for (uint32_t j = 0; j < blocks_[i]->count; ++j) visit(blocks_[i]->items()[j]);
    }
  }

  size_t memory_bytes() const { return memory_bytes_; }

  // Throws std::logic_error. For tests.
  void check_invariants() const {
    const auto require = [](bool holds) {
      if (!holds) throw std::logic_error("sorted blocks are out of order");
    };
    size_t items = 0;
    const T* last = nullptr;
    for (uint32_t i = 0; i < block_count_; ++i) {
      require(blocks_[i]->count > 0 && blocks_[i]->count <= blocks_[i]->capacity);
      items += blocks_[i]->count;
      for (uint32_t j = 0; j < blocks_[i]->count; ++j) {
        const T* item = &blocks_[i]->items()[j];
        require(!last || Policy::key(*last) < Policy::key(*item));
        last = item;
      }
    }
    require(items == size_);
  }

 private:
  struct alignas(8) Block {
    uint32_t count;
    uint32_t capacity;
    T* items() { return reinterpret_cast<T*>(this + 1); }
    static size_t bytes(uint32_t capacity) { return sizeof(Block) + capacity * sizeof(T); }
  };

  // The block that holds `key` or where it belongs. REQUIRES: there is one.
  uint32_t block_for(const Key& key) const {
    // Looked for at the end first: that is where most of what comes belongs.
    if (block_count_ == 1 || !(key < Policy::key(blocks_[block_count_ - 1]->items()[0]))) {
      return block_count_ - 1;
    }
    Block** found = std::partition_point(blocks_, blocks_ + block_count_, [&](Block* block) {
      return !(key < Policy::key(block->items()[0]));
    });
    return found == blocks_ ? 0 : static_cast<uint32_t>(found - blocks_) - 1;
  }

  // A block with `count` items and room for at least `wanted`.
  Block* make_block(const T* items, uint32_t count, uint32_t wanted) {
    const size_t usable = heap::usable_size(Block::bytes(wanted));
    const auto capacity =
        std::min<uint32_t>(kItemsMax, static_cast<uint32_t>((usable - sizeof(Block)) / sizeof(T)));
    auto* block = static_cast<Block*>(heap::allocate(Block::bytes(capacity)));
    memory_bytes_ += heap::allocated_size(Block::bytes(capacity));
    block->count = count;
    block->capacity = capacity;
    std::memcpy(static_cast<void*>(block->items()), items, count * sizeof(T));
    return block;
  }
  void drop_block(Block* block) {
    memory_bytes_ -= heap::allocated_size(Block::bytes(block->capacity));
    heap::deallocate(block, Block::bytes(block->capacity));
  }
  void reserve(Block*& block, uint32_t wanted) {
    if (wanted <= block->capacity) return;
    Block* grown = make_block(block->items(), block->count, std::min(kItemsMax, wanted + wanted / 4));
    drop_block(block);
    block = grown;
  }
  void insert_into(Block*& block, uint32_t index, const T& item) {
    reserve(block, block->count + 1);
    T* place = block->items() + index;
    std::memmove(static_cast<void*>(place + 1), place, (block->count - index) * sizeof(T));
    *place = item;
    ++block->count;
  }
  void split(uint32_t index) {
    Block* block = blocks_[index];
    const uint32_t kept = block->count / 2;
    Block* upper = make_block(block->items() + kept, block->count - kept, block->count - kept);
    block->count = kept;
    insert_block(index + 1, upper);
  }
  void merge_with_next(uint32_t index) {
    Block* next = blocks_[index + 1];
    reserve(blocks_[index], blocks_[index]->count + next->count);
    Block* block = blocks_[index];
    std::memcpy(static_cast<void*>(block->items() + block->count), next->items(), next->count * sizeof(T));
    block->count += next->count;
    drop_block(next);
    erase_block(index + 1);
  }

  void insert_block(uint32_t index, Block* block) {
    if (block_count_ == array_capacity_) resize_array(block_count_ + 1 + block_count_ / 4);
    std::memmove(blocks_ + index + 1, blocks_ + index, (block_count_ - index) * sizeof(Block*));
    blocks_[index] = block;
    ++block_count_;
  }
  void erase_block(uint32_t index) {
    --block_count_;
    std::memmove(blocks_ + index, blocks_ + index + 1, (block_count_ - index) * sizeof(Block*));
    if (block_count_ < array_capacity_ / 2) resize_array(block_count_);
  }
  void resize_array(uint32_t capacity) {
    Block** fresh = nullptr;
    if (capacity > 0) {
      capacity = static_cast<uint32_t>(heap::usable_size(capacity * sizeof(Block*)) / sizeof(Block*));
      fresh = static_cast<Block**>(heap::allocate(capacity * sizeof(Block*)));
      memory_bytes_ += heap::allocated_size(capacity * sizeof(Block*));
    }
    if (blocks_) {
      if (fresh) std::memcpy(fresh, blocks_, std::min(block_count_, capacity) * sizeof(Block*));
      memory_bytes_ -= heap::allocated_size(array_capacity_ * sizeof(Block*));
      heap::deallocate(blocks_, array_capacity_ * sizeof(Block*));
    }
    blocks_ = fresh;
    array_capacity_ = capacity;
  }

  Block** blocks_ = nullptr;
  uint32_t block_count_ = 0;
  uint32_t array_capacity_ = 0;
  size_t size_ = 0;
  size_t memory_bytes_ = 0;
};

}  // namespace redstart
