// Counting adds up bits in bytes, 32 bytes at a time, and the bytes now and then (the look-up of
// nibbles is W. Mula's, "Faster Population Counts Using AVX2 Instructions"). Combining goes by
// blocks that stay in the first-level cache: every source is read once, the output written once,
// and an output that is one of the sources is read before it is written.
#include "types/string/bitmap.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace redstart::bitmap {
namespace {

uint64_t word_at(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

uint64_t count_by_words(const char* bytes, size_t size) {
  std::array<uint64_t, 4> counts{};
  for (; size >= 32; bytes += 32, size -= 32) {
    for (size_t i = 0; i < 4; ++i) {
      counts[i] += static_cast<uint64_t>(std::popcount(word_at(bytes + 8 * i)));
    }
  }
  for (; size >= 8; bytes += 8, size -= 8) {
    counts[0] += static_cast<uint64_t>(std::popcount(word_at(bytes)));
  }
  for (; size > 0; ++bytes, --size) {
    counts[1] += static_cast<uint64_t>(std::popcount(static_cast<uint8_t>(*bytes)));
  }
  return counts[0] + counts[1] + counts[2] + counts[3];
}

#if defined(__x86_64__)
constexpr size_t kVectorBytesMin = 256;  // below it, words are as fast

__attribute__((target("avx2"))) __m256i bits_in_bytes(__m256i value) {
  const __m256i kBitsOfNibble = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                                 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i kNibble = _mm256_set1_epi8(15);
  const __m256i low = _mm256_and_si256(value, kNibble);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(value, 4), kNibble);
  return _mm256_add_epi8(_mm256_shuffle_epi8(kBitsOfNibble, low),
                         _mm256_shuffle_epi8(kBitsOfNibble, high));
}

__attribute__((target("avx2"))) uint64_t count_by_vectors(const char* bytes, size_t size) {
  constexpr size_t kBlock = 8;  // vectors whose bits fit in bytes: 8 * 8 <= 255
  __m256i total = _mm256_setzero_si256();
  const auto* place = reinterpret_cast<const __m256i*>(bytes);
  const size_t vectors = size / sizeof(__m256i) / kBlock * kBlock;
  for (size_t i = 0; i < vectors; i += kBlock) {
    __m256i sum = _mm256_setzero_si256();
    for (size_t k = 0; k < kBlock; ++k) {
      sum = _mm256_add_epi8(sum, bits_in_bytes(_mm256_loadu_si256(place + i + k)));
    }
    total = _mm256_add_epi64(total, _mm256_sad_epu8(sum, _mm256_setzero_si256()));
  }
  alignas(32) std::array<uint64_t, 4> parts;
  _mm256_store_si256(reinterpret_cast<__m256i*>(parts.data()), total);
  const size_t done = vectors * sizeof(__m256i);
  return parts[0] + parts[1] + parts[2] + parts[3] + count_by_words(bytes + done, size - done);
}

bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}
#endif

// --- Finding. `skipped` is the byte that holds no bit of those looked for.

size_t count_leading(const char* bytes, size_t size, uint8_t skipped) {
  const uint64_t skipped_word = skipped ? ~uint64_t{0} : 0;
  size_t at = 0;
  for (; at + 64 <= size; at += 64) {
    uint64_t other = 0;
    for (size_t i = 0; i < 64; i += 8) other |= word_at(bytes + at + i) ^ skipped_word;
    if (other != 0) break;
  }
  while (at + 8 <= size && word_at(bytes + at) == skipped_word) at += 8;
  while (at < size && static_cast<uint8_t>(bytes[at]) == skipped) ++at;
  return at;
}

// --- Combining, a block at a time.

constexpr size_t kBlockBytes = 4096;

// Loops that the compiler vectorises: no pointer into one block is a pointer into another.
template <class Combine>
void apply(uint8_t* __restrict to, const uint8_t* __restrict from, size_t size, Combine combine) {
  for (size_t i = 0; i < size; ++i) to[i] = combine(to[i], from[i]);
}

struct Block {
  alignas(64) std::array<uint8_t, kBlockBytes> bytes;
};

// One block's place in the sources: gives each source's part, continued with zeros.
class BlockReader {
 public:
  BlockReader(std::span<const std::string_view> sources, size_t start, size_t size)
      : sources_(sources), start_(start), size_(size) {}

  size_t size() const { return size_; }
  void load(size_t source, Block& to) const {
    const std::string_view part = part_of(source);
    std::memcpy(to.bytes.data(), part.data(), part.size());
    std::memset(to.bytes.data() + part.size(), 0, size_ - part.size());
  }
  // to = combine(to, source), where zeros on the source's side change nothing.
  template <class Combine>
  void fold(size_t source, Block& to, Combine combine) const {
    const std::string_view part = part_of(source);
    apply(to.bytes.data(), reinterpret_cast<const uint8_t*>(part.data()), part.size(), combine);
  }
  void fold_and(size_t source, Block& to) const {
    fold(source, to, [](uint8_t a, uint8_t b) -> uint8_t { return a & b; });
    const size_t covered = part_of(source).size();
    std::memset(to.bytes.data() + covered, 0, size_ - covered);
  }
  void fold_or(size_t source, Block& to) const {
    fold(source, to, [](uint8_t a, uint8_t b) -> uint8_t { return a | b; });
  }
  // The union of all sources but the first.
  void load_others(Block& to) const {
    load(1, to);
    for (size_t i = 2; i < sources_.size(); ++i) fold_or(i, to);
  }

