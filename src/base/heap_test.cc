// The heap: what it charges, that blocks do not overlap, and that memory of all threads comes back.
#include "base/heap.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/random.h"

namespace redstart {
namespace {

// Sizes around every border between classes, and beyond the last.
std::vector<size_t> border_sizes() {
  std::vector<size_t> sizes = {0, 1};
  for (size_t index = 0; index < heap::kClasses; ++index) {
    sizes.push_back(heap::class_bytes(index));
    sizes.push_back(heap::class_bytes(index) + 1);
  }
  for (const size_t large : {size_t{100'000}, size_t{1} << 20, (size_t{4} << 20) + 1}) {
    sizes.push_back(large);
  }
  return sizes;
}

TEST(Heap, has_classes_without_gaps) {
  for (size_t bytes = 1; bytes <= heap::kClassBytesMax; ++bytes) {
    const size_t index = heap::class_of(bytes);
    ASSERT_LT(index, heap::kClasses) << bytes;
    ASSERT_GE(heap::class_bytes(index), bytes) << bytes;
    if (index > 0) {
      ASSERT_LT(heap::class_bytes(index - 1), bytes) << bytes;
    }
  }
  EXPECT_EQ(heap::class_bytes(heap::kClasses - 1), heap::kClassBytesMax);
}

TEST(Heap, tells_whether_two_sizes_are_of_one_class) {
  for (const size_t bytes : border_sizes()) {
    for (const size_t other : border_sizes()) {
      if (bytes == 0 || other == 0) continue;
      const bool is_same = heap::allocated_size(bytes) == heap::allocated_size(other);
      ASSERT_EQ(heap::is_same_class(bytes, other), is_same) << bytes << " and " << other;
    }
  }
}

TEST(Heap, lets_the_whole_usable_size_be_used) {
  for (const size_t bytes : border_sizes()) {
    ASSERT_GE(heap::usable_size(bytes), bytes);
    ASSERT_GE(heap::allocated_size(bytes), heap::usable_size(bytes));
    // With sanitizers blocks are as large as asked for.
    const size_t used = heap::detail::kUsesMalloc ? bytes : heap::usable_size(bytes);
    void* const block = heap::allocate(bytes);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % 8, 0u);
    std::memset(block, 0xab, used);
    heap::deallocate(block, bytes);
  }
}

TEST(Heap, charges_the_account_of_the_scope_and_credits_it) {
  heap::MemoryAccount outer, inner;
  const heap::AccountScope outer_scope(outer);
  void* const first = heap::allocate(100);
  EXPECT_EQ(outer.used_bytes, 104);
  void* second;
  {
    const heap::AccountScope inner_scope(inner);
    second = heap::allocate(1'000'000);
    EXPECT_EQ(inner.used_bytes, static_cast<int64_t>(heap::allocated_size(1'000'000)));
    void* const uncharged = heap::allocate_uncharged(64);
    heap::deallocate_uncharged(uncharged, 64);
    heap::deallocate(second, 1'000'000);
    EXPECT_EQ(inner.used_bytes, 0);
  }
  EXPECT_EQ(outer.used_bytes, 104);
  heap::deallocate(first, 97);  // any size of the same class
  EXPECT_EQ(outer.used_bytes, 0);
}

struct Block {
  uint64_t* words;
  size_t count;
  uint64_t mark;
};

// Fills a block with a mark of its own, which another block that overlaps would destroy.
Block make_block(Random& random, uint64_t mark) {
  const size_t count = 1 + (random.below(50) == 0 ? random.below(10'000) : random.below(100));
  Block block{static_cast<uint64_t*>(heap::allocate(count * 8)), count, mark};
  std::fill_n(block.words, count, mark);
  return block;
}

// The number of words that are not as they were written.
size_t free_block(const Block& block) {
  const auto damaged = static_cast<size_t>(std::count_if(
      block.words, block.words + block.count, [&](uint64_t word) { return word != block.mark; }));
  heap::deallocate(block.words, block.count * 8);
  return damaged;
}

// Allocates and frees at random; `blocks` holds what is left.
size_t churn(uint64_t seed, int steps, std::vector<Block>& blocks) {
  Random random(seed);
  size_t damaged = 0;
  for (int step = 0; step < steps; ++step) {
    if (blocks.size() < 2000 && random.below(100) < 55) {
      blocks.push_back(make_block(random, random.next()));
    } else if (!blocks.empty()) {
      std::swap(blocks[random.below(blocks.size())], blocks.back());
      damaged += free_block(blocks.back());
      blocks.pop_back();
    }
  }
  return damaged;
}

TEST(Heap, keeps_blocks_apart) {
  heap::MemoryAccount account;
  const heap::AccountScope scope(account);
  std::vector<Block> blocks;
  size_t damaged = churn(1, 100'000, blocks);
  for (const Block& block : blocks) damaged += free_block(block);
  EXPECT_EQ(damaged, 0u);
  EXPECT_EQ(account.used_bytes, 0);
}

// Every thread frees what another one has allocated.
TEST(Heap, takes_blocks_back_from_any_thread) {
  constexpr size_t kThreads = 4;
  std::vector<std::vector<Block>> blocks(kThreads);
  std::atomic<size_t> damaged{0};
  for (int round = 0; round < 3; ++round) {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] { damaged += churn(i + 1, 20'000, blocks[i]); });
    }
    threads.clear();
    std::rotate(blocks.begin(), blocks.begin() + 1, blocks.end());
  }
  for (const auto& mine : blocks) {
    for (const Block& block : mine) damaged += free_block(block);
  }
  EXPECT_EQ(damaged, 0u);
}

TEST(Heap, gives_back_what_it_took) {
  if (heap::detail::kUsesMalloc) GTEST_SKIP() << "the sanitizers' allocator is used instead";
  constexpr size_t kBlocks = 200'000, kBytes = 200;
  const heap::Stats before = heap::process_stats();
  std::vector<void*> blocks(kBlocks);
  for (void*& block : blocks) block = heap::allocate(kBytes);
  const heap::Stats full = heap::process_stats();
  EXPECT_GE(full.chunk_bytes - full.free_span_bytes, kBlocks * kBytes);
  for (void* block : blocks) heap::deallocate(block, kBytes);
  const heap::Stats after = heap::process_stats();
  // All but what a thread keeps at hand and the spans that hold it.
  EXPECT_LT(after.chunk_bytes - after.free_span_bytes,
            before.chunk_bytes - before.free_span_bytes + (size_t{1} << 20));
  heap::release_unused();
  // What was given back can be had again, and memory for the same again takes no more.
  for (void*& block : blocks) std::memset(block = heap::allocate(kBytes), 1, kBytes);
  EXPECT_LE(heap::process_stats().chunk_bytes, full.chunk_bytes);
  for (void* block : blocks) heap::deallocate(block, kBytes);
}

TEST(Heap, counts_large_blocks) {
  if (heap::detail::kUsesMalloc) GTEST_SKIP() << "the sanitizers' allocator is used instead";
  const size_t before = heap::process_stats().large_bytes;
  void* const block = heap::allocate(10 << 20);
  EXPECT_GE(heap::process_stats().large_bytes, before + (10 << 20));
  heap::deallocate(block, 10 << 20);
  EXPECT_EQ(heap::process_stats().large_bytes, before);
}

}  // namespace
}  // namespace redstart
