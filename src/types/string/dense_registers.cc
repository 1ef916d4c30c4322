// 16 registers are 12 bytes: three bytes are spread to a word of four, and each of its registers is
// shifted to a byte of its own. Instructions up to SSSE3, which every processor has that we build
// for.
#include "types/string/dense_registers.h"

#include <cstring>

#if defined(__SSSE3__)
#include <tmmintrin.h>
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

}  // namespace redstart::hyperloglog