 private:
  std::string_view part_of(size_t source) const {
    const std::string_view bytes = sources_[source];
    if (start_ >= bytes.size()) return {"", 0};
    return bytes.substr(start_, size_);
  }

  std::span<const std::string_view> sources_;
  size_t start_, size_;
};

void combine_one(const BlockReader& reader, size_t sources, Block& to) {
  Block repeated{};
  reader.load(0, to);
  for (size_t i = 1; i < sources; ++i) {
    Block next;
    reader.load(i, next);
    for (size_t k = 0; k < reader.size(); ++k) {
      repeated.bytes[k] |= static_cast<uint8_t>(to.bytes[k] & next.bytes[k]);
      to.bytes[k] |= next.bytes[k];
    }
  }
  apply(to.bytes.data(), repeated.bytes.data(), reader.size(),
        [](uint8_t any, uint8_t twice) -> uint8_t { return any & ~twice; });
}

void combine_block(Operation operation, const BlockReader& reader, size_t sources, Block& to) {
  switch (operation) {
    case Operation::and_:
      reader.load(0, to);
      for (size_t i = 1; i < sources; ++i) reader.fold_and(i, to);
      return;
    case Operation::or_:
      reader.load(0, to);
      for (size_t i = 1; i < sources; ++i) reader.fold_or(i, to);
      return;
    case Operation::xor_:
      reader.load(0, to);
      for (size_t i = 1; i < sources; ++i) {
        reader.fold(i, to, [](uint8_t a, uint8_t b) -> uint8_t { return a ^ b; });
      }
      return;
    case Operation::not_:
      reader.load(0, to);
      for (uint8_t& byte : to.bytes) byte = static_cast<uint8_t>(~byte);
      return;
    case Operation::diff: {
      Block others;
      reader.load_others(others);
      reader.load(0, to);
      return apply(to.bytes.data(), others.bytes.data(), reader.size(),
                   [](uint8_t x, uint8_t y) -> uint8_t { return x & ~y; });
    }
    case Operation::diff1:
      reader.load_others(to);
      return reader.fold(0, to, [](uint8_t y, uint8_t x) -> uint8_t { return y & ~x; });
    case Operation::andor:
      reader.load_others(to);
      return reader.fold_and(0, to);
    case Operation::one:
      return combine_one(reader, sources, to);
  }
}

}  // namespace

uint64_t count(std::string_view bytes) {
#if defined(__x86_64__)
  if (bytes.size() >= kVectorBytesMin && has_avx2()) {
    return count_by_vectors(bytes.data(), bytes.size());
  }
#endif
  return count_by_words(bytes.data(), bytes.size());
}

uint64_t count(std::string_view bytes, BitRange range) {
  if (range.first > range.last) return 0;
  const size_t first_byte = range.first >> 3, last_byte = range.last >> 3;
  uint64_t bits = count(bytes.substr(first_byte, last_byte - first_byte + 1));
  // Less what stands before and behind the range in its first and its last byte.
  const auto first = static_cast<uint8_t>(bytes[first_byte]);
  const auto last = static_cast<uint8_t>(bytes[last_byte]);
  bits -= static_cast<uint64_t>(std::popcount(first & ~(0xffu >> (range.first & 7)) & 0xffu));
  bits -= static_cast<uint64_t>(std::popcount(last & (0x7fu >> (range.last & 7))));
  return bits;
}

std::optional<uint64_t> find(std::string_view bytes, BitRange range, bool bit) {
  if (range.first > range.last) return std::nullopt;
  const uint8_t skipped = bit ? 0 : 0xff;
  // The byte in which the range begins, with the bits before it made such as are skipped.
  size_t at = range.first >> 3;
  const auto head_mask = static_cast<uint8_t>(0xffu >> (range.first & 7));
  auto byte = static_cast<uint8_t>((static_cast<uint8_t>(bytes[at]) ^ skipped) & head_mask);
  if (byte == 0) {
    ++at;
    const size_t end = (range.last >> 3) + 1;
    if (at < end) at += count_leading(bytes.data() + at, end - at, skipped);
    if (at >= end) return std::nullopt;
    byte = static_cast<uint8_t>(bytes[at]) ^ skipped;
  }
  const uint64_t found = uint64_t{at} * 8 + static_cast<uint64_t>(std::countl_zero(byte));
  if (found > range.last) return std::nullopt;
  return found;
}

void combine(Operation operation, std::span<const std::string_view> sources, char* out,
             size_t size) {
  Block block;
  for (size_t start = 0; start < size; start += kBlockBytes) {
    const size_t bytes = std::min(kBlockBytes, size - start);
    combine_block(operation, BlockReader(sources, start, bytes), sources.size(), block);
    std::memcpy(out + start, block.bytes.data(), bytes);
  }
}

}  // namespace redstart::bitmap
