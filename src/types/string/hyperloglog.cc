// Equal bytes for equal histories are the point of the sparse part: which runs are split, how, and
// when neighbours are joined again follows Redis, since the bytes depend on the order of all of it.
#include "types/string/hyperloglog.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/murmur_hash.h"
#include "types/string/dense_registers.h"

namespace redstart::hyperloglog {
namespace {

constexpr unsigned kIndexBits = 14;
constexpr unsigned kHashBitsLeft = 64 - kIndexBits;
constexpr uint64_t kHashSeed = 0xadc83b19;
constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)

constexpr std::string_view kMagic = "HYLL";
constexpr size_t kEncodingOffset = 4, kEstimateOffset = 8;
constexpr char kDense = 0, kSparse = 1;
constexpr uint64_t kOutdated = uint64_t{1} << 63;

// --- Runs

constexpr size_t kShortZerosMax = 64, kZerosMax = 16384, kRankedMax = 4;
constexpr uint8_t kSparseRankMax = 32;
constexpr uint8_t kLongZerosBit = 0x40, kRankedBit = 0x80;

struct Run {
  size_t length = 0;  // in registers
  uint8_t rank = 0;
  uint8_t bytes = 1;
  bool is_zeros() const { return rank == 0; }
};

// The run at `at`. When its second byte is missing, at the end of a corrupt value, that is taken as
// zero.
Run run_at(std::string_view runs, size_t at) {
  const auto first = static_cast<uint8_t>(runs[at]);
  if (first & kRankedBit) {
    return {.length = (first & 3u) + 1, .rank = static_cast<uint8_t>((first >> 2 & 31) + 1)};
  }
  if (!(first & kLongZerosBit)) return {.length = (first & 63u) + 1};
  const auto second = at + 1 < runs.size() ? static_cast<uint8_t>(runs[at + 1]) : uint8_t{0};
  return {.length = ((first & 63u) << 8 | second) + 1, .bytes = 2};
}

char ranked_byte(uint8_t rank, size_t length) {
  return static_cast<char>(kRankedBit | (rank - 1) << 2 | static_cast<int>(length - 1));
}

// New runs in place of an old one.
class RunWriter {
 public:
  void zeros(size_t length) {
    if (length == 0) return;
    const size_t coded = length - 1;
    if (length > kShortZerosMax) bytes_[size_++] = static_cast<char>(kLongZerosBit | coded >> 8);
    bytes_[size_++] = static_cast<char>(coded);
  }
  void ranked(uint8_t rank, size_t length) {
    if (length > 0) bytes_[size_++] = ranked_byte(rank, length);
  }
  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 5> bytes_;
  size_t size_ = 0;
};

// fn(run, first register) for the runs of a sparse value. Whether they cover all registers and no
// more.
template <class Fn>
bool for_each_run(std::string_view value, Fn&& fn) {
  const std::string_view runs = value.substr(kHeaderBytes);
  size_t index = 0;
  for (size_t at = 0; at < runs.size();) {
    const Run run = run_at(runs, at);
    if (at + run.bytes > runs.size() || index + run.length > kRegisterCount) return false;
    fn(run, index);
    index += run.length;
    at += run.bytes;
  }
  return index == kRegisterCount;
}

// Joins neighbours of the same rank, looking at five runs from the one at `at` on.
void join_neighbours(std::string& value, size_t at) {
  for (int steps = 5; at < value.size() && steps > 0; --steps) {
    const Run run = run_at(value, at);
    if (!run.is_zeros() && at + 1 < value.size()) {
      const Run next = run_at(value, at + 1);
      if (next.rank == run.rank && run.length + next.length <= kRankedMax) {
        value.erase(at, 1);
        value[at] = ranked_byte(run.rank, run.length + next.length);
        continue;
      }
    }
    at += run.bytes;
  }
}

Raised raise_promoted(std::string& value, Observation seen) {
  if (!to_dense(value)) return Raised::corrupt;
  return raise_dense(value.data(), seen) ? Raised::yes : Raised::no;
}

// The run that holds a register, with all its bytes, and the one before it.
struct Place {
  size_t at = 0, previous = kHeaderBytes;
  size_t first = 0;  // register
  Run run = {};
};
std::optional<Place> find_run(std::string_view value, size_t index) {
  Place place{.at = kHeaderBytes};
  while (place.at < value.size()) {
    place.run = run_at(value, place.at);
    if (index < place.first + place.run.length) {
      if (place.at + place.run.bytes > value.size()) return std::nullopt;
      return place;
    }
    place.previous = place.at;
    place.at += place.run.bytes;
    place.first += place.run.length;
  }
  return std::nullopt;
}

Raised raise_sparse(std::string& value, Observation seen, size_t sparse_bytes_max) {
  if (seen.rank > kSparseRankMax) return raise_promoted(value, seen);
  const auto place = find_run(value, seen.index);
  if (!place) return Raised::corrupt;
  const Run& run = place->run;
  if (run.rank >= seen.rank) return Raised::no;
  RunWriter fresh;
  const size_t before = seen.index - place->first, behind = run.length - before - 1;
  run.is_zeros() ? fresh.zeros(before) : fresh.ranked(run.rank, before);
  fresh.ranked(seen.rank, 1);
  run.is_zeros() ? fresh.zeros(behind) : fresh.ranked(run.rank, behind);
  const std::string_view text = fresh.text();
  const bool grows = text.size() > run.bytes;
  if (grows && value.size() + text.size() - run.bytes > sparse_bytes_max) {
    return raise_promoted(value, seen);
  }
  value.replace(place->at, run.bytes, text);
  join_neighbours(value, place->previous);
  outdate_estimate(value.data());
  return Raised::yes;
}

// --- The estimator, in the terms of Ertl's paper.

double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1, z = x, previous;
  do {
    x *= x;
    previous = z;
    z += x * y;
    y += y;
  } while (previous != z);
  return z;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1, z = 1 - x, previous;
  do {
    x = std::sqrt(x);
    previous = z;
    y *= 0.5;
    z -= std::pow(1 - x, 2) * y;
  } while (previous != z);
  return z / 3;
}

