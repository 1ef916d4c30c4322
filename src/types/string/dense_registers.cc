// 16 registers are 12 bytes: three bytes are spread to a word of four, and each of its registers is
// shifted to a byte of its own. Instructions up to SSSE3, which every processor has that we build
// for.
#include "types/string/dense_registers.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace redstart::hyperloglog {
namespace {

void unpack_one_by_one(const char* packed, size_t first, Registers& registers) {
  for (size_t i = first; i < kRegisterCount; ++i) registers[i] = dense_register(packed, i);
}

void pack_one_by_one(const Registers& registers, size_t first, char* packed) {
  for (size_t i = first; i < kRegisterCount; ++i) set_dense_register(packed, i, registers[i]);
}

#if defined(__SSSE3__)
constexpr size_t kGroup = 16, kGroupBytes = 12;
constexpr size_t kGroups =
    kRegisterCount / kGroup - 1;  // the last one's 16 bytes end behind the value
#endif

Histogram count_one_by_one(const Registers& registers) {
  // Four histograms: a count that is raised twice in a row waits for itself.
  std::array<Histogram, 4> parts{};
  for (size_t i = 0; i < kRegisterCount; i += 4) {
    for (size_t k = 0; k < 4; ++k) ++parts[k][registers[i + k]];
  }
  for (size_t rank = 0; rank < parts[0].size(); ++rank) {
    parts[0][rank] += parts[1][rank] + parts[2][rank] + parts[3][rank];
  }
  return parts[0];
}

#if defined(__x86_64__)
// Rank by rank, until all registers are accounted for: there are few ranks, and most are low.
__attribute__((target("avx2"))) Histogram count_by_vectors(const Registers& registers) {
  constexpr size_t kVectors = kRegisterCount / sizeof(__m256i);
  constexpr size_t kBlock = 128;  // vectors whose matches fit in bytes
  const auto* place = reinterpret_cast<const __m256i*>(registers.data());
  Histogram counts{};
  uint64_t left = kRegisterCount;
  for (size_t rank = 0; left > 0 && rank < counts.size(); ++rank) {
    const __m256i wanted = _mm256_set1_epi8(static_cast<char>(rank));
    __m256i total = _mm256_setzero_si256();
    for (size_t block = 0; block < kVectors; block += kBlock) {
      __m256i matches = _mm256_setzero_si256();
      for (size_t i = block; i < block + kBlock; ++i) {
        matches =
            _mm256_sub_epi8(matches, _mm256_cmpeq_epi8(_mm256_loadu_si256(place + i), wanted));
      }
      total = _mm256_add_epi64(total, _mm256_sad_epu8(matches, _mm256_setzero_si256()));
    }
    alignas(32) std::array<uint64_t, 4> sums;
    _mm256_store_si256(reinterpret_cast<__m256i*>(sums.data()), total);
    const uint64_t count = sums[0] + sums[1] + sums[2] + sums[3];
    counts[rank] = static_cast<uint32_t>(count);
    left -= count;
  }
  return counts;
}
#endif

}  // namespace

void unpack(const char* packed, Registers& registers) {
#if defined(__SSSE3__)
  const __m128i kSpread = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
  const auto shifted = [](__m128i words, int left, int mask) {
    return _mm_and_si128(_mm_slli_epi32(words, left), _mm_set1_epi32(mask));
  };
  for (size_t i = 0; i < kGroups; ++i) {
    const char* place = packed + i * kGroupBytes;
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(place));
    const __m128i words = _mm_shuffle_epi8(bytes, kSpread);
    const __m128i low = _mm_or_si128(shifted(words, 0, 0x3f), shifted(words, 2, 0x3f00));
    const __m128i high = _mm_or_si128(shifted(words, 4, 0x3f0000), shifted(words, 6, 0x3f000000));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(registers.data() + i * kGroup),
                     _mm_or_si128(low, high));
  }
  unpack_one_by_one(packed, kGroups * kGroup, registers);
#else
  unpack_one_by_one(packed, 0, registers);
#endif
}

void pack(const Registers& registers, char* packed) {
#if defined(__SSSE3__)
  const __m128i kPairs = _mm_set1_epi16(1 | 64 << 8);     // first + second * 2^6
  const __m128i kFours = _mm_set1_epi32(1 | 4096 << 16);  // first + second * 2^12
  const __m128i kGather = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  for (size_t i = 0; i < kGroups; ++i) {
    const __m128i bytes =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(registers.data() + i * kGroup));
    const __m128i words = _mm_madd_epi16(_mm_maddubs_epi16(bytes, kPairs), kFours);
    // Four bytes too many, which the next group overwrites.
    _mm_storeu_si128(reinterpret_cast<__m128i*>(packed + i * kGroupBytes),
                     _mm_shuffle_epi8(words, kGather));
  }
  pack_one_by_one(registers, kGroups * kGroup, packed);
#else
  pack_one_by_one(registers, 0, packed);
#endif
}

Histogram count_ranks(const Registers& registers) {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return count_by_vectors(registers);
#endif
  return count_one_by_one(registers);
}

}  // namespace redstart::hyperloglog