uint64_t estimate(const Histogram& counts) {
  constexpr auto kCount = static_cast<double>(kRegisterCount);
  double z = kCount * tau((kCount - counts[kHashBitsLeft + 1]) / kCount);
  for (size_t rank = kHashBitsLeft; rank >= 1; --rank) {
    z += counts[rank];
    z *= 0.5;
  }
  z += kCount * sigma(counts[0] / kCount);
  return static_cast<uint64_t>(std::llroundl(kAlpha * kCount * kCount / z));
}

uint64_t estimate_word(std::string_view value) {
  uint64_t word;
  std::memcpy(&word, value.data() + kEstimateOffset, sizeof word);
  return word;
}

}  // namespace

std::string make() {
  std::string value(kHeaderBytes, '\0');
  value.replace(0, kMagic.size(), kMagic);
  value[kEncodingOffset] = kSparse;
  RunWriter runs;
  runs.zeros(kZerosMax);
  return value.append(runs.text());
}

bool is_valid(std::string_view value) {
  if (value.size() < kHeaderBytes || !value.starts_with(kMagic)) return false;
  const char encoding = value[kEncodingOffset];
  return encoding == kSparse || (encoding == kDense && value.size() == kDenseBytes);
}

Observation observe(std::string_view element) {
  const uint64_t hash = murmur_hash(element, kHashSeed);
  const uint64_t rest = hash >> kIndexBits | uint64_t{1} << kHashBitsLeft;
  return {.index = static_cast<uint32_t>(hash & (kRegisterCount - 1)),
          .rank = static_cast<uint8_t>(std::countr_zero(rest) + 1)};
}

bool raise_dense(char* value, Observation seen) {
  char* registers = value + kHeaderBytes;
  if (dense_register(registers, seen.index) >= seen.rank) return false;
  set_dense_register(registers, seen.index, seen.rank);
  return true;
}

Raised raise(std::string& value, Observation seen, size_t sparse_bytes_max) {
  if (!is_dense(value)) return raise_sparse(value, seen, sparse_bytes_max);
  return raise_dense(value.data(), seen) ? Raised::yes : Raised::no;
}

std::string make_dense(std::string_view value, const Registers& registers) {
  std::string dense(kDenseBytes, '\0');
  value.copy(dense.data(), kHeaderBytes);
  dense[kEncodingOffset] = kDense;
  pack(registers, dense.data() + kHeaderBytes);
  return dense;
}

bool to_dense(std::string& value) {
  if (is_dense(value)) return true;
  Registers registers{};
  if (!merge(value, registers)) return false;
  value = make_dense(value, registers);
  return true;
}

bool merge(std::string_view value, Registers& registers) {
  if (is_dense(value)) {
    Registers unpacked;
    unpack(value.data() + kHeaderBytes, unpacked);
    for (size_t i = 0; i < kRegisterCount; ++i) registers[i] = std::max(registers[i], unpacked[i]);
    return true;
  }
  return for_each_run(value, [&](const Run& run, size_t first) {
    if (run.is_zeros()) return;
    for (size_t i = first; i < first + run.length; ++i)
      registers[i] = std::max(registers[i], run.rank);
  });
}

uint64_t estimate(const Registers& registers) { return estimate(count_ranks(registers)); }

std::optional<uint64_t> estimate(std::string_view value) {
  if (is_dense(value)) {
    Registers registers;
    unpack(value.data() + kHeaderBytes, registers);
    return estimate(registers);
  }
  Histogram counts{};
  const bool whole = for_each_run(value, [&](const Run& run, size_t) {
    counts[run.rank] += static_cast<uint32_t>(run.length);
  });
  if (!whole) return std::nullopt;
  return estimate(counts);
}

std::optional<uint64_t> kept_estimate(std::string_view value) {
  const uint64_t word = estimate_word(value);
  if (word & kOutdated) return std::nullopt;
  return word;
}

void keep_estimate(char* value, uint64_t estimate) {
  std::memcpy(value + kEstimateOffset, &estimate, sizeof estimate);
}

void outdate_estimate(char* value) {
  value[kEstimateOffset + 7] = static_cast<char>(value[kEstimateOffset + 7] | 0x80);
}

std::string describe_runs(std::string_view value) {
  std::string text;
  const std::string_view runs = value.substr(kHeaderBytes);
  for (size_t at = 0; at < runs.size();) {
    const Run run = run_at(runs, at);
    if (!text.empty()) text += ' ';
    const std::string length = std::to_string(run.length);
    if (run.is_zeros()) {
      text += (run.bytes == 2 ? "Z:" : "z:") + length;
    } else {
      text += "v:" + std::to_string(run.rank) + "," + length;
    }
    at += run.bytes;
  }
  return text;
}

}  // namespace redstart::hyperloglog
